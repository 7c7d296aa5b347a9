"""Store what became of an attempt to fetch a message's file, and ask for another one.

The conversation is locked first, as everywhere; the message's row is written too, so that catch-up finds it changed.
"""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import Event
from shared.jobs import Queue, wake_later
from shared.models import Conversation, Media, Message
from shared.operations.apply_statuses import message_events
from shared.operations.lock_conversations import lock_matching
from shared.refusals import NotFoundError, RefusedError
from shared.scope import Scope

# An attempt has a number: whoever lost the lease meanwhile settles nothing.
_MINE = "WHERE id = :id AND state = 'pending' AND attempts = :attempts"

_STORE = text(f"""
    UPDATE media SET state = 'ready', problem = NULL, leased_until = NULL, mime_type = :mime_type, size = :size,
        sha256 = :sha256, storage_key = :storage_key, thumbnail_key = :thumbnail_key, width = :width, height = :height,
        duration_ms = :duration_ms, pages = :pages, waveform = :waveform
    {_MINE} RETURNING id
""")  # noqa: S608 - a constant

_GIVE_UP = text(f"UPDATE media SET state = :state, problem = :problem, leased_until = NULL {_MINE} RETURNING id")  # noqa: S608

_POSTPONE = text(f"UPDATE media SET problem = :problem, due_at = :due_at, leased_until = NULL {_MINE}")  # noqa: S608

_TRY_AGAIN = text("""
    UPDATE media SET state = 'pending', problem = NULL, attempts = 0, due_at = now(), leased_until = NULL
    WHERE message_id = :message_id AND state IN ('failed', 'gone') RETURNING id
""")

_TOUCH = text("UPDATE message SET status = status WHERE id = :id")


class Attempt(msgspec.Struct, frozen=True):
    """An attempt to fetch a file: the row of `media`, its message, and the attempt's number."""

    id: UUID
    message_id: UUID
    attempts: int


class StoredMedia(msgspec.Struct, frozen=True):
    """What is known of a file that is in the store: the columns of `media`."""

    mime_type: str
    size: int
    sha256: bytes
    storage_key: str
    thumbnail_key: str | None
    width: int | None
    height: int | None
    duration_ms: int | None
    pages: int | None
    waveform: bytes | None


async def media_stored(connection: AsyncConnection, attempt: Attempt, stored: StoredMedia) -> list[Event]:
    """The file is in the store."""
    conversation_id = await _lock(connection, attempt.message_id)
    mine = {"id": attempt.id, "attempts": attempt.attempts}
    settled = await connection.execute(_STORE, msgspec.structs.asdict(stored) | mine)
    return await _changed(connection, attempt.message_id, conversation_id) if settled.first() else []


async def media_given_up(connection: AsyncConnection, attempt: Attempt, state: str, problem: str) -> list[Event]:
    """No more attempts: `state` is `failed` or `gone`."""
    conversation_id = await _lock(connection, attempt.message_id)
    parameters = {"id": attempt.id, "attempts": attempt.attempts, "state": state, "problem": problem}
    settled = await connection.execute(_GIVE_UP, parameters)
    return await _changed(connection, attempt.message_id, conversation_id) if settled.first() else []


async def media_postponed(connection: AsyncConnection, attempt: Attempt, problem: str, due_at: datetime) -> None:
    """This attempt failed, and there will be another one. Nobody is told: the file is as pending as it was."""
    parameters = {"id": attempt.id, "attempts": attempt.attempts, "problem": problem, "due_at": due_at}
    await connection.execute(_POSTPONE, parameters)


async def retry_media(connection: AsyncConnection, scope: Scope, message_id: UUID) -> list[Event]:
    """Fetch a file again that was given up. Raises NotFoundError, and RefusedError if it was not given up."""
    found = await connection.execute(
        select(Conversation.id, Media.id)
        .join(Message, Message.conversation_id == Conversation.id)
        .outerjoin(Media, Media.message_id == Message.id)
        .where(scope.conversations(), Message.id == message_id)
    )
    row = found.one_or_none()
    if row is None:
        raise NotFoundError("Message")
    if row[1] is None:
        raise NotFoundError("Media")
    await lock_matching(connection, scope.conversations(), Conversation.id == row[0])
    again = (await connection.execute(_TRY_AGAIN, {"message_id": message_id})).first()
    if again is None:
        raise RefusedError("not_failed", "The file is here, or on its way.")
    wake_later(connection, Queue.MEDIA)
    return await _changed(connection, message_id, row[0])


async def _lock(connection: AsyncConnection, message_id: UUID) -> UUID | None:
    """None if the message was deleted meanwhile."""
    conversation_id = select(Message.conversation_id).where(Message.id == message_id).scalar_subquery()
    return next(iter(await lock_matching(connection, Conversation.id == conversation_id)), None)


async def _changed(connection: AsyncConnection, message_id: UUID, conversation_id: UUID | None) -> list[Event]:
    await connection.execute(_TOUCH, {"id": message_id})
    return [] if conversation_id is None else await message_events(connection, {message_id: conversation_id})
