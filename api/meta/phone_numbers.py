"""What Meta keeps of a number: its data, its settings, its profile, and its registration (Meta: Cloud API, "Phone
numbers", "Registration", "Business profiles"). Passed on with the number's own access token.
"""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, get, post
from litestar.datastructures import State
from litestar.params import JSONBody, QueryParameter

from api.access import CurrentActor, CurrentKey, ProjectKey
from api.meta.numbers import NumberId, number_of
from api.openapi import graph_refusals
from shared.audit import Actor, record
from shared.crypto import decrypt

MOST_BODY = 64 * 1024
_ANSWERS = graph_refusals(403, 404, 502)
_SAVES = graph_refusals(403, 404, 413, 502)

Body = JSONBody[dict[str, Any]]
GraphFields = Annotated[
    str | None,
    QueryParameter(
        max_length=1000, pattern="^[a-z_]+(,[a-z_]+)*$", description="Meta's names of what to answer, with commas."
    ),
]


async def ask_number(state: State, project_id: UUID, phone_number_id: str, path: str, **query: str) -> dict[str, Any]:
    """GET of something of a number: `path` is what follows its id. Raises ApiError 404."""
    token = await _token(state, project_id, phone_number_id)
    answer: dict[str, Any] = await state.graph.get(phone_number_id + path, token, **query)
    return answer


class NumberDataController(Controller):
    path = "/{phone_number_id:str}"
    tags = ("Phone numbers",)

    @get("/settings", responses=_ANSWERS)
    async def settings(
        self, state: State, key: CurrentKey, phone_number_id: NumberId, fields: GraphFields = None
    ) -> dict[str, Any]:
        """The number's settings at Meta."""
        return await ask_number(state, key.project_id, phone_number_id, "/settings", **_chosen(fields))

    @post("/settings", status_code=200, responses=_SAVES, request_max_body_size=MOST_BODY)
    async def save_settings(
        self, state: State, key: CurrentKey, actor: CurrentActor, phone_number_id: NumberId, data: Body
    ) -> dict[str, Any]:
        """Change the number's settings at Meta."""
        return await _tell(state, key, actor, phone_number_id, "settings", data)

    @get("/whatsapp_business_profile", responses=_ANSWERS)
    async def profile(
        self, state: State, key: CurrentKey, phone_number_id: NumberId, fields: GraphFields = None
    ) -> dict[str, Any]:
        """What customers see of the business: about, address, description, email, websites, vertical."""
        return await ask_number(state, key.project_id, phone_number_id, "/whatsapp_business_profile", **_chosen(fields))

    @post("/whatsapp_business_profile", status_code=200, responses=_SAVES, request_max_body_size=MOST_BODY)
    async def save_profile(
        self, state: State, key: CurrentKey, actor: CurrentActor, phone_number_id: NumberId, data: Body
    ) -> dict[str, Any]:
        """Change what customers see of the business."""
        return await _tell(state, key, actor, phone_number_id, "whatsapp_business_profile", data)

    @post("/request_code", status_code=200, responses=_SAVES, request_max_body_size=MOST_BODY)
    async def request_code(
        self, state: State, key: CurrentKey, actor: CurrentActor, phone_number_id: NumberId, data: Body
    ) -> dict[str, Any]:
        """Have Meta send a verification code: `code_method` SMS or VOICE, `language`."""
        return await _tell(state, key, actor, phone_number_id, "request_code", data)

    @post("/verify_code", status_code=200, responses=_SAVES, request_max_body_size=MOST_BODY)
    async def verify_code(
        self, state: State, key: CurrentKey, actor: CurrentActor, phone_number_id: NumberId, data: Body
    ) -> dict[str, Any]:
        """Give the `code` that came."""
        return await _tell(state, key, actor, phone_number_id, "verify_code", data)

    @post("/register", status_code=200, responses=_SAVES, request_max_body_size=MOST_BODY)
    async def register(
        self, state: State, key: CurrentKey, actor: CurrentActor, phone_number_id: NumberId, data: Body
    ) -> dict[str, Any]:
        """Register the number for the Cloud API: `messaging_product`, `pin`."""
        return await _tell(state, key, actor, phone_number_id, "register", data)

    @post("/deregister", status_code=200, responses=_SAVES, request_max_body_size=MOST_BODY)
    async def deregister(
        self,
        state: State,
        key: CurrentKey,
        actor: CurrentActor,
        phone_number_id: NumberId,
        data: JSONBody[dict[str, Any] | None] = None,
    ) -> dict[str, Any]:
        """Take the number off the Cloud API."""
        return await _tell(state, key, actor, phone_number_id, "deregister", data or {})


async def _tell(
    state: State, key: ProjectKey, actor: Actor, phone_number_id: str, what: str, body: dict[str, Any]
) -> dict[str, Any]:
    token = await _token(state, key.project_id, phone_number_id)
    answer: dict[str, Any] = await state.graph.post(f"{phone_number_id}/{what}", token, body)
    async with state.engine.begin() as connection:
        # Not the body, which may hold a PIN or a code.
        await record(connection, key.project_id, actor, f"phone_number.{_DONE[what]}", phone_number_id)
    return answer


_DONE = {
    "settings": "settings_changed",
    "whatsapp_business_profile": "profile_changed",
    "request_code": "code_requested",
    "verify_code": "code_verified",
    "register": "registered",
    "deregister": "deregistered",
}


async def _token(state: State, project_id: UUID, phone_number_id: str) -> str:
    async with state.engine.connect() as connection:
        number = await number_of(connection, project_id, phone_number_id)
    return decrypt(number.access_token, state.settings.secret_key)


def _chosen(fields: str | None) -> dict[str, str]:
    return {} if fields is None else {"fields": fields}
