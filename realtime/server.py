"""The Socket.IO server: who may connect, and what they then receive."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import socketio
import structlog
from redis.exceptions import RedisError
from socketio.exceptions import ConnectionRefusedError as Refused
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from realtime import wire
from realtime.hub import Hub
from realtime.wire import Encoded
from shared.embeds import Embed, EmbedRefusedError, authenticate_embed, check_origin, good_embeds
from shared.jobs import connect_pubsub
from shared.scope import embed_channel
from shared.settings import Settings
from shared.tasks import keep_running

log = structlog.get_logger()

CHECK_SECONDS = 5.0
MOST_INCOMING = 10_000  # bytes; an iframe has nothing long to say


class _Viewer(msgspec.Struct):
    """A connected iframe."""

    embed_id: UUID
    channels: tuple[str, str]
    expiry: asyncio.TimerHandle | None


class Realtime:
    """Serves iframes: WebSocket only, so that no load balancer needs sticky sessions."""

    def __init__(self, settings: Settings, engine: AsyncEngine) -> None:
        self._engine = engine
        self._redis = connect_pubsub(settings)
        self._hub = Hub(self._redis, self._deliver, self._missed)
        self._viewers: dict[str, _Viewer] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self.socket_io = socketio.AsyncServer(
            async_mode="asgi",
            transports=["websocket"],
            cors_allowed_origins="*",  # the embed's own origins are checked below, per token
            json=wire,
            max_http_buffer_size=MOST_INCOMING,
            websocket_compression=False,
            http_compression=False,
            logger=False,
            engineio_logger=False,
        )
        self.socket_io.on("connect", self._connect)
        self.socket_io.on("disconnect", self._disconnect)

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(keep_running(self._hub.run))
            tasks.create_task(keep_running(self._close_refused))

    async def close(self) -> None:
        for viewer in self._viewers.values():
            if viewer.expiry is not None:
                viewer.expiry.cancel()
        await self.socket_io.shutdown()
        await self._redis.aclose()

    async def _connect(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        try:
            embed = await self._authenticate(environ, auth)
            channels = (embed.scope.channel(), embed_channel(embed.id))
            self._viewers[sid] = _Viewer(embed.id, channels, self._expiry(sid, embed))
            for channel in channels:
                await self._hub.join(channel, sid)
                await self.socket_io.enter_room(sid, channel)
            await self._authenticate(environ, auth)  # it may have been revoked before we listened
        except EmbedRefusedError as error:
            await self._forget(sid)
            raise Refused(str(error), {"code": error.code}) from error
        except (SQLAlchemyError, RedisError, OSError, TimeoutError) as error:
            log.warning("connect_failed", error=type(error).__name__)
            await self._forget(sid)
            raise Refused("The service is not available; try again shortly.", {"code": "unavailable"}) from error
        except BaseException:
            await self._forget(sid)
            raise

    async def _authenticate(self, environ: dict[str, Any], auth: Any) -> Embed:
        token = auth.get("token") if isinstance(auth, dict) else None
        if not isinstance(token, str):
            raise EmbedRefusedError("invalid_token")
        async with self._engine.connect() as connection:
            embed = await authenticate_embed(connection, token)
        check_origin(embed, environ.get("HTTP_ORIGIN"), environ.get("HTTP_HOST", ""))
        return embed

    async def _disconnect(self, sid: str, _reason: str) -> None:
        await self._forget(sid)

    async def _forget(self, sid: str) -> None:
        viewer = self._viewers.pop(sid, None)
        if viewer is None:
            return
        if viewer.expiry is not None:
            viewer.expiry.cancel()
        for channel in viewer.channels:
            await self._hub.leave(channel, sid)

    async def _deliver(self, channel: str, payload: bytes) -> None:
        if channel.startswith("inbox:embed:"):
            for sid in [sid for sid, viewer in self._viewers.items() if channel in viewer.channels]:
                await self._close(sid, payload)
        else:
            await self.socket_io.emit("events", Encoded(payload), room=channel)

    async def _missed(self, channel: str) -> None:
        await self.socket_io.emit("catch_up", room=channel)

    async def _close_refused(self) -> None:
        """Close the iframes of embeds that are no longer good and whose control message got lost."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            viewed = {viewer.embed_id for viewer in self._viewers.values()}
            try:
                async with self._engine.connect() as connection:
                    good = await good_embeds(connection, viewed)
            except (SQLAlchemyError, OSError) as error:
                log.warning("embeds_not_checked", error=type(error).__name__)
                continue
            for sid in [sid for sid, viewer in self._viewers.items() if viewer.embed_id in viewed - good]:
                await self._close(sid, b'{"code":"revoked_token"}')

    async def _close(self, sid: str, payload: bytes) -> None:
        await self.socket_io.emit("closed", Encoded(payload), to=sid)
        await self.socket_io.disconnect(sid)

    def _expiry(self, sid: str, embed: Embed) -> asyncio.TimerHandle | None:
        if embed.expires_at is None:
            return None
        seconds = (embed.expires_at - datetime.now(UTC)).total_seconds()
        return asyncio.get_running_loop().call_later(max(0.0, seconds), self._expire, sid)

    def _expire(self, sid: str) -> None:
        task = asyncio.create_task(self._close(sid, b'{"code":"expired_token"}'))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
