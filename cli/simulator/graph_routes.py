"""The Graph API that businesses call: messages, numbers and templates."""

import base64
from typing import Annotated
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.datastructures.state import State
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from cli.simulator.bodies import json_object
from cli.simulator.business import read_receipt, send_message
from cli.simulator.config import SimulatedNumber
from cli.simulator.connection import DroppedAnswer
from cli.simulator.errors import GraphError, unknown_object
from cli.simulator.graph_media_routes import describe
from cli.simulator.messages import Json
from cli.simulator.simulator import Simulator

_DEFAULT_FIELDS = ("verified_name", "code_verification_status", "display_phone_number", "quality_rating", "id")
_DEFAULT_PAGE, _LARGEST_PAGE = 25, 250


@post("/{version:str}/{object_id:str}/messages", status_code=200)
async def messages(
    request: Request[object, object, State], simulator: NamedDependency[Simulator], object_id: FromPath[str]
) -> Response[Json] | Response[None]:
    """Meta: Cloud API, Messages reference."""
    number = simulator.number(object_id, "post")
    body = await json_object(request)
    is_receipt = "status" in body
    failure = simulator.faults.take_failure(receipt=is_receipt)
    if failure is not None:
        raise GraphError(failure.code, "A fault asked for this.", http_status=failure.http_status)
    if is_receipt:
        return Response(read_receipt(simulator, number, body))
    answer = await send_message(simulator, number, body)
    return DroppedAnswer() if simulator.faults.take_dropped_answer() else Response(answer)


@get("/{version:str}/{object_id:str}")
async def node(
    request: Request[object, object, State],
    simulator: NamedDependency[Simulator],
    object_id: FromPath[str],
    fields: FromQuery[str] = "",
    phone_number_id: FromQuery[str] = "",
) -> Json:
    """A phone number with the `fields` asked for, a template, or an uploaded file. Meta: Phone numbers; Media."""
    template = simulator.template(object_id)
    if template is not None:
        return _pick(template, fields)
    number = simulator.numbers.get(object_id)
    if number is None:
        return await describe(request, simulator, object_id, phone_number_id)
    known = {**_describe(simulator, number), "health_status": _health(simulator, number)}
    wanted = [field.partition("{")[0].strip() for field in fields.split(",")] if fields else _DEFAULT_FIELDS
    for field in wanted:
        if field not in known:
            message = f"(#100) Tried accessing nonexisting field ({field}) on node type (WhatsAppBusinessPhoneNumber)"
            raise GraphError(100, message=message)
    return {field: known[field] for field in dict.fromkeys((*wanted, "id"))}


@get("/{version:str}/{object_id:str}/phone_numbers")
async def phone_numbers(simulator: NamedDependency[Simulator], object_id: FromPath[str]) -> Json:
    """Meta: WhatsApp Business Account, Phone numbers."""
    _account(simulator, object_id)
    owned = [number for number in simulator.config.numbers if number.business_account_id == object_id]
    return {
        "data": [_describe(simulator, number) for number in owned],
        "paging": {"cursors": {"before": "MA", "after": "MA"}},
    }


@get("/{version:str}/{object_id:str}/message_templates")
async def message_templates(
    simulator: NamedDependency[Simulator],
    version: FromPath[str],
    object_id: FromPath[str],
    limit: FromQuery[int] = _DEFAULT_PAGE,
    after: FromQuery[str] = "",
    before: FromQuery[str] = "",
    name: FromQuery[str] = "",
    template_status: Annotated[str, QueryParameter(name="status")] = "",
    category: FromQuery[str] = "",
    language: FromQuery[str] = "",
    fields: FromQuery[str] = "",
) -> Json:
    """Filtered by exact values, in pages. Meta: Business Management API, Message templates."""
    _account(simulator, object_id)
    filters = {"name": name, "status": template_status, "category": category, "language": language}
    wanted = {key: value for key, value in filters.items() if value}
    found = [template for template in simulator.templates[object_id] if wanted.items() <= template.items()]
    limit = max(1, min(limit, _LARGEST_PAGE))
    start = _position(after) if after else max(0, _position(before) - limit) if before else 0
    page = found[start : start + limit]
    end = start + len(page)
    paging: Json = {}
    if page:
        paging["cursors"] = {"before": _cursor(start), "after": _cursor(end)}
    kept: Json = {"limit": limit, **wanted}
    if fields:
        kept["fields"] = fields
    here = f"{simulator.config.base_url}/{version}/{object_id}/message_templates"
    if end < len(found):
        paging["next"] = f"{here}?{urlencode({**kept, 'after': _cursor(end)})}"
    if start > 0:
        paging["previous"] = f"{here}?{urlencode({**kept, 'before': _cursor(start)})}"
    return {"data": [_pick(template, fields) for template in page], "paging": paging}


@post("/{version:str}/{object_id:str}/subscribed_apps", status_code=200)
async def subscribe_app(simulator: NamedDependency[Simulator], object_id: FromPath[str]) -> Json:
    """Ends the fault `unsubscribed`. Meta: WhatsApp Business Account, Subscribed apps."""
    _account(simulator, object_id)
    simulator.faults.unsubscribed = False
    return {"success": True}


@get("/{version:str}/{object_id:str}/subscribed_apps")
async def subscribed_apps(simulator: NamedDependency[Simulator], object_id: FromPath[str]) -> Json:
    """Meta: WhatsApp Business Account, Subscribed apps."""
    _account(simulator, object_id)
    if simulator.faults.unsubscribed:
        return {"data": []}
    app = {
        "id": "670843887433847",
        "name": "Porthole",
        "link": "https://www.facebook.com/games/?app_id=670843887433847",
    }
    return {"data": [{"whatsapp_business_api_data": app}]}


def _describe(simulator: Simulator, number: SimulatedNumber) -> Json:
    standing = simulator.standings[number.phone_number_id]
    return {
        "id": number.phone_number_id,
        "display_phone_number": number.display_phone_number,
        "verified_name": number.verified_name,
        "status": "DISCONNECTED" if simulator.faults.number_state == "disconnected" else "CONNECTED",
        "quality_rating": standing.quality,
        "code_verification_status": "VERIFIED",
        "name_status": "APPROVED",
        "account_mode": "LIVE",
        "host_platform": "CLOUD_API",
        "platform_type": "CLOUD_API",
        "is_official_business_account": False,
        "is_pin_enabled": True,
        "is_on_biz_app": number.phone_number_id in simulator.app_data,
        "messaging_limit_tier": standing.messaging_limit,
        "whatsapp_business_manager_messaging_limit": standing.messaging_limit,
        "throughput": {"level": "STANDARD"},
    }


def _health(simulator: Simulator, number: SimulatedNumber) -> Json:
    """Meta: WhatsApp Business Platform, "Messaging health status"."""
    can_send = {"limited": "LIMITED", "blocked": "BLOCKED"}.get(simulator.faults.number_state, "AVAILABLE")
    entity: Json = {"entity_type": "PHONE_NUMBER", "id": number.phone_number_id, "can_send_message": can_send}
    return {"can_send_message": can_send, "entities": [entity]}


def _account(simulator: Simulator, business_account_id: str) -> None:
    if business_account_id not in simulator.templates:
        raise unknown_object("get", business_account_id)


def _pick(template: Json, fields: str) -> Json:
    wanted = {field.strip() for field in fields.split(",")} if fields else set(template)
    return {key: value for key, value in template.items() if key in wanted | {"id"}}


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(str(position).encode()).decode().rstrip("=")


def _position(cursor: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError as error:
        raise GraphError(100, "The cursor is not one of ours.") from error
