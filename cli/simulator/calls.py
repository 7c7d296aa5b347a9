"""Calls between a customer and a business number. Source: Meta, Cloud API, Calling, webhooks.

Who calls decides what is told: a customer's call comes as `connect` and `terminate`; a business's call first as
statuses (RINGING, then ACCEPTED or REJECTED), and as `connect` and `terminate` around what was said.
"""

from typing import Literal

import msgspec

from cli.simulator.errors import status_error
from cli.simulator.messages import Json, Message
from cli.simulator.payloads import contact, contact_of_the_phone, frame
from cli.simulator.simulator import Simulator
from cli.simulator.users import User, digits

Step = Literal["ringing", "accepted", "rejected", "connect", "terminate"]
Outcome = Literal["completed", "failed", "rejected"]

# What is told of a call from its beginning to its end.
_STEPS: dict[tuple[str, str], list[Step]] = {
    ("USER_INITIATED", "completed"): ["connect", "terminate"],
    ("USER_INITIATED", "failed"): ["connect", "terminate"],
    ("USER_INITIATED", "rejected"): ["connect", "terminate"],
    ("BUSINESS_INITIATED", "completed"): ["ringing", "accepted", "connect", "terminate"],
    ("BUSINESS_INITIATED", "failed"): ["ringing", "terminate"],
    ("BUSINESS_INITIATED", "rejected"): ["ringing", "rejected", "terminate"],
}
_SDP = (
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
    "m=audio 3480 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n"
)


class Call(msgspec.Struct, forbid_unknown_fields=True):
    """A call of one customer and one business number.

    outcome     `completed`, or `failed`: nobody answered, a missed call if the customer made it
    duration    seconds that were spoken, if it was completed
    steps       which webhooks to send, by default all of the outcome; a later request with the `call_id` of the answer
                sends more of the same call
    timestamp   when it began, unix seconds, by default so that it ends now
    extra       merged into each item of `calls`, or of `statuses`
    """

    phone_number_id: str
    direction: Literal["USER_INITIATED", "BUSINESS_INITIATED"] = "USER_INITIATED"
    outcome: Outcome = "completed"
    duration: int = 30
    steps: list[Step] | None = None
    call_id: str | None = None
    timestamp: int | None = None
    biz_opaque_callback_data: str | None = None
    errors: list[Json] | None = None
    extra: Json = {}


def call(simulator: Simulator, user: User, given: Call) -> Json:
    """Tell of the call, show it in the chat, and answer its id. Raise KeyError if the number is unknown."""
    spoken = given.duration if given.outcome == "completed" else 0
    began = simulator.clock.timestamp() - spoken if given.timestamp is None else given.timestamp
    steps = _STEPS[given.direction, given.outcome] if given.steps is None else given.steps
    row = simulator.messages.get(given.call_id) if given.call_id else None
    if row is None:
        row = _row(simulator, user, given, began)
    ended = "terminate" in steps
    row.content = {"direction": given.direction, "outcome": given.outcome if ended else "ringing", "duration": spoken}
    simulator.publish(row)
    if given.direction == "USER_INITIATED" and "connect" in steps:
        simulator.heard_from(user, given.phone_number_id, began)
    for step in steps:
        _tell(simulator, user, given, row.key, step, began, began + spoken)
    return {"call_id": row.key, "steps": steps}


def _row(simulator: Simulator, user: User, given: Call, began: int) -> Message:
    """The call as a line of the chat. Its key is its id, which is a wamid but for the prefix."""
    outbound = given.direction == "BUSINESS_INITIATED"
    row = Message(
        key=simulator.messages.new_key(outbound),
        phone_number_id=given.phone_number_id,
        user=user,
        outbound=outbound,
        type="call",
        content={},
        timestamp=began,
        seen=True,
        origin="call",
    )
    row.key = given.call_id or f"wacid.{row.wamid(simulator.faults.wamid_scope).removeprefix('wamid.')}"
    row.given_wamid = row.key
    simulator.messages.add(row)
    return row


def _tell(simulator: Simulator, user: User, given: Call, call_id: str, step: Step, began: int, ended: int) -> None:
    number = simulator.numbers[given.phone_number_id]
    by_user = given.direction == "USER_INITIATED"
    value = frame(number)
    if step in ("connect", "terminate"):
        business = digits(number.display_phone_number)
        ids: Json = (
            simulator.ids_of(user, "from", "from_") | {"to": business}
            if by_user
            else {"from": business} | simulator.ids_of(user, "to", "to_")
        )
        item: Json = {"id": call_id, **ids, "event": step, "direction": given.direction}
        item["timestamp"] = str(ended if step == "terminate" else began)
        item |= _end(given, began, ended) if step == "terminate" else {"session": _session(by_user)}
        kind = "calls"
    else:
        item = {"id": call_id, "type": "call", "status": step.upper(), "timestamp": str(began)}
        item |= simulator.ids_of(user, "recipient_id", "recipient_")
        kind = "statuses"
    if given.biz_opaque_callback_data is not None:
        item["biz_opaque_callback_data"] = given.biz_opaque_callback_data
    other = simulator.faults.other_spelling
    named = contact(user, other_spelling=other) if by_user else contact_of_the_phone(user, other_spelling=other)
    value["contacts"] = [named]
    value[kind] = [item | given.extra]
    order = (given.phone_number_id, user.wa_id)
    simulator.tell(given.phone_number_id, value, f"call {step} {call_id}", field="calls", order=order)


def _session(by_user: bool) -> Json:
    return {"sdp_type": "offer" if by_user else "answer", "sdp": _SDP}


def _end(given: Call, began: int, ended: int) -> Json:
    """How a call went; one that nobody answered has no length."""
    if given.outcome == "completed":
        return {"status": "COMPLETED", "start_time": str(began), "end_time": str(ended), "duration": ended - began}
    return {"status": "FAILED", "errors": given.errors or [status_error(138021)]}
