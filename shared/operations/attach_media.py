"""The file of a message that was just queued: an upload, or one that a program has put at Meta."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kapso.messages import MEDIA_TYPES
from shared.operations.add_media import NewMedia, add_media
from shared.validation import InvalidFieldsError
from shared.whatsapp.uploads import upload_places

# An upload `u` that nobody has sent, or whose message failed and was put away.
_FREE = """(u.message_id IS NULL
            OR EXISTS (SELECT FROM message m WHERE m.id = u.message_id AND m.discarded_at IS NOT NULL))"""

# Meta's copy may be what the message that was put away has failed of: the next one takes the file there anew.
_ATTACH = text(f"""
    UPDATE media u SET message_id = :message_id, media_id = NULL, media_id_until = NULL
    WHERE u.id = :id AND u.conversation_id = :conversation_id AND u.kind = ANY(:kinds) AND {_FREE}
    RETURNING u.id
""")  # noqa: S608 - a constant

_WHY_NOT = text("SELECT kind FROM media WHERE id = :id AND conversation_id = :conversation_id")


class QueuedMessage(msgspec.Struct, frozen=True):
    """A message that is stored already, of a type and with Meta's content object."""

    id: UUID
    project_id: UUID
    conversation_id: UUID
    phone_number_id: str
    type: str
    content: Any


async def attach_media(connection: AsyncConnection, message: QueuedMessage) -> None:
    """Make an upload that the message names the message's own; of a file by Meta's id, have a worker fetch a copy.

    Raises InvalidFieldsError, which names the place in the message, for an upload that is not one of the conversation,
    is another message's, or is of another kind, and for a second one.
    """
    places = upload_places(message.type, message.content)
    if not places:
        await _add_metas(connection, message)
        return
    first, *others = places
    if others:
        raise InvalidFieldsError({one.path: ["cannot be a second upload in one message"] for one in others})
    upload_id = _uuid(first.given)
    if upload_id is None:
        raise InvalidFieldsError({first.path: ["must be the id of an upload"]})
    mine = {"id": upload_id, "conversation_id": message.conversation_id}
    kinds = _kinds(first.kind, message)
    attached = await connection.execute(_ATTACH, mine | {"message_id": message.id, "kinds": kinds})
    if attached.one_or_none() is not None:
        return
    kind = (await connection.execute(_WHY_NOT, mine)).scalar_one_or_none()
    if kind is None:
        problem = "is no upload of this conversation"
    elif kind not in kinds:
        problem = f"was uploaded as {kind}, not as {' or '.join(kinds)}"
    else:
        problem = "was sent already"
    raise InvalidFieldsError({first.path: [problem]})


def _kinds(kind: str, message: QueuedMessage) -> list[str]:
    """As what an upload may have been made that stands under the key `kind`."""
    if kind != "audio":
        return [kind]
    # Meta: Cloud API, "Audio messages": a voice message has to be Ogg with Opus. Clients' true may be a text.
    is_voice = message.type == "audio" and str(message.content.get("voice")).lower() in ("true", "1")
    return ["voice"] if is_voice else ["audio", "voice"]


async def _add_metas(connection: AsyncConnection, message: QueuedMessage) -> None:
    if message.type in MEDIA_TYPES and isinstance(message.content, Mapping) and message.content.get("id"):
        media_id = str(message.content["id"])
        await add_media(connection, [NewMedia(message.project_id, message.phone_number_id, message.id, media_id)])


def _uuid(given: Any) -> UUID | None:
    try:
        return UUID(given)
    except (ValueError, TypeError, AttributeError):
        return None
