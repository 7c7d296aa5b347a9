"""Uploads on their way to Meta: a file has to be there before the message that names it can be sent."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.operations.queue_message import LEASE
from shared.storage import PIECE, NotStoredError, Storage, StorageError
from shared.whatsapp.graph import NO_SUCH_OBJECT, GraphClient, GraphError, NoAnswerError, NotSentError
from shared.whatsapp.media_file import MediaFile, filename_for, media_file
from shared.whatsapp.media_types import MEDIA_TYPES
from shared.whatsapp.uploads import upload_places, with_media_id

log = structlog.get_logger()

AT_ONCE = 6  # files of one process, each with a copy in TMPDIR; the other ones wait, and keep their leases
RENEW_SECONDS = 30.0
AT_META = timedelta(days=29)  # of the 30 for which Meta keeps it (Meta: Cloud API, "Upload media")
UNUSABLE = 131053
"""Meta's code for a file that it cannot use (Meta: Cloud API, "Error codes")."""

_FIND = text("""
    SELECT id, storage_key, mime_type, size, coalesce(filename, '') AS filename, kind,
        CASE WHEN media_id_until > now() THEN media_id END AS media_id
    FROM media WHERE message_id = :message_id AND conversation_id IS NOT NULL
""")

_UPLOADED = text("UPDATE media SET media_id = :media_id, media_id_until = now() + :keep WHERE id = :id")

# The lease is only ours while it ends when we have said.
_RENEW = text("""
    UPDATE outbox SET leased_until = now() + :lease
    WHERE message_id = :message_id AND leased_until = :leased_until RETURNING leased_until
""")


class LeaseLostError(Exception):
    """The message is somebody else's to send, or will be before an answer comes: this process stood still, or the file
    took longer to get to Meta than anybody could know.
    """


class Uploads:
    """Sends messages, and the uploads in them before."""

    def __init__(self, engine: AsyncEngine, storage: Storage, graph: GraphClient, graph_files: GraphClient) -> None:
        """`graph_files` has connections of its own: texts are sent, however many files are on their way."""
        self._engine = engine
        self._storage = storage
        self._graph = graph
        self._files = graph_files
        self._places = asyncio.Semaphore(AT_ONCE)

    async def post(
        self, lease: "Lease", phone_number_id: str, access_token: str, body: dict[str, Any]
    ) -> dict[str, Any]:
        """Graph's answer to POST /messages with this body, in which an upload stands under our id of it. `lease` is the
        caller's on the message.

        Raises GraphError, NotSentError or NoAnswerError; only the message itself can be unanswered. Raises
        LeaseLostError where the message may not be the caller's any more.
        """
        path, kind = f"{phone_number_id}/messages", body["type"]
        if not upload_places(kind, body[kind]):
            lease.ensure()
            return await self._graph.post(path, access_token, body)
        async with self._engine.connect() as connection:
            file = (await connection.execute(_FIND, {"message_id": lease.message_id})).one_or_none()
        if file is None:
            raise _refusal("It is not there any more.")
        if file.media_id is not None:
            lease.ensure()
            try:
                return await self._graph.post(path, access_token, _named(body, file, file.media_id))
            except GraphError as error:
                if error.error["code"] not in (NO_SUCH_OBJECT, UNUSABLE):
                    raise
            log.info("upload_forgotten", upload_id=str(file.id))  # as it seems; a new id will show
        media_id = await self._upload(lease, phone_number_id, access_token, file)
        lease.ensure()
        return await self._graph.post(path, access_token, _named(body, file, media_id))

    async def _upload(self, lease: "Lease", phone_number_id: str, access_token: str, file: Row[Any]) -> str:
        known = MEDIA_TYPES[file.mime_type]
        # Meta: Cloud API, "Supported media types": Ogg has to say that it is Opus, as it is where it is to be heard.
        is_opus = file.mime_type == "audio/ogg" and file.kind != "document"
        mime_type = "audio/ogg; codecs=opus" if is_opus else file.mime_type
        async with lease.renewed(), self._places:
            with media_file() as copy:
                await self._read(file, copy)
                try:
                    media_id = await self._files.upload_media(
                        phone_number_id,
                        access_token,
                        copy.content(),
                        filename_for(known, file.filename or file.kind),
                        mime_type,
                    )
                except NoAnswerError as error:  # the file may be there; the message is not
                    raise NotSentError(str(error)) from error
        async with self._engine.begin() as connection:
            # In the order of merge_contacts, which locks both too.
            await connection.execute(_UPLOADED, {"id": file.id, "media_id": media_id, "keep": AT_META})
            await lease.renew(connection)
        return media_id

    async def _read(self, file: Row[Any], copy: MediaFile) -> None:
        try:
            while copy.size < file.size:
                await copy.write(
                    await self._storage.read(file.storage_key, copy.size, min(file.size, copy.size + PIECE))
                )
        except NotStoredError as error:
            raise _refusal("It is not in the store any more.") from error
        except StorageError as error:
            log.warning("upload_not_read", upload_id=str(file.id), error=str(error))
            raise _refusal("It cannot be read from the store now.", retryable=True) from error


class Lease:
    """A message's lease in the outbox, which ends at a moment that we know, and nobody else has set."""

    def __init__(self, engine: AsyncEngine, message_id: UUID, until: datetime, since: float) -> None:
        """`since` is when it began, by the event loop's clock: PostgreSQL's may be another."""
        self.message_id = message_id
        self._engine = engine
        self._until: datetime | None = until
        self._since = since

    def ensure(self) -> None:
        """Raises LeaseLostError unless there is time for a call to Graph and for its first status."""
        if asyncio.get_running_loop().time() - self._since > LEASE.total_seconds() / 2:
            raise LeaseLostError("the lease is about to run out")

    async def renew(self, connection: Any) -> None:
        """Raises LeaseLostError."""
        now = asyncio.get_running_loop().time()
        mine = {"message_id": self.message_id, "leased_until": self._until, "lease": LEASE}
        self._until = (await connection.execute(_RENEW, mine)).scalar_one_or_none()
        if self._until is None:
            raise LeaseLostError("the message was taken by another worker, or settled")
        self._since = now

    @contextlib.asynccontextmanager
    async def renewed(self) -> AsyncIterator[None]:
        """Keep the lease during the block, as far as PostgreSQL can be reached."""
        renewing = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                async with self._engine.begin() as connection:
                    await self.renew(connection)
            except (SQLAlchemyError, OSError, LeaseLostError) as error:
                log.warning("lease_not_renewed", message_id=str(self.message_id), error=type(error).__name__)


def _named(body: dict[str, Any], file: Row[Any], media_id: str) -> dict[str, Any]:
    kind = body["type"]
    return {**body, kind: with_media_id(kind, body[kind], media_id, file.filename)}


def _refusal(details: str, *, retryable: bool = False) -> GraphError:
    """What Meta would say of a file that it does not get."""
    return GraphError({"code": UNUSABLE, "title": "The file", "details": details}, retryable=retryable, status=404)
