"""Templates that a business makes, changes and deletes. Meta: Business Management API, Message templates."""

import re

from litestar import Request, delete, post
from litestar.datastructures.state import State
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from cli.simulator.account import change_template
from cli.simulator.bodies import json_object
from cli.simulator.errors import GraphError, unknown_object
from cli.simulator.messages import Json
from cli.simulator.simulator import Simulator

_NAME = re.compile(r"[a-z0-9_]{1,512}")
_CATEGORIES = ("AUTHENTICATION", "MARKETING", "UTILITY")


@post("/{version:str}/{object_id:str}/message_templates", status_code=200)
async def create_template(
    request: Request[object, object, State], simulator: NamedDependency[Simulator], object_id: FromPath[str]
) -> Json:
    """Accepted for review; names are unique within a language."""
    known = _templates(simulator, object_id, "post")
    body = await json_object(request)
    name, language = str(body.get("name", "")), str(body.get("language", ""))
    if not _NAME.fullmatch(name) or not language or body.get("category") not in _CATEGORIES:
        raise GraphError(100, "name (a-z, 0-9, _), language and category are required.")
    if not any(part.get("type") == "BODY" for part in body.get("components") or [] if isinstance(part, dict)):
        raise GraphError(100, "components must hold a BODY.")
    if any((one["name"], one["language"]) == (name, language) for one in known):
        raise GraphError(100, "There is already content in this language for this template.", subcode=2388024)
    simulator.templates_made += 1
    template = {
        "id": f"{object_id[-6:]}{900200000 + simulator.templates_made}",
        "rejected_reason": "NONE",
        "quality_score": {"score": "UNKNOWN"},
        "status": "PENDING",
        "parameter_format": body.get("parameter_format", "POSITIONAL"),
        **{key: body[key] for key in ("name", "language", "category", "components")},
    }
    known.append(template)
    return {key: template[key] for key in ("id", "status", "category")}


async def update_template(request: Request[object, object, State], simulator: Simulator, object_id: str) -> Json:
    """Changed, and reviewed again. A review that begins is told; so is its end, once the control API decides it."""
    template = simulator.template(object_id)
    if template is None:
        raise unknown_object("post", object_id)
    body = await json_object(request)
    changes: Json = {key: body[key] for key in ("components", "category") if key in body}
    template.update(changes)
    change_template(simulator, template, status="PENDING")
    return {"success": True}


@delete("/{version:str}/{object_id:str}/message_templates", status_code=200)
async def delete_template(
    simulator: NamedDependency[Simulator],
    object_id: FromPath[str],
    name: FromQuery[str] = "",
    hsm_id: FromQuery[str] = "",
) -> Json:
    """Every language of a name, or with `hsm_id` one of them."""
    known = _templates(simulator, object_id, "delete")
    gone = [one for one in known if one["name"] == name and hsm_id in ("", one["id"])]
    if not gone:
        raise GraphError(100, "No template has this name.", subcode=2593002, http_status=404)
    for template in gone:
        change_template(simulator, template, status="DELETED")
    known[:] = [one for one in known if one not in gone]
    return {"success": True}


def _templates(simulator: Simulator, business_account_id: str, method: str) -> list[Json]:
    if business_account_id not in simulator.templates:
        raise unknown_object(method, business_account_id)
    return simulator.templates[business_account_id]
