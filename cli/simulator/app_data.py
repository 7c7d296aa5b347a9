"""What the WhatsApp Business app of a number shares when it joins the API: the address book and the earlier chats.

Source: Meta, Onboarding WhatsApp Business app users; Webhooks, history and smb_app_state_sync.
"""

from typing import Literal

import msgspec

from cli.simulator.messages import Json

HistoryStatus = Literal["PENDING", "SENT", "DELIVERED", "READ", "PLAYED", "ERROR"]


class EarlierMessage(msgspec.Struct, forbid_unknown_fields=True):
    """One message of a thread. `timestamp` is unix seconds; `content` is Meta's object for `type`, and `text` a short
    form of it. A media type gets the sample file unless `content` has one. `wamid` makes it the message known under
    that id; without one it gets a new id."""

    direction: Literal["inbound", "outbound"]
    timestamp: int
    type: str = "text"
    text: Json | None = None
    content: Json | list[Json] | None = None
    status: HistoryStatus = "READ"
    wamid: str | None = None
    extra: Json = {}


class EarlierThread(msgspec.Struct, forbid_unknown_fields=True):
    """The chat with one customer, who is made if nobody has this `wa_id`. A customer who hides the phone number has a
    thread with the id "" and is named in its `context` alone; `id` sets another id."""

    wa_id: str
    messages: list[EarlierMessage]
    id: str | None = None
    name: str | None = None
    bsuid: str | None = None
    username: str | None = None
    phone_hidden: bool | None = None


class History(msgspec.Struct, forbid_unknown_fields=True):
    """The earlier chats; without `threads` they are the chats that the simulator knows.

    chunk_messages  how many messages a webhook brings
    order           in which the chunks are sent: as numbered, from the last one, or in no order
    media           whether the files of media messages follow, for those of the last 14 days
    refused         the business does not share: error 2593109, in the usual envelope or, as Meta shows it, bare
    """

    threads: list[EarlierThread] | None = None
    chunk_messages: int = 1000
    order: Literal["numbered", "reversed", "shuffled"] = "numbered"
    media: Literal["later", "never"] = "later"
    refused: Literal["enveloped", "bare"] | None = None


class BookContact(msgspec.Struct, forbid_unknown_fields=True):
    """One line of the address book, added, edited or removed; an edit is told as `add`, and a removal without names.
    `timestamp` is unix seconds, now if there is none."""

    phone_number: str | None = None
    action: Literal["add", "edit", "remove"] = "add"
    full_name: str | None = None
    first_name: str | None = None
    user_id: str | None = None
    username: str | None = None
    timestamp: int | None = None


class AppData(msgspec.Struct, forbid_unknown_fields=True):
    """What POST /{phone_number_id}/smb_app_data makes the app send; what is not given is what the simulator knows.
    With `onboarded_at`, unix seconds, a request later than 24 hours after it is refused. `requested` are the syncs that
    were asked for, each of which is given once."""

    contacts: list[BookContact] | None = None
    history: History | None = None
    onboarded_at: int | None = None
    requested: list[str] = []
