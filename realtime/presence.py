"""Who is looking at a conversation and who is replying, told to those who have it open too."""

import asyncio
import secrets
from collections.abc import Coroutine, Hashable
from typing import Any
from uuid import UUID

import msgspec
import structlog
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from realtime.hub import Hub
from realtime.token_bucket import TokenBucket
from shared.db import autocommit
from shared.events import Event, Presence, PresenceState
from shared.publish import publish
from shared.pubsub import PubSub
from shared.queries.conversations import is_in_scope
from shared.scope import Scope, presence_channel
from shared.tasks import finish
from shared.user_claims import User

log = structlog.get_logger()

SILENT_SECONDS = 60.0  # without a word; the page says something every 25 seconds
BURST = 20
BURST_SECONDS = 10.0
MOST_VIEWERS = 50  # of one conversation, in one process; those beyond are not told of
ANSWER_SECONDS = 0.05  # newcomers within it are answered together
STOP_SECONDS = 1.0

_decode = msgspec.json.Decoder(list[Presence]).decode


class _Looking(msgspec.Struct, frozen=True):
    """What an iframe says that it shows."""

    conversation_id: UUID | None
    typing: bool = False


_NOWHERE = _Looking(None)


class _Viewer(msgspec.Struct, eq=False):
    """An iframe that has said what it shows. `looking` is what the others were told, `next` what they are still to be
    told, if anything.
    """

    member: Hashable
    scope: Scope
    user: User | None
    key: str
    bucket: TokenBucket
    looking: _Looking = _NOWHERE
    next: _Looking | None = None
    busy: bool = False
    silence: asyncio.TimerHandle | None = None


class Viewers:
    """The viewers of this process, by their member of the hub.

    A conversation's channel is joined by those alone who have it open, so that presence costs nobody else anything.
    """

    def __init__(self, engine: AsyncEngine, pubsub: PubSub, hub: Hub) -> None:
        self._engine = autocommit(engine)
        self._pubsub = pubsub
        self._hub = hub
        self._viewers: dict[Hashable, _Viewer] = {}
        self._newcomers: dict[str, set[str]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def hear(self, member: Hashable, scope: Scope, user: User | None, said: Any) -> str:
        """An iframe says {"conversation_id": uuid or null, "typing": bool}; what is wrong or too much is ignored.

        Returns the `viewer` that it will find itself under.
        """
        viewer = self._viewers.get(member)
        if viewer is None:
            bucket = TokenBucket(BURST, BURST_SECONDS)
            viewer = self._viewers[member] = _Viewer(member, scope, user, secrets.token_urlsafe(9), bucket)
        if not viewer.bucket.take():
            return viewer.key
        try:
            looking = msgspec.convert(said, _Looking)
        except (msgspec.ValidationError, UnicodeEncodeError):  # the latter for halves of characters
            return viewer.key
        if viewer.silence is not None:
            viewer.silence.cancel()
            viewer.silence = None
        if looking.conversation_id is not None:
            loop = asyncio.get_running_loop()
            viewer.silence = loop.call_later(SILENT_SECONDS, self._follow, viewer, _NOWHERE)
        self._follow(viewer, looking)
        return viewer.key

    def forget(self, member: Hashable) -> None:
        """The iframe is gone."""
        viewer = self._viewers.pop(member, None)
        if viewer is None:
            return
        if viewer.silence is not None:
            viewer.silence.cancel()
        if viewer.looking.conversation_id is not None:  # at once: nothing can be written to it any more
            self._hub.leave(presence_channel(viewer.looking.conversation_id), member)
        self._follow(viewer, _NOWHERE)

    def heard(self, channel: str, payload: bytes) -> None:
        """Something was said on a conversation's channel. A newcomer is told who is here."""
        newcomers = {presence.viewer for presence in _decode(payload[payload.index(b"[") :]) if presence.hello}
        if not newcomers:
            return
        if channel not in self._newcomers:
            self._newcomers[channel] = set()
            self._start(self._answer(channel))
        self._newcomers[channel] |= newcomers

    async def close(self) -> None:
        for viewer in self._viewers.values():
            if viewer.silence is not None:
                viewer.silence.cancel()
        await finish(self._tasks, STOP_SECONDS)

    def _start(self, act: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(act)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _follow(self, viewer: _Viewer, looking: _Looking) -> None:
        """One task at a time for a viewer, and only its last word counts."""
        viewer.next = looking
        if not viewer.busy:
            viewer.busy = True
            self._start(self._move(viewer))

    async def _move(self, viewer: _Viewer) -> None:
        try:
            while (looking := viewer.next) is not None:
                viewer.next = None
                try:
                    await self._look(viewer, looking)
                except (SQLAlchemyError, RedisError, OSError, TimeoutError) as error:
                    log.info("presence_failed", error=type(error).__name__)
        finally:
            viewer.busy = False

    async def _look(self, viewer: _Viewer, looking: _Looking) -> None:
        conversation_id = looking.conversation_id
        if conversation_id != viewer.looking.conversation_id:
            await self._leave(viewer)
        if conversation_id is None:
            return
        async with self._engine.connect() as connection:
            may_look = await is_in_scope(connection, viewer.scope, conversation_id)
        if viewer.next is not None:
            return
        if not may_look:
            await self._leave(viewer)
            return
        is_new = viewer.looking.conversation_id is None
        if is_new and len(self._hub.members(presence_channel(conversation_id))) >= MOST_VIEWERS:
            return
        viewer.looking = looking
        if is_new:
            await self._join(viewer, presence_channel(conversation_id))
        await self._tell(_presence(viewer, conversation_id, "typing" if looking.typing else "viewing", is_new))

    async def _join(self, viewer: _Viewer, channel: str) -> None:
        try:
            await self._hub.join(channel, viewer.member)
        except (RedisError, OSError, TimeoutError):
            self._hub.leave(channel, viewer.member)
            viewer.looking = _NOWHERE
            raise

    async def _leave(self, viewer: _Viewer) -> None:
        conversation_id = viewer.looking.conversation_id
        if conversation_id is None:
            return
        viewer.looking = _NOWHERE
        self._hub.leave(presence_channel(conversation_id), viewer.member)
        await self._tell(_presence(viewer, conversation_id, "gone"))

    async def _answer(self, channel: str) -> None:
        await asyncio.sleep(ANSWER_SECONDS)
        newcomers = self._newcomers.pop(channel)
        viewers = [self._viewers[member] for member in self._hub.members(channel) if member in self._viewers]
        if len(newcomers) == 1:  # of several, each may have come too late for the others' hello
            viewers = [viewer for viewer in viewers if viewer.key not in newcomers]
        told = []
        for viewer in viewers:
            conversation_id, typing = viewer.looking.conversation_id, viewer.looking.typing
            assert conversation_id is not None
            told.append(_presence(viewer, conversation_id, "typing" if typing else "viewing"))
        await self._tell(*told)

    async def _tell(self, *presences: Presence) -> None:
        await publish(self._pubsub, [Event((presence_channel(one.conversation_id),), one) for one in presences])


def _presence(viewer: _Viewer, conversation_id: UUID, state: PresenceState, hello: bool = False) -> Presence:
    return Presence(conversation_id, viewer.key, viewer.user, state, hello)
