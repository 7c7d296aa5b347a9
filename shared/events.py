"""What an iframe receives, over REST and over Socket.IO alike. docs/inbox-api.md describes it for readers."""

from datetime import datetime
from typing import Literal, TypedDict
from uuid import UUID

import msgspec

from shared.scope import Audience
from shared.user_claims import User
from shared.whatsapp.status import MessageStatus
from shared.whatsapp.templates import TemplatePart
from shared.whatsapp.updates import Direction, Origin, Side

ConversationStatus = Literal["active", "ended"]
ConversationMode = Literal["running", "handoff", "failed"]
MediaState = Literal["pending", "ready", "failed", "gone"]
UploadKind = Literal["image", "video", "audio", "voice", "document", "sticker"]


class ContactView(msgspec.Struct):
    """The person on the other side. `name` is the best name we have, never empty; `saved_name` is that of the address
    book on the business's phone. `merged_at` is when somebody else turned out to be this person: the threads have to be
    loaded again then, since they go on into the conversations of both.
    """

    id: UUID
    name: str
    display_name: str | None
    saved_name: str | None
    profile_name: str | None
    phone_number: str | None
    username: str | None
    merged_at: datetime | None


class LastMessageView(msgspec.Struct):
    """The newest message of a conversation. An empty `preview` leaves the words to the page, by `type`."""

    id: UUID
    wamid: str | None
    direction: Direction
    type: str
    preview: str
    status: MessageStatus
    timestamp: datetime
    deleted: bool


class ConversationView(msgspec.Struct):
    """A row of the list. `window_expires_at` ends the 24 hours in which free text may be sent, or is when WhatsApp
    refused one. `handed_off_by` is there
    while the mode is handoff, and null where nobody is known to have pressed the button.
    """

    id: UUID
    status: ConversationStatus
    mode: ConversationMode | None
    handed_off_by: User | None
    contact: ContactView
    whatsapp_config_id: UUID
    phone_number_id: str
    assigned_user_id: UUID | None
    unread_count: int
    messages_count: int
    last_message: LastMessageView | None
    last_active_at: datetime
    last_inbound_at: datetime | None
    window_expires_at: datetime | None
    created_at: datetime
    ended_at: datetime | None
    rev: str


class MediaView(msgspec.Struct):
    """A message's file. All but `id`, `state` and `filename` is null until it is `ready`, and what cannot be found out
    stays so. `size` is in bytes, `width` and `height` in pixels as shown; `waveform` has 64 loudnesses from 0 to 255.
    The URLs open without a token, for an hour at least; `expires` in their query says until when, in Unix seconds.
    """

    id: UUID
    state: MediaState
    url: str | None
    thumbnail_url: str | None
    mime_type: str | None
    size: int | None
    width: int | None
    height: int | None
    duration_ms: int | None
    pages: int | None
    waveform: list[int] | None
    filename: str | None


class UploadView(MediaView):
    """A file that was uploaded to be sent, as it will be sent, which may be smaller than what was uploaded or of
    another type. `kind` is what it can be sent as; `voice` as audio that is a voice message.
    """

    kind: UploadKind


class MessageError(TypedDict):
    """Why a message failed; of an inbound one, why WhatsApp did not pass it on."""

    code: int
    title: str
    details: str | None


class QuotedMessage(TypedDict):
    """The message that another one answers."""

    id: UUID
    direction: Direction
    type: str
    preview: str
    sent_by: User | None
    deleted: bool


class Context(TypedDict):
    """What a message answers. `message` is null where we do not have it."""

    message_id: str
    message: QuotedMessage | None


class Referral(TypedDict, total=False):
    """The ad or post that brought the customer here, as Meta describes it; there may be more than this."""

    source_url: str
    source_type: str
    headline: str
    body: str


class Reaction(TypedDict):
    """What one side thinks of a message."""

    emoji: str
    by: Side
    at: str


# A mapping and not a struct, since Meta's content object stands under the key that its type names.
class MessageView(TypedDict):
    """A message. Its content, under the key that `type` names, is empty once it is deleted. `sent_by` is the person who
    sent it from an inbox, where the host's user claim named one; `media` is its file; `words` are a template's, filled
    in, once they are known, and `template_parts` what stands around them. A message with `discarded_at` failed and was
    put away: it is not shown any more.
    """

    id: UUID
    conversation_id: UUID
    wamid: str | None
    client_id: str | None
    direction: Direction
    origin: Origin
    status: MessageStatus
    error: MessageError | None
    context: Context | None
    forwarded: Literal["forwarded", "frequently"] | None
    referral: Referral | None
    reactions: list[Reaction]
    edited_at: datetime | None
    deleted_at: datetime | None
    discarded_at: datetime | None
    sent_by: User | None
    words: str | None
    template_parts: list[TemplatePart] | None
    timestamp: datetime
    media: MediaView | None
    rev: str
    type: str


class MessageCreated(msgspec.Struct, tag_field="type", tag="message.created"):
    """A new message, with its conversation as it is after it."""

    conversation: ConversationView
    message: MessageView


class MessageUpdated(msgspec.Struct, tag_field="type", tag="message.updated"):
    """A message changed, by a status for example."""

    conversation: ConversationView
    message: MessageView


class ConversationUpdated(msgspec.Struct, tag_field="type", tag="conversation.updated"):
    """A conversation changed and no message did: it was read, ended, assigned."""

    conversation: ConversationView


class ConversationRemoved(msgspec.Struct, tag_field="type", tag="conversation.removed"):
    """A conversation left the receiver's scope, being given to somebody else, or is no more. `rev` is that of the row
    that left.
    """

    conversation_id: UUID
    rev: str


Push = MessageCreated | MessageUpdated | ConversationUpdated | ConversationRemoved

PresenceState = Literal["viewing", "typing", "gone"]


class Presence(msgspec.Struct, tag_field="type", tag="presence"):
    """Somebody has a conversation open, for the others who have. It is of the moment: `changes` knows nothing of it.

    `viewer` is the iframe, named anew with each connection; `user` is null where the host does not say who is looking.
    `hello` asks everybody who is there to say so.
    """

    conversation_id: UUID
    viewer: str
    user: User | None
    state: PresenceState
    hello: bool = False


class Event(msgspec.Struct, frozen=True):
    """A push and the channels that it goes to; what a domain operation returns."""

    channels: tuple[str, ...]
    push: Push | Presence


def moved(view: ConversationView, before: Audience, after: Audience) -> list[Event]:
    """The events of a conversation whose audience may have changed: its new row for who sees it now, and its removal
    for who saw it before only.
    """
    seen, shown = before.channels(), after.channels()
    events = [Event(shown, ConversationUpdated(view))]
    lost = tuple(channel for channel in seen if channel not in shown)
    if lost:
        events.append(Event(lost, ConversationRemoved(view.id, view.rev)))
    return events
