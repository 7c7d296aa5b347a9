"""The Socket.IO server: who may connect, and what they then receive."""

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog
from redis.exceptions import RedisError
from socketio.exceptions import ConnectionRefusedError as Refused
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from realtime.engine import SOCKET_KEY, Connection, SocketServer
from realtime.hub import Hub
from realtime.moving import move_away
from realtime.presence import Viewers
from realtime.websocket import text_frame
from shared import metrics
from shared.crypto import token_hash
from shared.embeds import (
    Embed,
    EmbedRefusedError,
    authenticate_embed,
    check_origin,
    count_refusal,
    embed_rows,
    opened_embed,
)
from shared.jobs import connect
from shared.paging import AnyRow
from shared.pubsub import PubSub
from shared.rate_limit import Usage, count_embed_call
from shared.scope import EMBED_CHANNELS, PRESENCE_CHANNELS, embed_channel
from shared.settings import Settings
from shared.tasks import cancel_all, keep_running
from shared.user_claims import User, read_user_claim
from shared.viewers import report_viewers, withdraw_viewers

log = structlog.get_logger()

CHECK_SECONDS = 5.0
REPORT_SECONDS = 5.0
COMPARED_AT_ONCE = 200
MOST_SOCKETS = 100  # of one embed and one address, in one process
MOST_IN_ONE_PACKET = 256 * 1024  # bytes
# To write to an iframe takes 5 to 10 microseconds, whatever is written. Where many listen, what comes within twice
# as long goes out together: writing never takes all of a processor, and somebody alone waits for nothing.
PACE_SECONDS = 20e-6
LONGEST_PACE = 0.025
_CATCH_UP = text_frame(b'42["catch_up"]')


class _Viewer(msgspec.Struct, eq=False):
    """An iframe that is connected, or about to be. `closed` says why it is not to be, or not any more."""

    embed: Embed
    token_hash: bytes
    place: tuple[UUID, str]
    channels: tuple[str, str]
    connection: Connection
    user: User | None
    connected: bool = False
    closed: str | None = None
    expiry: asyncio.TimerHandle | None = None


class _Told(msgspec.Struct):
    """A payload of shared/publish.py: when it was published, in microseconds since 1970, and pushes in JSON, between
    commas.
    """

    at: int
    pushes: bytes


class _Greeting(msgspec.Struct):
    """What an iframe says as it connects (docs/inbox-api.md)."""

    token: str
    user: Any = None


