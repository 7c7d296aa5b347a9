"""Fetches the files of messages that Meta has: those that customers and programs send. They come through a look at what
they are into the store.

Every attempt may be repeated: the file has one key, and what it holds is checked before it is stored. An attempt is
leased for LEASE and the lease is renewed while it runs, so that the files of a worker that died are soon another's.
"""

import asyncio
import io
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.crypto import DecryptionError, decrypt
from shared.media.inspector import Inspector
from shared.media_keys import file_key, thumbnail_key
from shared.metrics import FILES
from shared.operations.settle_media import Attempt, StoredMedia, media_given_up, media_postponed, media_stored
from shared.publish import publish
from shared.pubsub import PubSub
from shared.settings import Settings
from shared.storage import Storage, StorageError
from shared.tasks import finish
from shared.whatsapp.graph import GraphClient, GraphError, NoAnswerError, NoSuchMediaError, NotSentError
from shared.whatsapp.graph_http import new_http_client
from shared.whatsapp.media_file import MediaFile, media_file, read_sha256
from shared.whatsapp.media_types import type_of
from workers.drainer import Drainer
from workers.media_removal import remove_deleted

log = structlog.get_logger()

AT_ONCE = 6
LEASE = timedelta(seconds=60)
RENEW_SECONDS = 15.0
REMOVE_SECONDS = 300.0
FIRST_DELAY, LONGEST_DELAY = 5.0, 3600.0  # seconds
MOST_ATTEMPTS = 24  # over half a day
MOST_WHILE_AWAY = 176  # over seven days, for which Meta keeps the file (Meta: Cloud API, "Download media")

# Found first and once: a LIMIT within the UPDATE may be gone through again for each row.
_CLAIM = text("""
    WITH due AS MATERIALIZED (
        SELECT id FROM media
        WHERE state = 'pending' AND due_at <= now() AND (leased_until IS NULL OR leased_until < now())
        ORDER BY due_at LIMIT :places FOR UPDATE SKIP LOCKED
    )
    UPDATE media f SET leased_until = now() + :lease, attempts = f.attempts + 1
    FROM due, message m
    WHERE f.id = due.id AND m.id = f.message_id
    RETURNING f.id, f.project_id, f.message_id, f.phone_number_id, f.media_id, f.attempts,
        m.content ->> 'sha256' AS sha256, m.content ->> 'mime_type' AS mime_type,
        (SELECT access_token FROM phone_number n WHERE n.phone_number_id = f.phone_number_id) AS access_token
""")

# Whoever deletes some of them at this moment is not waited for.
_HOLD = text("""
    UPDATE media SET leased_until = now() + :lease
    WHERE id IN (SELECT id FROM media WHERE id = ANY(:ids) AND state = 'pending' FOR UPDATE SKIP LOCKED)
""")


class _UnusableError(Exception):
    """What came is not the file; the text says why."""


class _TooLargeError(_UnusableError):
    """What comes is larger than any file that WhatsApp takes; it will not be smaller the next time."""


