"""/meta/whatsapp/{version}/{business_account_id}/message_templates: Meta's templates, with a number's own access token.

Kapso: "Templates"; Meta: Business Management API, "Message templates". What Meta answers is passed on as it is, but for
its `next` and `previous`, which are URLs with the access token in them: ours are cursors, as everywhere.
"""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Controller, delete, get, post
from litestar.datastructures import State
from litestar.params import JSONBody, PathParameter, QueryParameter

from api.access import CurrentActor, CurrentKey
from api.errors import ApiError
from api.meta.accounts import account_of
from api.meta.done import Done
from api.openapi import graph_refusals
from api.platform.paging import After, Before, Limit
from shared.audit import record
from shared.paging import Cursors, Paging

MOST_BODY = 64 * 1024

AccountId = Annotated[str, PathParameter(description="Meta's id of a WhatsApp Business Account of the project.")]
Name = Annotated[str | None, QueryParameter(max_length=512, description="The template's name.")]
Language = Annotated[str | None, QueryParameter(max_length=20, description="As in `en_US`.")]
TemplateId = Annotated[str | None, QueryParameter(max_length=64, description="Meta's id of one template.")]
TemplateStatus = Literal["APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED"]
Category = Literal["AUTHENTICATION", "MARKETING", "UTILITY"]


class TemplateList(msgspec.Struct):
    """Templates as Meta has them: id, name, language, status, category, components."""

    data: list[dict[str, Any]]
    paging: Paging


class TemplateController(Controller):
    path = "/{business_account_id:str}/message_templates"
    tags = ("Templates",)

    @get(responses=graph_refusals(403, 404, 502))
    async def list(
        self,
        state: State,
        key: CurrentKey,
        business_account_id: AccountId,
        name: Name = None,
        status: Annotated[TemplateStatus | None, QueryParameter(description="Only those.")] = None,
        category: Annotated[Category | None, QueryParameter(description="Only those.")] = None,
        language: Language = None,
        limit: Limit = 20,
        after: After = None,
        before: Before = None,
    ) -> TemplateList:
        """The account's templates, in Meta's order."""
        account = await account_of(state, key.project_id, business_account_id)
        wanted = {"name": name, "status": status, "category": category, "language": language}
        query = wanted | {"limit": str(limit), "after": after, "before": before}
        answer = await state.graph.get(
            f"{account.id}/message_templates", account.access_token, **{k: v for k, v in query.items() if v is not None}
        )
        return TemplateList(answer.get("data") or [], _cursors(answer.get("paging") or {}))

    @get("/{template_id:str}", responses=graph_refusals(403, 404, 502))
    async def get(
        self,
        state: State,
        key: CurrentKey,
        business_account_id: AccountId,
        template_id: Annotated[str, PathParameter(description="Meta's id of the template.")],
    ) -> dict[str, Any]:
        """One template of the account."""
        account = await account_of(state, key.project_id, business_account_id)
        found: dict[str, Any] = await state.graph.get(_checked(template_id), account.access_token)
        return found

    @post(status_code=200, responses=graph_refusals(403, 404, 413, 502), request_max_body_size=MOST_BODY)
    async def save(
        self,
        state: State,
        key: CurrentKey,
        actor: CurrentActor,
        business_account_id: AccountId,
        data: JSONBody[dict[str, Any]],
        hsm_id: TemplateId = None,
    ) -> dict[str, Any]:
        """Submit a template for review: `name`, `language`, `category`, `components`; or change the one of `hsm_id`."""
        account = await account_of(state, key.project_id, business_account_id)
        path = f"{account.id}/message_templates" if hsm_id is None else _checked(hsm_id)
        answer: dict[str, Any] = await state.graph.post(path, account.access_token, data)
        action = "message_template.created" if hsm_id is None else "message_template.updated"
        async with state.engine.begin() as connection:
            await record(connection, key.project_id, actor, action, hsm_id or answer.get("id", ""))
        return answer

    @delete(status_code=200, responses=graph_refusals(403, 404, 502))
    async def remove(
        self,
        state: State,
        key: CurrentKey,
        actor: CurrentActor,
        business_account_id: AccountId,
        name: Name = None,
        hsm_id: TemplateId = None,
    ) -> Done:
        """Delete every language of the template `name`, or with `hsm_id` that one language."""
        account = await account_of(state, key.project_id, business_account_id)
        if name is None and hsm_id is None:
            raise ApiError(400, "bad_request", "hsm_id is required", flat=True)
        if hsm_id is not None and name is None:  # Meta asks for both
            found = await state.graph.get(_checked(hsm_id), account.access_token, fields="name")
            name = str(found["name"])
        query = {"name": str(name)} | ({} if hsm_id is None else {"hsm_id": _checked(hsm_id)})
        await state.graph.delete(f"{account.id}/message_templates", account.access_token, **query)
        async with state.engine.begin() as connection:
            await record(connection, key.project_id, actor, "message_template.deleted", hsm_id or name)
        return Done()


def _checked(template_id: str) -> str:
    """An id that is one: Graph has other things under other paths."""
    if not (template_id.isascii() and template_id.isdigit()):
        raise ApiError(400, "bad_request", "invalid template_id", flat=True)
    return template_id


def _cursors(paging: dict[str, Any]) -> Paging:
    """Kapso's paging out of Meta's."""
    cursors = paging.get("cursors") or {}
    before, after = cursors.get("before"), cursors.get("after")
    return Paging(
        Cursors(before, after),
        next=after if "next" in paging else None,
        previous=before if "previous" in paging else None,
    )