class Realtime:
    """Serves iframes: WebSocket only, so that no load balancer needs sticky sessions."""

    def __init__(self, settings: Settings, engine: AsyncEngine) -> None:
        self._settings = settings
        self._engine = engine
        self._redis = connect(settings)
        self._pubsub = PubSub(settings)
        self.hub = Hub(self._pubsub, self._deliver, self._missed)
        self._presence = Viewers(engine, self._pubsub, self.hub)
        self._viewers: dict[str, _Viewer] = {}
        self._places: Counter[tuple[UUID, str]] = Counter()
        self._changed: asyncio.Queue[UUID] = asyncio.Queue()
        self._closing: set[asyncio.Task[None]] = set()
        self._due: dict[str, list[_Told]] = {}
        self._next_write = 0.0
        self.socket_io = SocketServer(
            async_mode="asgi",
            transports=["websocket"],
            cors_allowed_origins=[],  # nothing is checked there: the embed's own origins are, below, per token
            logger=False,
            engineio_logger=False,
        )
        metrics.CONNECTIONS.set_function(lambda: len(self._viewers))
        metrics.CHANNELS.set_function(self.hub.channels)
        metrics.PUSHES_WAITING.set_function(lambda: sum(len(messages) for messages in self._due.values()))
        self.socket_io.on("connect", self._connect)
        self.socket_io.on("disconnect", self._disconnect)
        self.socket_io.on("viewing", self._hear_viewing)

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(keep_running(self.hub.run))
            tasks.create_task(keep_running(self._watch_embeds))
            tasks.create_task(keep_running(self._report_viewers))

    async def move_away(self) -> None:
        """Have the iframes go to another process; see realtime/moving.py."""
        await move_away([viewer.connection for viewer in self._viewers.values() if viewer.connected])

    async def close(self) -> None:
        for viewer in self._viewers.values():
            if viewer.expiry is not None:
                viewer.expiry.cancel()
        await self.socket_io.shutdown()
        await cancel_all(self._closing)
        await self._presence.close()
        await self._pubsub.close()
        await self._redis.aclose()

    async def _connect(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        try:
            await self._admit(sid, environ, auth)
        except EmbedRefusedError as error:
            self._forget(sid)
            raise Refused(str(error), {"code": error.code}) from error
        except (SQLAlchemyError, RedisError, OSError, TimeoutError) as error:
            log.warning("connect_failed", error=type(error).__name__)
            self._forget(sid)
            raise Refused("The service is not available; try again shortly.", {"code": "unavailable"}) from error
        except BaseException:
            self._forget(sid)
            raise

    async def _admit(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        try:
            greeting = msgspec.convert(auth, _Greeting)
        except msgspec.ValidationError:
            greeting = _Greeting("")
        connection: Connection = environ[SOCKET_KEY]
        embed = await self._authenticate(environ, greeting.token, connection.address)
        limit = self._settings.embed_rate_limit
        _refuse_excess(await count_embed_call(self._redis, f"connect:{embed.id}", connection.address, limit))
        user = None
        if greeting.user is not None:
            user = read_user_claim(str(greeting.user), embed, self._settings.secret_key)
        place = (embed.id, connection.network)
        if self._places[place] >= MOST_SOCKETS:
            raise Refused("Too many iframes are open.", {"code": "too_many_sockets"})
        self._places[place] += 1
        channels = (embed.scope.channel(), embed_channel(embed.id))
        viewer = self._viewers[sid] = _Viewer(embed, token_hash(greeting.token), place, channels, connection, user)
        for channel in channels:
            await self.hub.join(channel, viewer)
        # What changed before we listened shows now, what changed since then has been said to the viewer.
        viewer.embed = await authenticate_embed(self._engine, greeting.token)
        if viewer.embed.version() != embed.version():
            raise EmbedRefusedError("embed_changed", embed)
        if viewer.closed is not None:
            raise EmbedRefusedError(viewer.closed, embed)
        if connection.closed:  # python-socketio would not be told
            raise Refused("The connection is gone.", {"code": "unavailable"})
        self._close_at_end(sid, viewer)
        viewer.connected = True
        connection.admit()

    async def _authenticate(self, environ: dict[str, Any], token: str, address: str) -> Embed:
        try:
            embed = await authenticate_embed(self._engine, token)
            origin, host = environ.get("HTTP_ORIGIN"), environ.get("HTTP_HOST", "")
            check_origin(embed, origin, host, self._settings.origin())
        except EmbedRefusedError as error:
            _refuse_excess(await count_refusal(self._redis, self._settings, error, address))
            raise
        return embed

    async def _disconnect(self, sid: str, _reason: str) -> None:
        self._forget(sid)

    async def _hear_viewing(self, sid: str, said: Any = None, *_: Any) -> str | None:
        """Returns what acknowledges it."""
        viewer = self._viewers.get(sid)
        if viewer is None or not viewer.connected:
            return None
        return self._presence.hear(viewer, viewer.embed.scope, viewer.user, said)

    def _forget(self, sid: str) -> None:
        viewer = self._viewers.pop(sid, None)
        if viewer is None:
            return
        if viewer.expiry is not None:
            viewer.expiry.cancel()
        viewer.connection.expel()
        self._places[viewer.place] -= 1
        if not self._places[viewer.place]:
            del self._places[viewer.place]
        for channel in viewer.channels:
            self.hub.leave(channel, viewer)
        self._presence.forget(viewer)

    def _deliver(self, channel: str, payload: bytes) -> None:
        if channel.startswith(EMBED_CHANNELS):
            self._tell_embed(UUID(channel.removeprefix(EMBED_CHANNELS)), msgspec.json.decode(payload)["code"])
            return
        if channel.startswith(PRESENCE_CHANNELS):
            self._presence.heard(channel, payload)
        start = payload.index(b"[")
        told = _Told(int(payload[:start] or 0), payload[start + 1 : -1])
        metrics.PUSHES_IN.inc()
        if not self._due:
            asyncio.get_running_loop().call_at(self._next_write, self._write_due)
        self._due.setdefault(channel, []).append(told)

    def _write_due(self) -> None:
        """What came together goes out together: encoded once and framed once for all iframes of a channel."""
        due, self._due = self._due, {}
        written = 0
        for channel, messages in due.items():
            viewers = self.hub.members(channel)
            for text in _packets(messages):
                frame = text_frame(text)
                for viewer in viewers:
                    viewer.connection.websocket.write(frame)
                written += len(viewers)
                metrics.BYTES_OUT.inc(len(frame) * len(viewers))
            now = time.time()
            for message in messages:
                metrics.DELIVERY_SECONDS.observe(max(0.0, now - message.at / 1e6))
        metrics.PACKETS_OUT.inc(written)
        self._next_write = asyncio.get_running_loop().time() + min(LONGEST_PACE, written * PACE_SECONDS)

    def _missed(self, channel: str) -> None:
        if channel.startswith(EMBED_CHANNELS):
            self._changed.put_nowait(UUID(channel.removeprefix(EMBED_CHANNELS)))
            return
        if channel.startswith(PRESENCE_CHANNELS):  # it is told again with the viewers' next words
            return
        for viewer in self.hub.members(channel):
            viewer.connection.websocket.write(_CATCH_UP)

    def _tell_embed(self, embed_id: UUID, code: str) -> None:
        if code == "embed_changed":
            self._changed.put_nowait(embed_id)
            return
        shown = "embed_changed" if code == "scope_changed" else code
        for sid in [sid for sid, viewer in self._viewers.items() if viewer.embed.id == embed_id]:
            self._start_closing(sid, shown)

    async def _watch_embeds(self) -> None:
        """Look at an embed again when it is said to have changed, and every few seconds at all of them, since what was
        said may have got lost.
        """
        loop = asyncio.get_running_loop()
        next_round = loop.time() + CHECK_SECONDS
        while True:
            try:
                async with asyncio.timeout_at(next_round):
                    embed_ids = {await self._changed.get()}
            except TimeoutError:
                embed_ids = {viewer.embed.id for viewer in self._viewers.values()}
                next_round = loop.time() + CHECK_SECONDS
            await self._look_again(embed_ids)

    async def _report_viewers(self) -> None:
        """Say how many iframes are open, for the dashboard."""
        process = secrets.token_hex(8)
        try:
            while True:
                counts = Counter(viewer.embed.id for viewer in self._viewers.values() if viewer.connected)
                try:
                    await report_viewers(self._redis, process, counts)
                except (RedisError, OSError) as error:
                    log.info("viewers_not_reported", error=type(error).__name__)
                await asyncio.sleep(REPORT_SECONDS)
        finally:
            await withdraw_viewers(self._redis, process)

    async def _look_again(self, embed_ids: Collection[UUID]) -> None:
        viewers = [(sid, viewer) for sid, viewer in self._viewers.items() if viewer.embed.id in embed_ids]
        if not viewers:
            return
        try:
            async with self._engine.connect() as connection:
                rows = await embed_rows(connection, embed_ids)
        except (SQLAlchemyError, OSError) as error:
            log.warning("embeds_not_checked", error=type(error).__name__)
            return
        for number, (sid, viewer) in enumerate(viewers, 1):
            await self._compare(sid, viewer, rows.get(viewer.embed.id))
            if number % COMPARED_AT_ONCE == 0:  # pushes do not wait for all of them
                await asyncio.sleep(0)

    async def _compare(self, sid: str, viewer: _Viewer, row: AnyRow | None) -> None:
        """Close an iframe whose embed is no longer what it was opened with. Where only the end moved, it goes along."""
        if row is None:
            await self._close(sid, "revoked_token")
            return
        try:
            embed = opened_embed(row, viewer.token_hash)
        except EmbedRefusedError as error:
            await self._close(sid, error.code)
            return
        if viewer.embed == embed:
            return
        if viewer.embed.version() != embed.version():
            await self._close(sid, "embed_changed")
        else:
            viewer.embed = embed
            self._close_at_end(sid, viewer)

    def _close_at_end(self, sid: str, viewer: _Viewer) -> None:
        if viewer.expiry is not None:
            viewer.expiry.cancel()
            viewer.expiry = None
        if viewer.embed.expires_at is not None:
            seconds = (viewer.embed.expires_at - datetime.now(UTC)).total_seconds()
            end = asyncio.get_running_loop().time() + max(0.0, seconds)
            viewer.expiry = asyncio.get_running_loop().call_at(end, self._start_closing, sid, "expired_token")

    def _start_closing(self, sid: str, code: str) -> None:
        task = asyncio.create_task(self._close(sid, code))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _close(self, sid: str, code: str) -> None:
        """Tell an iframe why, and hang up; one that is only about to connect is refused instead."""
        viewer = self._viewers.get(sid)
        if viewer is None:
            return
        viewer.closed = code
        if viewer.connected:
            await self.socket_io.emit("closed", {"code": code}, to=sid)
            await self.socket_io.disconnect(sid)


def _packets(messages: Sequence[_Told]) -> Iterator[bytes]:
    """Socket.IO's packets for what was told on one channel."""
    parts: list[bytes] = []
    size = 0
    for message in messages:
        if parts and size + len(message.pushes) > MOST_IN_ONE_PACKET:
            yield b'42["events",[' + b",".join(parts) + b"]]"
            parts, size = [], 0
        parts.append(message.pushes)
        size += len(message.pushes)
    yield b'42["events",[' + b",".join(parts) + b"]]"


def _refuse_excess(usage: Usage) -> None:
    if usage.exceeded:
        raise Refused("Rate limit exceeded", {"code": "rate_limited"})
