"""What a business changes of a number: its code, registration, settings and profile. Meta: Cloud API, Phone numbers,
Registration, Business profiles.
"""

from litestar import Request, get, post
from litestar.datastructures.state import State
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from cli.simulator.bodies import json_object
from cli.simulator.errors import GraphError
from cli.simulator.messages import Json
from cli.simulator.simulator import Simulator

CODE = "123456"  # the one that the simulated SMS brings
_PROFILE_FIELDS = ("about", "address", "description", "email", "profile_picture_url", "websites", "vertical")
_LONGEST = {"about": 139, "address": 256, "description": 512, "email": 128}


@get("/{version:str}/{object_id:str}/settings")
async def number_settings(simulator: NamedDependency[Simulator], object_id: FromPath[str]) -> Json:
    simulator.number(object_id)
    return {"storage_configuration": {"status": "DEFAULT"}, **simulator.number_settings.get(object_id, {})}


@post("/{version:str}/{object_id:str}/settings", status_code=200)
async def save_number_settings(
    request: Request[object, object, State], simulator: NamedDependency[Simulator], object_id: FromPath[str]
) -> Json:
    simulator.number(object_id, "post")
    simulator.number_settings.setdefault(object_id, {}).update(await json_object(request))
    return {"success": True}


@get("/{version:str}/{object_id:str}/whatsapp_business_profile")
async def profile(simulator: NamedDependency[Simulator], object_id: FromPath[str], fields: FromQuery[str] = "") -> Json:
    simulator.number(object_id)
    known = simulator.profiles.get(object_id, {"about": "Hey there! I am using WhatsApp."})
    wanted = fields.split(",") if fields else ["about"]
    return {"data": [{"messaging_product": "whatsapp", **{name: known[name] for name in wanted if name in known}}]}


@post("/{version:str}/{object_id:str}/whatsapp_business_profile", status_code=200)
async def save_profile(
    request: Request[object, object, State], simulator: NamedDependency[Simulator], object_id: FromPath[str]
) -> Json:
    simulator.number(object_id, "post")
    body = await json_object(request)
    if body.get("messaging_product") != "whatsapp":
        raise GraphError(100, "The parameter messaging_product is required.")
    for name, longest in _LONGEST.items():
        if len(str(body.get(name, ""))) > longest:
            raise GraphError(100, f"Param {name} must be at most {longest} characters long.")
    changes = {name: body[name] for name in _PROFILE_FIELDS if name in body}
    simulator.profiles.setdefault(object_id, {}).update(changes)
    return {"success": True}


@post("/{version:str}/{object_id:str}/request_code", status_code=200)
async def request_code(
    request: Request[object, object, State], simulator: NamedDependency[Simulator], object_id: FromPath[str]
) -> Json:
    simulator.number(object_id, "post")
    body = await json_object(request)
    if body.get("code_method") not in ("SMS", "VOICE") or not body.get("language"):
        raise GraphError(100, "code_method must be SMS or VOICE, and language is required.")
    return {"success": True}


@post("/{version:str}/{object_id:str}/verify_code", status_code=200)
async def verify_code(
    request: Request[object, object, State], simulator: NamedDependency[Simulator], object_id: FromPath[str]
) -> Json:
    simulator.number(object_id, "post")
    if (await json_object(request)).get("code") != CODE:
        raise GraphError(100, "The verification code is not the one that was sent.", subcode=136025)
    return {"success": True}


@post("/{version:str}/{object_id:str}/register", status_code=200)
async def register(
    request: Request[object, object, State], simulator: NamedDependency[Simulator], object_id: FromPath[str]
) -> Json:
    simulator.number(object_id, "post")
    body = await json_object(request)
    pin = str(body.get("pin", ""))
    if body.get("messaging_product") != "whatsapp" or not (pin.isdigit() and len(pin) == 6):
        raise GraphError(100, "messaging_product and a pin of six digits are required.")
    return {"success": True}


@post("/{version:str}/{object_id:str}/deregister", status_code=200)
async def deregister(simulator: NamedDependency[Simulator], object_id: FromPath[str]) -> Json:
    simulator.number(object_id, "post")
    return {"success": True}
