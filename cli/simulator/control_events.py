"""The event stream of the phone page."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
from litestar import Request, get
from litestar.datastructures.state import State
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Stream

from cli.simulator.connection import GLANCE_SECONDS, is_over
from cli.simulator.customer import read
from cli.simulator.simulator import Simulator

# How often a quiet stream says that it lives.
_QUIET_SECONDS = 15.0


@get("/events")
async def events(
    request: Request[object, object, State],
    simulator: NamedDependency[Simulator],
    phone_number_id: FromQuery[str] = "",
    wa_id: FromQuery[str] = "",
) -> Stream:
    """Server-Sent Events. With `phone_number_id` and `wa_id` that chat counts as open: the customer reads it at once,
    for as long as the stream lasts."""
    chat = (phone_number_id, wa_id) if phone_number_id and wa_id else None

    async def stream() -> AsyncIterator[bytes]:
        with simulator.events.listen(chat) as listener:
            user = simulator.users.get(wa_id)
            if user is not None and phone_number_id in simulator.numbers:
                read(simulator, phone_number_id, user)
            yield b"retry: 500\n\n"
            quiet = 0.0
            while not is_over(request.receive):
                try:
                    async with asyncio.timeout(GLANCE_SECONDS):
                        event = await listener.queue.get()
                except TimeoutError:
                    quiet += GLANCE_SECONDS
                    if quiet >= _QUIET_SECONDS:
                        quiet = 0.0
                        yield b": still here\n\n"
                    continue
                quiet = 0.0
                yield b"data: " + msgspec.json.encode(event) + b"\n\n"

    return Stream(stream(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})
