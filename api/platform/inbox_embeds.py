"""/platform/v1/inbox_embeds (Kapso: Platform API, "Inbox embeds")."""

from uuid import UUID

import msgspec
from litestar import Controller, Response, delete, get, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody

from api.access import CurrentActor, CurrentKey
from api.errors import ApiError, not_found
from api.openapi import refusals
from api.platform.paging import Page, PerPage, numbered
from shared.audit import record
from shared.operations.create_embed import NewEmbed, ScopeNotFoundError, create_embed
from shared.operations.revoke_embed import revoke_embed
from shared.paging import PageMeta
from shared.publish import close_embed
from shared.queries.embeds import InboxEmbedView, get_embed, list_embeds


class NewEmbedBody(msgspec.Struct):
    inbox_embed: NewEmbed


class CreatedEmbed(InboxEmbedView, kw_only=True):
    """The one answer that holds the token."""

    token: str
    embed_url: str


class CreatedEmbedAnswer(msgspec.Struct):
    data: CreatedEmbed


class EmbedAnswer(msgspec.Struct):
    data: InboxEmbedView


class EmbedPage(msgspec.Struct):
    data: list[InboxEmbedView]
    meta: PageMeta


class InboxEmbedController(Controller):
    path = "/inbox_embeds"
    tags = ("Inbox embeds",)

    @get(responses=refusals())
    async def list(
        self,
        state: State,
        key: CurrentKey,
        page: Page = 1,
        per_page: PerPage = 20,
    ) -> Response[EmbedPage]:
        """The project's embeds, newest first."""
        async with state.engine.connect() as connection:
            data, meta = await list_embeds(connection, key.project_id, page=page, per_page=per_page)
        return numbered(EmbedPage(data, meta), meta)

    @post(responses=refusals(404))
    async def create(
        self, state: State, key: CurrentKey, actor: CurrentActor, data: JSONBody[NewEmbedBody]
    ) -> CreatedEmbedAnswer:
        """Create an embed; `token` and `embed_url` are in this answer only."""
        try:
            async with state.engine.begin() as connection:
                embed_id, token = await create_embed(connection, key.project_id, data.inbox_embed)
                await record(connection, key.project_id, actor, "inbox_embed.created", embed_id)
                view = await get_embed(connection, key.project_id, embed_id)
        except ScopeNotFoundError as error:
            raise ApiError(404, "not_found", str(error)) from error
        assert view is not None
        url = f"{state.settings.base_url.rstrip('/')}/embed/{token}"
        return CreatedEmbedAnswer(CreatedEmbed(**msgspec.structs.asdict(view), token=token, embed_url=url))

    @get("/{embed_id:uuid}", responses=refusals(404))
    async def get(self, state: State, key: CurrentKey, embed_id: FromPath[UUID]) -> EmbedAnswer:
        """One embed, without its token."""
        async with state.engine.connect() as connection:
            view = await get_embed(connection, key.project_id, embed_id)
        if view is None:
            raise not_found("Inbox embed")
        return EmbedAnswer(view)

    @delete("/{embed_id:uuid}", responses=refusals(404))
    async def revoke(self, state: State, key: CurrentKey, actor: CurrentActor, embed_id: FromPath[UUID]) -> None:
        """Revoke an embed at once; its open iframes close."""
        async with state.engine.begin() as connection:
            found = await revoke_embed(connection, key.project_id, embed_id)
            if found:
                await record(connection, key.project_id, actor, "inbox_embed.revoked", embed_id)
        if not found:
            raise not_found("Inbox embed")
        await close_embed(state.redis, embed_id, "revoked_token")