class MediaFetcher:
    """Fetches what is due in `media`. `drainer` starts what can be started; each file looks for the next at its end."""

    def __init__(self, settings: Settings, engine: AsyncEngine, pubsub: PubSub) -> None:
        self._settings = settings
        self._engine = engine
        self._pubsub = pubsub
        self._http = new_http_client()  # of its own: messages are sent, however many files are on their way
        self._graph = GraphClient(self._http, settings)
        self._storage = Storage(settings)
        self._inspector = Inspector()
        self._tasks: dict[UUID, asyncio.Task[None]] = {}
        self._stopping = False
        self.drainer = Drainer(self._start_due)

    async def renew(self) -> None:
        """Keep the leases of what is under way."""
        await self._hold(LEASE)

    async def remove_deleted(self) -> None:
        """Delete the files from the store whose messages were deleted."""
        await remove_deleted(self._engine, self._storage)

    async def stop(self, seconds: float) -> None:
        """Let the attempts under way end; those that are cut off after `seconds` are anybody's at once."""
        self._stopping = True
        await finish(self._tasks.values(), seconds)
        await self._hold(timedelta(0))
        await self._http.aclose()
        self._storage.close()

    async def _hold(self, lease: timedelta) -> None:
        if self._tasks:
            async with self._engine.begin() as connection:
                await connection.execute(_HOLD, {"ids": list(self._tasks), "lease": lease})

    async def _start_due(self) -> bool:
        places = AT_ONCE - len(self._tasks)
        if self._stopping or places <= 0:
            return False
        async with self._engine.begin() as connection:
            claimed = (await connection.execute(_CLAIM, {"lease": LEASE, "places": places})).all()
        for row in claimed:
            self._tasks[row.id] = asyncio.create_task(self._fetch_and_go_on(row))
        return False

    async def _fetch_and_go_on(self, row: Row[Any]) -> None:
        try:
            await self._fetch(row)
        except Exception as error:  # noqa: BLE001 - the lease runs out and the sweep tries again
            log.error("media_not_settled", media_id=str(row.id), error=type(error).__name__)
        del self._tasks[row.id]  # not if it is cut off: `stop` gives up its lease
        self.drainer.start()

    async def _fetch(self, row: Row[Any]) -> None:
        attempt = Attempt(row.id, row.message_id, row.attempts)
        try:
            with media_file() as file:
                said = await self._download(row, file)
                stored = await self._store(row, file, said)
        except NoSuchMediaError as error:
            # A new file is not everywhere at Meta at once: a second attempt has to find the same.
            if row.attempts > 1:
                await self._give_up(attempt, "gone", str(error))
            else:
                await self._postpone(attempt, str(error), MOST_ATTEMPTS)
        except _TooLargeError as error:
            await self._give_up(attempt, "failed", str(error))
        except (NotSentError, NoAnswerError, StorageError, DecryptionError, OSError) as error:
            await self._postpone(attempt, f"{type(error).__name__}: {error}", MOST_WHILE_AWAY)
        except GraphError as error:
            patient = error.retryable or error.status in (401, 403) or error.status >= 500
            await self._postpone(attempt, str(error), MOST_WHILE_AWAY if patient else MOST_ATTEMPTS)
        except _UnusableError as error:
            await self._postpone(attempt, str(error), MOST_ATTEMPTS)
        else:
            async with self._engine.begin() as connection:
                events = await media_stored(connection, attempt, stored)
            await publish(self._pubsub, events)
            FILES.labels("stored").inc()

    async def _download(self, row: Row[Any], file: MediaFile) -> str:
        """Get all of the file and check it; the type that it is said to have: of what a program has sent, only Meta
        says one. Raises _UnusableError, and what Graph calls raise.
        """
        if row.access_token is None:
            raise NotSentError("the number is not connected")
        token = decrypt(row.access_token, self._settings.secret_key)
        media = await self._graph.download(row.media_id, token, phone_number_id=row.phone_number_id)
        try:
            async for chunk in media.chunks:
                await file.write(chunk)
                if file.size > file.most:
                    raise _TooLargeError(f"the file has more than {file.most} bytes")
        finally:
            await media.chunks.aclose()
        if file.size == 0 or media.size not in (None, file.size):
            raise _UnusableError(f"{file.size} bytes came, of {media.size}")
        # Either will do: what Graph says of the file now, or what the webhook said.
        hashes = {read_sha256(row.sha256), read_sha256(media.sha256)} - {None}
        if hashes and bytes.fromhex(file.sha256) not in hashes:
            raise _UnusableError("the file's hash is not the one that WhatsApp names")
        return row.mime_type or media.mime_type

    async def _store(self, row: Row[Any], file: MediaFile, said: str) -> StoredMedia:
        """Look into the file and put it into the store. Raises StorageError."""
        mime_type = type_of(file.head, said)
        found = await self._inspector.inspect(file.content(), mime_type)
        key = file_key(row.project_id, row.id)
        await self._storage.write(key, file.content())
        small_key = None
        if found.thumbnail is not None:
            small_key = thumbnail_key(row.project_id, row.id)
            await self._storage.write(small_key, io.BytesIO(found.thumbnail))
        return StoredMedia(
            mime_type="audio/mp4" if found.film is False else mime_type,
            size=file.size,
            sha256=bytes.fromhex(file.sha256),
            storage_key=key,
            thumbnail_key=small_key,
            width=found.width,
            height=found.height,
            duration_ms=found.duration_ms,
            pages=found.pages,
            waveform=found.loudness(),
        )

    async def _postpone(self, attempt: Attempt, problem: str, most_attempts: int) -> None:
        if attempt.attempts >= most_attempts:
            await self._give_up(attempt, "failed", problem)
            return
        longest = min(FIRST_DELAY * 2.0 ** min(attempt.attempts - 1, 20), LONGEST_DELAY)
        delay = timedelta(seconds=random.uniform(longest / 2, longest))  # noqa: S311 - jitter is no secret
        FILES.labels("postponed").inc()
        log.warning("media_postponed", media_id=str(attempt.id), attempts=attempt.attempts, error=problem)
        async with self._engine.begin() as connection:
            await media_postponed(connection, attempt, problem, datetime.now(UTC) + delay)

    async def _give_up(self, attempt: Attempt, state: str, problem: str) -> None:
        FILES.labels(state).inc()
        log.warning("media_given_up", media_id=str(attempt.id), state=state, error=problem)
        async with self._engine.begin() as connection:
            events = await media_given_up(connection, attempt, state, problem)
        await publish(self._pubsub, events)
