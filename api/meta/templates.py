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
from api.errors import ApiError, not_found
from api.meta.accounts import Account, account_of
from api.meta.done import Done
from api.openapi import graph_refusals
from api.platform.paging import After, Before, Limit
from shared.audit import record
from shared.paging import Cursors, Paging
from shared.whatsapp.graph import NO_SUCH_OBJECT, GraphError, is_object_id

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
        return await _existing(state, account, template_id)

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
        path = f"{account.id}/message_templates"
        if hsm_id is not None:
            path = str((await _existing(state, account, hsm_id))["id"])
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
        language: Language = None,
        hsm_id: TemplateId = None,
    ) -> Done:
        """Delete every language of the template `name`, or only `language`; or with `hsm_id` the one with that id."""
        account = await account_of(state, key.project_id, business_account_id)
        query = await _doomed(state, account, name, language, hsm_id)
        await state.graph.delete(f"{account.id}/message_templates", account.access_token, **query)
        async with state.engine.begin() as connection:
            await record(
                connection, key.project_id, actor, "message_template.deleted", query.get("hsm_id", query["name"])
            )
        return Done()


async def find_template(state: State, account: Account, template_id: str) -> dict[str, Any] | None:
    """A template of this account, None if there is none. Its token may see other accounts' templates too, so that the
    account's own list decides. Raises what Graph calls raise.
    """
    try:
        said = await state.graph.get(template_id, account.access_token, fields="name,language")
    except GraphError as error:
        if error.error["code"] == NO_SUCH_OBJECT:
            return None
        raise
    found = await _named(state, account, str(said.get("name")), str(said.get("language")))
    return next((one for one in found if one.get("id") == template_id), None)


async def _existing(state: State, account: Account, template_id: str) -> dict[str, Any]:
    """Raises ApiError 404, or 400 for what is no id, and what Graph calls raise."""
    if not is_object_id(template_id):
        raise ApiError(400, "bad_request", "invalid template_id", flat=True)
    found = await find_template(state, account, template_id)
    if found is None:
        raise not_found("Template")
    return found


async def _doomed(
    state: State, account: Account, name: str | None, language: str | None, hsm_id: str | None
) -> dict[str, str]:
    """What Meta is to delete: a name with all its languages, or a name and an id."""
    if hsm_id is not None:
        return {"hsm_id": hsm_id, "name": name or str((await _existing(state, account, hsm_id))["name"])}
    if name is None:
        raise ApiError(400, "bad_request", "hsm_id is required", flat=True)
    if language is None:
        return {"name": name}
    for template in await _named(state, account, name, language):
        if (template.get("name"), template.get("language")) == (name, language):
            return {"hsm_id": str(template["id"]), "name": name}
    raise not_found("Template")


async def _named(state: State, account: Account, name: str, language: str) -> list[dict[str, Any]]:
    """Templates with this name, or one that contains it."""
    query = {"name": name, "language": language, "limit": "100"}
    answer = await state.graph.get(f"{account.id}/message_templates", account.access_token, **query)
    found: list[dict[str, Any]] = answer.get("data") or []
    return found


def _cursors(paging: dict[str, Any]) -> Paging:
    """Kapso's paging out of Meta's."""
    cursors = paging.get("cursors") or {}
    before, after = cursors.get("before"), cursors.get("after")
    return Paging(
        Cursors(before, after),
        next=after if "next" in paging else None,
        previous=before if "previous" in paging else None,
    )
