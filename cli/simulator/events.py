"""What the phone page hears, live."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from cli.simulator.messages import Json

# A page that falls this far behind loads the chat again instead.
_QUEUE_LIMIT = 1000


class Listener(msgspec.Struct, eq=False):
    """One open page; `chat` is the (phone_number_id, wa_id) it shows, if any."""

    chat: tuple[str, str] | None
    queue: asyncio.Queue[Json]


class EventHub:
    """Sends every event to every open page, and knows which chats are on a screen."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()

    @contextmanager
    def listen(self, chat: tuple[str, str] | None) -> Iterator[Listener]:
        listener = Listener(chat, asyncio.Queue(_QUEUE_LIMIT))
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def is_open(self, phone_number_id: str, wa_id: str) -> bool:
        return any(listener.chat == (phone_number_id, wa_id) for listener in self._listeners)

    @property
    def heard(self) -> bool:
        """Whether anybody listens; making an event has its price."""
        return bool(self._listeners)

    def publish(self, event: Json) -> None:
        for listener in self._listeners:
            if listener.queue.full():
                while not listener.queue.empty():
                    listener.queue.get_nowait()
                listener.queue.put_nowait({"type": "reset"})
            else:
                listener.queue.put_nowait(event)
