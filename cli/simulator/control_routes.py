"""The control API under `/_sim/`, the part about the simulation itself: faults, clock, webhooks. Loopback, no auth."""

from typing import Literal

import httpx
import msgspec
from litestar import Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.exceptions import ClientException
from litestar.params import FromQuery, JSONBody

from cli.simulator.faults import Faults, Settings
from cli.simulator.messages import Json
from cli.simulator.payloads import serialise
from cli.simulator.simulator import Simulator
from cli.simulator.webhooks import Attempt


class ClockMove(msgspec.Struct, forbid_unknown_fields=True):
    """One of the two; `set` is unix seconds."""

    advance_seconds: float | None = None
    set: float | None = None


class RawWebhook(msgspec.Struct, forbid_unknown_fields=True):
    """`payload` is sent as Meta would write it, `body` byte for byte."""

    payload: Json | None = None
    body: str | None = None
    signature: Literal["valid", "wrong", "missing"] = "valid"


@get("/faults")
async def show_faults(simulator: NamedDependency[Simulator]) -> Faults:
    return simulator.faults


@put("/faults")
async def set_faults(simulator: NamedDependency[Simulator], data: JSONBody[Faults]) -> Faults:
    """Replaces the whole set."""
    simulator.webhooks.faults = data
    if not data.hold_webhooks:
        simulator.webhooks.release()
    return data


@delete("/faults", status_code=200)
async def clear_faults(simulator: NamedDependency[Simulator]) -> Faults:
    simulator.webhooks.faults = Faults()
    simulator.webhooks.release()
    return simulator.faults


@get("/settings")
async def show_settings(simulator: NamedDependency[Simulator]) -> Settings:
    return simulator.settings


@put("/settings")
async def set_settings(simulator: NamedDependency[Simulator], data: JSONBody[Settings]) -> Settings:
    """Replaces the whole set."""
    simulator.webhooks.settings = data
    return data


@get("/clock")
async def show_clock(simulator: NamedDependency[Simulator]) -> Json:
    return {"now": simulator.clock.now()}


@post("/clock", status_code=200)
async def move_clock(simulator: NamedDependency[Simulator], data: JSONBody[ClockMove]) -> Json:
    if data.set is not None:
        simulator.clock.set(data.set)
    if data.advance_seconds is not None:
        simulator.clock.advance(data.advance_seconds)
    simulator.events.publish({"type": "clock", "now": simulator.clock.now()})
    return {"now": simulator.clock.now()}


@post("/webhooks", status_code=200)
async def send_webhook(simulator: NamedDependency[Simulator], data: JSONBody[RawWebhook]) -> Attempt:
    """Posts it once and answers what came back."""
    if (data.payload is None) == (data.body is None):
        raise ClientException("give payload or body")
    body = serialise(data.payload) if data.body is None else data.body.encode()
    return await simulator.webhooks.send_raw(body, data.signature)


@get("/deliveries")
async def deliveries(simulator: NamedDependency[Simulator], limit: FromQuery[int] = 1000) -> Json:
    """The newest attempts last. `pending` webhooks are on their way, `held` ones wait for hold_webhooks to end."""
    attempts = list(simulator.webhooks.attempts)
    return {
        "pending": simulator.webhooks.pending,
        "held": simulator.webhooks.held,
        "data": attempts[-limit:] if limit > 0 else [],
    }


@post("/deliveries/retry", status_code=200)
async def retry_deliveries(simulator: NamedDependency[Simulator]) -> Json:
    """Every webhook that waits for another attempt gets it now."""
    simulator.webhooks.retry_now()
    return {"pending": simulator.webhooks.pending}


@post("/verify", status_code=200)
async def verify(simulator: NamedDependency[Simulator]) -> Response[Json]:
    """Meta's verification GET: `verified` if the challenge came back with a 200."""
    challenge = simulator.messages.new_key(outbound=True)
    try:
        answer = await simulator.webhooks.verify(challenge)
    except httpx.HTTPError as error:
        return Response({"verified": False, "status_code": None, "body": "", "error": repr(error)})
    verified = answer.status_code == 200 and answer.text == challenge
    return Response({"verified": verified, "status_code": answer.status_code, "body": answer.text, "error": None})


@post("/reset", status_code=200)
async def reset(simulator: NamedDependency[Simulator]) -> Json:
    await simulator.reset()
    return {"success": True}


ROUTES = [
    show_faults,
    set_faults,
    clear_faults,
    show_settings,
    set_settings,
    show_clock,
    move_clock,
    send_webhook,
    deliveries,
    retry_deliveries,
    verify,
    reset,
]
