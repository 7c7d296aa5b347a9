"""/platform/v1/api_keys: the project's keys to this API. Beyond Kapso, where only the dashboard has them."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, Response, delete, get, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from api.access import CurrentActor, CurrentKey
from api.errors import AnyRequest
from api.openapi import refusals
from api.platform.paging import Page, PerPage, numbered
from shared.audit import made, record
from shared.operations.create_project import create_key
from shared.operations.revoke_key import revoke_key
from shared.paging import PageMeta
from shared.queries.api_keys import ApiKeyView, get_api_key, list_api_keys


class NewApiKey(msgspec.Struct):
    name: Annotated[str, Meta(min_length=1, max_length=200, description="What the key is for.", examples=["CRM"])]


class NewApiKeyBody(msgspec.Struct):
    api_key: NewApiKey


class CreatedApiKey(ApiKeyView, kw_only=True):
    """The one answer that holds the key itself."""

    key: Annotated[str, Meta(examples=["nJ2k5Wc0qVbN1yTzR8eXo4LdGh7sUaPmCiFwQ3jKtBE"])]


class CreatedApiKeyAnswer(msgspec.Struct):
    data: CreatedApiKey


class ApiKeyPage(msgspec.Struct):
    data: list[ApiKeyView]
    meta: PageMeta


class ApiKeyController(Controller):
    path = "/api_keys"
    tags = ("API keys",)

    @get(responses=refusals())
    async def list(
        self, request: AnyRequest, state: State, key: CurrentKey, page: Page = 1, per_page: PerPage = 20
    ) -> Response[ApiKeyPage]:
        """The project's keys, newest first, revoked ones among them."""
        async with state.engine.connect() as connection:
            data, meta = await list_api_keys(connection, key.project_id, page=page, per_page=per_page)
        return numbered(request, ApiKeyPage(data, meta), meta)

    @post(responses=refusals())
    async def create(
        self, state: State, key: CurrentKey, actor: CurrentActor, data: JSONBody[NewApiKeyBody]
    ) -> CreatedApiKeyAnswer:
        """Create a key; `key` is in this answer only."""
        async with state.engine.begin() as connection:
            key_id, secret = await create_key(connection, key.project_id, data.api_key.name)
            await record(
                connection, key.project_id, actor, "api_key.created", key_id, made({"name": data.api_key.name})
            )
            view = await get_api_key(connection, key.project_id, key_id)
        assert view is not None
        return CreatedApiKeyAnswer(CreatedApiKey(**msgspec.structs.asdict(view), key=secret))

    @delete("/{key_id:uuid}", responses=refusals(404))
    async def revoke(self, state: State, key: CurrentKey, actor: CurrentActor, key_id: FromPath[UUID]) -> None:
        """Revoke a key at once, be it the one in use; the project's last active key stays (422)."""
        async with state.engine.begin() as connection:
            if await revoke_key(connection, key.project_id, key_id):
                await record(connection, key.project_id, actor, "api_key.revoked", key_id)
