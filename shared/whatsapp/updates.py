"""What webhooks tell, in the form that the ingest operations take."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from shared.whatsapp.status import MessageStatus

Identity = tuple[str, str]
"""(kind, value), see ContactIdentity."""

Direction = Literal["inbound", "outbound"]
Origin = Literal["cloud_api", "business_app", "history_sync"]
ChangeKind = Literal["reaction", "edit", "revoke", "call"]
Side = Literal["contact", "business"]

# These are shown, but nobody wrote anything: they leave the unread count, the reply window and the list's order alone.
_QUIET_TYPES = frozenset({"reaction", "system"})


class Person(msgspec.Struct, frozen=True):
    """The person at the other side, by every name that one update gives; all of them mean the same person."""

    identities: tuple[Identity, ...]
    phone_number: str | None = None
    profile_name: str | None = None
    username: str | None = None


class ReceivedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message that a customer wrote, or one that was sent from elsewhere: from the business's phone, or long ago."""

    phone_number_id: str
    person: Person
    wamid: str
    wamid_key: str
    direction: Direction = "inbound"
    origin: Origin = "cloud_api"
    type: str
    content: Any
    details: dict[str, Any] | None = None
    text: str
    preview: str
    reply_to: str | None = None
    reply_to_key: str | None = None
    status: MessageStatus = "received"
    error: dict[str, Any] | None = None
    sent_at: datetime

    @property
    def quiet(self) -> bool:
        """Whether it joins a conversation, also one that has ended, and changes nothing of it."""
        return self.type in _QUIET_TYPES

    @property
    def past(self) -> bool:
        """Whether it is from before the number was connected: it opens no conversation and no reply window."""
        return self.origin == "history_sync"

    @property
    def opens_window(self) -> bool:
        """Whether it opens the 24 hours in which free text may be sent (Meta: "Customer service windows")."""
        return self.direction == "inbound" and not self.past and not self.quiet

    @property
    def unread(self) -> bool:
        return self.opens_window and self.type != "request_welcome"


class MessageChange(msgspec.Struct, frozen=True, kw_only=True):
    """What was done to a message after it was sent. `target` is its wamid in some form, `wamid` that of the change.

    `payload` by kind: reaction {"emoji": str}, "" for none; edit {"type", "content", "text", "preview"}; revoke {};
    call: its content.
    """

    phone_number_id: str
    person: Person
    target: str
    target_key: str
    kind: ChangeKind
    side: Side
    wamid: str
    occurred_at: datetime
    payload: dict[str, Any]


class StatusUpdate(msgspec.Struct, frozen=True):
    """What became of a message that we sent. `message_id` is ours, sent along as biz_opaque_callback_data."""

    phone_number_id: str
    wamid: str
    status: str
    occurred_at: datetime
    message_id: UUID | None
    error: dict[str, Any] | None
    payload: dict[str, Any]


class SavedContact(msgspec.Struct, frozen=True):
    """An entry of the address book on the business's phone; without a name it was removed."""

    phone_number_id: str
    person: Person
    name: str | None
    saved_at: datetime


class AccountUpdate(msgspec.Struct, frozen=True):
    """What Meta tells of an account, a number or a template. `occurred_at` is None where Meta does not say when."""

    business_account_id: str
    phone_number_id: str | None
    field: str
    payload: dict[str, Any]
    occurred_at: datetime | None


class Decoded(msgspec.Struct):
    """All that one body holds, the ids of the numbers that it is about, and what of it could not be understood."""

    messages: list[ReceivedMessage] = []
    changes: list[MessageChange] = []
    statuses: list[StatusUpdate] = []
    saved: list[SavedContact] = []
    account: list[AccountUpdate] = []
    problems: list[str] = []
    numbers: set[str] = set()
