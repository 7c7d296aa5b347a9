"""The control API under `/_sim/`, the part about people: users, what they send, and what they see."""

import asyncio

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures.state import State
from litestar.di import NamedDependency
from litestar.exceptions import ClientException
from litestar.params import FromPath, FromQuery, JSONBody

from cli.simulator.config import SimulatedNumber
from cli.simulator.connection import GLANCE_SECONDS, is_over
from cli.simulator.control_lookup import known_number, known_user
from cli.simulator.customer import CustomerMessage, read, send
from cli.simulator.messages import Json
from cli.simulator.simulator import Simulator
from cli.simulator.transcript import PastMessage, preload
from cli.simulator.users import User, digits


class UserBody(msgspec.Struct, forbid_unknown_fields=True):
    """A new customer, or a change to one: `wa_id`, or `phone` in any spelling. What is left out stays as it is.
    `transcript` has the earlier messages per phone_number_id."""

    wa_id: str | None = None
    phone: str | None = None
    name: str | None = None
    bsuid: str | None = None
    parent_bsuid: str | None = None
    username: str | None = None
    phone_hidden: bool | None = None
    read_receipts: bool | None = None
    has_whatsapp: bool | None = None
    transcript: dict[str, list[PastMessage]] = {}


class ReadBody(msgspec.Struct, forbid_unknown_fields=True):
    phone_number_id: str


class BurstBody(msgspec.Struct, forbid_unknown_fields=True):
    """`count` texts from `contacts` customers, at most `concurrency` on their way at a time."""

    phone_number_id: str
    count: int
    contacts: int = 1
    concurrency: int = 32


@get("/numbers")
async def list_numbers(simulator: NamedDependency[Simulator]) -> list[SimulatedNumber]:
    return simulator.config.numbers


@get("/users")
async def list_users(simulator: NamedDependency[Simulator]) -> list[Json]:
    return [_user_view(simulator, user) for user in simulator.users.all()]


@post("/users")
async def put_user(simulator: NamedDependency[Simulator], data: JSONBody[UserBody]) -> Response[Json]:
    """201 for a new customer, 200 for one known before."""
    wa_id = data.wa_id or digits(data.phone or "")
    if not wa_id.isdigit():
        raise ClientException("wa_id or phone must be a phone number")
    for phone_number_id in data.transcript:
        known_number(simulator, phone_number_id)
    user = simulator.users.get(wa_id)
    status_code = 200 if user else 201
    if user is None:
        user = User(wa_id, data.name or f"+{wa_id}")
        simulator.users.put(user)
    for field in ("name", "bsuid", "parent_bsuid", "username", "phone_hidden", "read_receipts", "has_whatsapp"):
        value = getattr(data, field)
        if value is not None:
            setattr(user, field, value)
    for phone_number_id, past in data.transcript.items():
        preload(simulator, phone_number_id, user, past)
    view = _user_view(simulator, user)
    simulator.events.publish({"type": "user", "user": view})
    return Response(view, status_code=status_code)


@post("/users/{wa_id:str}/messages")
async def send_message(
    simulator: NamedDependency[Simulator], wa_id: FromPath[str], data: JSONBody[CustomerMessage]
) -> Json:
    """The customer sends. Answers at once; the webhook is on its way."""
    known_number(simulator, data.phone_number_id)
    user = known_user(simulator, wa_id)
    try:
        message, _ = send(simulator, user, data)
    except ValueError as error:
        raise ClientException(str(error)) from error
    return {"wamid": message.wamid(simulator.faults.wamid_scope), "key": message.key}


@post("/users/{wa_id:str}/read", status_code=200)
async def read_chat(simulator: NamedDependency[Simulator], wa_id: FromPath[str], data: JSONBody[ReadBody]) -> Json:
    """The customer looks at the chat; `read` is how many `read` statuses went out."""
    known_number(simulator, data.phone_number_id)
    return {"read": read(simulator, data.phone_number_id, known_user(simulator, wa_id))}


@get("/messages")
async def list_messages(
    simulator: NamedDependency[Simulator], phone_number_id: FromQuery[str], wa_id: FromQuery[str]
) -> list[Json]:
    """What the customer sees, oldest first."""
    chat = simulator.messages.chat(phone_number_id, wa_id)
    return [simulator.view(message) for message in chat if message.visible]


@get("/received")
async def received(simulator: NamedDependency[Simulator]) -> Json:
    """Everything businesses sent that was accepted, in the order it was."""
    sent = [message for message in simulator.messages.all() if message.outbound and message.origin == "api"]
    data = [
        simulator.view(message)
        | {
            "phone_number_id": message.phone_number_id,
            "wa_id": message.user.wa_id,
            "biz_opaque_callback_data": message.callback_data,
        }
        for message in sent
    ]
    return {"count": len(data), "data": data}


@post("/burst", status_code=200)
async def burst(
    request: Request[object, object, State], simulator: NamedDependency[Simulator], data: JSONBody[BurstBody]
) -> Json:
    """Answers once the business took every webhook, or the last attempt was given up."""
    known_number(simulator, data.phone_number_id)
    if data.count < 1 or data.contacts < 1 or data.concurrency < 1:
        raise ClientException("count, contacts and concurrency are at least 1")
    users = [_burst_user(simulator, index) for index in range(data.contacts)]
    places = asyncio.Semaphore(data.concurrency)

    async def one(index: int) -> tuple[str, bool]:
        async with places:
            text = CustomerMessage(data.phone_number_id, text={"body": f"Message {index + 1} of {data.count}"})
            message, change = send(simulator, users[index % data.contacts], text, ordered=False)
            return message.wamid(simulator.faults.wamid_scope), await change.accepted

    async def everyone() -> list[tuple[str, bool]]:
        return await asyncio.gather(*(one(index) for index in range(data.count)))

    work = simulator.background.run(everyone())
    while not work.done():
        if is_over(request.receive):
            work.cancel()
        await asyncio.wait({work}, timeout=GLANCE_SECONDS)
    if work.cancelled():
        raise ClientException("the simulator was reset")
    results = work.result()
    accepted = sum(taken for _, taken in results)
    return {"accepted": accepted, "failed": data.count - accepted, "wamids": [wamid for wamid, _ in results]}


def _burst_user(simulator: Simulator, index: int) -> User:
    wa_id = f"1555{index:07d}"
    user = simulator.users.get(wa_id)
    if user is None:
        user = User(wa_id, f"Customer {index + 1}")
        simulator.users.put(user)
    return user


def _user_view(simulator: Simulator, user: User) -> Json:
    """A user with, per business number, the newest message and how many were not looked at."""
    chats: Json = {}
    for phone_number_id in simulator.numbers:
        seen = [message for message in simulator.messages.chat(phone_number_id, user.wa_id) if message.visible]
        if seen:
            unread = sum(message.outbound and not message.seen for message in seen)
            chats[phone_number_id] = {"last_message": simulator.view(seen[-1]), "unread": unread}
    fields = ("wa_id", "name", "bsuid", "parent_bsuid", "username", "phone_hidden", "read_receipts", "has_whatsapp")
    return {field: getattr(user, field) for field in fields} | {"chats": chats}


ROUTES = [list_numbers, list_users, put_user, send_message, read_chat, list_messages, received, burst]
