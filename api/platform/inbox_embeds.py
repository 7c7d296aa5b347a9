"""/platform/v1/inbox_embeds (Kapso: Platform API, "Inbox embeds")."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post
from litestar.datastructures import State
from litestar.params import FromPath

from api.auth import CurrentKey
from api.body import json_object
from api.errors import AnyRequest, ApiError, not_found
from shared.operations.create_embed import ScopeNotFoundError, create_embed, read_new_embed
from shared.operations.revoke_embed import revoke_embed
from shared.publish import close_embed
from shared.queries.embeds import InboxEmbedView, get_embed
from shared.validation import InvalidFieldsError


class CreatedEmbed(InboxEmbedView, kw_only=True):
    """The one answer that holds the token."""

    token: str
    embed_url: str


class CreatedEmbedAnswer(msgspec.Struct):
    data: CreatedEmbed


class EmbedAnswer(msgspec.Struct):
    data: InboxEmbedView


class InboxEmbedController(Controller):
    path = "/inbox_embeds"

    @post()
    async def create(self, request: AnyRequest, state: State, key: CurrentKey) -> CreatedEmbedAnswer:
        """Create an embed; `token` and `embed_url` are in this answer only."""
        wanted = read_new_embed(_wrapped(await json_object(request), "inbox_embed"))
        try:
            async with state.engine.begin() as connection:
                embed_id, token = await create_embed(connection, key.project_id, wanted)
                view = await get_embed(connection, key.project_id, embed_id)
        except ScopeNotFoundError as error:
            raise ApiError(404, "not_found", str(error)) from error
        assert view is not None
        url = f"{state.settings.base_url.rstrip('/')}/embed/{token}"
        return CreatedEmbedAnswer(CreatedEmbed(**msgspec.structs.asdict(view), token=token, embed_url=url))

    @get("/{embed_id:uuid}")
    async def get(self, state: State, key: CurrentKey, embed_id: FromPath[UUID]) -> EmbedAnswer:
        async with state.engine.connect() as connection:
            view = await get_embed(connection, key.project_id, embed_id)
        if view is None:
            raise not_found("Inbox embed")
        return EmbedAnswer(view)

    @delete("/{embed_id:uuid}")
    async def revoke(self, state: State, key: CurrentKey, embed_id: FromPath[UUID]) -> None:
        """Revoke an embed at once; its open iframes close."""
        async with state.engine.begin() as connection:
            found = await revoke_embed(connection, key.project_id, embed_id)
        if not found:
            raise not_found("Inbox embed")
        await close_embed(state.redis, embed_id, "revoked_token")


def _wrapped(body: dict[str, Any], name: str) -> dict[str, Any]:
    """The fields under the singular key that Kapso wraps them in."""
    fields = body.get(name)
    if not isinstance(fields, dict):
        raise InvalidFieldsError({name: ["is required" if name not in body else "must be an object"]})
    return fields
