"""The control API under `/_sim/`, the part about the business: what its own phone sends and shares, calls, and what
Meta decides about its account."""

import msgspec
from litestar import get, patch, post, put
from litestar.di import NamedDependency
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import FromPath, JSONBody

from cli.simulator.account import AccountEvent, change_standing, change_template, send_account_event
from cli.simulator.app_data import AppData, BookContact, History
from cli.simulator.app_sync import send_contacts, send_history
from cli.simulator.business_app import AppMessage, send_from_app
from cli.simulator.calls import Call, call
from cli.simulator.control_lookup import known_number, known_user
from cli.simulator.messages import Json
from cli.simulator.simulator import Simulator
from cli.simulator.standing import Limit, Quality, Standing


class HistoryBody(History, forbid_unknown_fields=True, kw_only=True):
    phone_number_id: str


class ContactsBody(msgspec.Struct, forbid_unknown_fields=True):
    phone_number_id: str
    contacts: list[BookContact] | None = None


class TemplateChange(msgspec.Struct, forbid_unknown_fields=True):
    """`quality` is GREEN, YELLOW, RED or UNKNOWN; `reason` is of the status."""

    status: str | None = None
    reason: str | None = None
    quality: str | None = None
    category: str | None = None


class StandingChange(msgspec.Struct, forbid_unknown_fields=True):
    quality: Quality | None = None
    messaging_limit: Limit | None = None


@post("/users/{wa_id:str}/echoes")
async def send_echo(simulator: NamedDependency[Simulator], wa_id: FromPath[str], data: JSONBody[AppMessage]) -> Json:
    """The business types to the customer in the WhatsApp Business app."""
    known_number(simulator, data.phone_number_id)
    user = known_user(simulator, wa_id)
    try:
        message = await send_from_app(simulator, user, data)
    except ValueError as error:
        raise ClientException(str(error)) from error
    return {"wamid": message.wamid(simulator.faults.wamid_scope), "key": message.key}


@post("/users/{wa_id:str}/calls")
async def make_call(simulator: NamedDependency[Simulator], wa_id: FromPath[str], data: JSONBody[Call]) -> Json:
    """The customer calls the business, or is called by it."""
    known_number(simulator, data.phone_number_id)
    return call(simulator, known_user(simulator, wa_id), data)


@put("/app_data/{phone_number_id:str}")
async def set_app_data(
    simulator: NamedDependency[Simulator], phone_number_id: FromPath[str], data: JSONBody[AppData]
) -> AppData:
    """What the business's app shares once Graph is asked for it. From now on the number is on the app too."""
    known_number(simulator, phone_number_id)
    simulator.app_data[phone_number_id] = data
    return data


@post("/history", status_code=200)
async def share_history(simulator: NamedDependency[Simulator], data: JSONBody[HistoryBody]) -> Json:
    """The earlier chats come now, without being asked for, and as often as this is called."""
    number = known_number(simulator, data.phone_number_id)
    try:
        return send_history(simulator, number, data)
    except ValueError as error:
        raise ClientException(str(error)) from error


@post("/contacts", status_code=200)
async def share_contacts(simulator: NamedDependency[Simulator], data: JSONBody[ContactsBody]) -> Json:
    """Lines of the address book come now, as when the business has changed them."""
    return {"contacts": send_contacts(simulator, known_number(simulator, data.phone_number_id), data.contacts)}


@post("/account_events", status_code=200)
async def account_event(simulator: NamedDependency[Simulator], data: JSONBody[AccountEvent]) -> Json:
    """Answers the value that was sent."""
    try:
        return send_account_event(simulator, data)
    except ValueError as error:
        raise ClientException(str(error)) from error


@get("/templates")
async def list_templates(simulator: NamedDependency[Simulator]) -> list[Json]:
    """Those of every account, each with its `business_account_id`."""
    return [
        {"business_account_id": account, **template}
        for account, known in simulator.templates.items()
        for template in known
    ]


@patch("/templates/{template_id:str}")
async def decide_template(
    simulator: NamedDependency[Simulator], template_id: FromPath[str], data: JSONBody[TemplateChange]
) -> Json:
    """Meta decides about a template, and tells the business what is new about it."""
    template = simulator.template(template_id)
    if template is None:
        raise NotFoundException(f"there is no template {template_id}")
    change_template(simulator, template, **msgspec.structs.asdict(data))
    return template


@patch("/numbers/{phone_number_id:str}")
async def judge_number(
    simulator: NamedDependency[Simulator], phone_number_id: FromPath[str], data: JSONBody[StandingChange]
) -> Standing:
    """Meta thinks otherwise of a number: Graph says so from now on, and a webhook where Meta sends one."""
    number, before = known_number(simulator, phone_number_id), simulator.standings[phone_number_id]
    after = Standing(data.quality or before.quality, data.messaging_limit or before.messaging_limit)
    change_standing(simulator, number, after)
    return after


ROUTES = [
    send_echo,
    make_call,
    set_app_data,
    share_history,
    share_contacts,
    account_event,
    list_templates,
    decide_template,
    judge_number,
]
