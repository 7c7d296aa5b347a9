"""/platform/v1/inbox_embeds (Kapso: Platform API, "Inbox embeds")."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, delete, get, patch, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from api.access import CurrentActor, CurrentKey
from api.body_check import Sent
from api.errors import AnyRequest, ApiError, found
from api.inbox_embeds import add_embed, change_embed, end_embed, replace_token
from api.openapi import refusals
from api.platform.paging import Page, PerPage, numbered
from shared.embed_snippet import embed_url, iframe_snippet
from shared.operations.create_embed import NewEmbed, ScopeNotFoundError, check_new_embed
from shared.operations.rotate_embed import Rotation
from shared.operations.update_embed import EmbedChanges, check_embed_changes
from shared.paging import PageMeta
from shared.queries.embeds import EmbedFilters, EmbedStatus, InboxEmbedView, get_embed, list_embeds
from shared.scope import ScopeType

Token = Annotated[str, Meta(description="Opens the inbox; shown once.", examples=["inbox_token_example"])]
EmbedUrl = Annotated[
    str, Meta(description="The page for an iframe.", examples=["https://inbox.example.com/embed/inbox_token_example"])
]
Iframe = Annotated[
    str,
    Meta(
        description="HTML to put into a page.",
        examples=['<iframe src="https://inbox.example.com/embed/inbox_token_example" title="Support inbox"></iframe>'],
    ),
]
SigningSecret = Annotated[
    str, Meta(description="Signs user claims (docs/embedding.md); shown once.", examples=["signing_secret_example"])
]


class NewEmbedBody(msgspec.Struct):
    inbox_embed: NewEmbed


class EmbedChangesBody(msgspec.Struct):
    inbox_embed: EmbedChanges


class RotationBody(msgspec.Struct, frozen=True):
    inbox_embed: Rotation = msgspec.field(default_factory=Rotation)


AT_ONCE = RotationBody()


class CreatedEmbed(InboxEmbedView, kw_only=True):
    """The one answer that holds the token and the signing secret."""

    token: Token
    embed_url: EmbedUrl
    iframe: Iframe
    signing_secret: SigningSecret


class RotatedEmbed(InboxEmbedView, kw_only=True):
    """The one answer that holds the new token, and the signing secret where there is a new one."""

    token: Token
    embed_url: EmbedUrl
    iframe: Iframe
    signing_secret: SigningSecret | UnsetType = UNSET


class CreatedEmbedAnswer(msgspec.Struct):
    data: CreatedEmbed


class RotatedEmbedAnswer(msgspec.Struct):
    data: RotatedEmbed


class EmbedAnswer(msgspec.Struct):
    data: InboxEmbedView


class EmbedPage(msgspec.Struct):
    data: list[InboxEmbedView]
    meta: PageMeta


Status = Annotated[EmbedStatus | None, QueryParameter(description="Those that are, or are no longer, good.")]
ScopeTypeFilter = Annotated[ScopeType | None, QueryParameter(description="What they show.")]
ScopeId = Annotated[str | None, QueryParameter(max_length=100, description="Of this customer or phone_number_id.")]
AssignedUserId = Annotated[UUID | None, QueryParameter(description="Limited to what is assigned to this person.")]


async def _check_new(sent: Sent) -> None:
    await check_new_embed(sent.connection, sent.project_id, sent.fields)


async def _check_changes(sent: Sent) -> None:
    await check_embed_changes(sent.connection, sent.project_id, sent.fields)


class InboxEmbedController(Controller):
    path = "/inbox_embeds"
    tags = ("Inbox embeds",)

    @get(responses=refusals())
    async def list(
        self,
        request: AnyRequest,
        state: State,
        key: CurrentKey,
        status: Status = None,
        scope_type: ScopeTypeFilter = None,
        scope_id: ScopeId = None,
        assigned_user_id: AssignedUserId = None,
        page: Page = 1,
        per_page: PerPage = 20,
    ) -> Response[EmbedPage]:
        """The project's embeds, newest first."""
        filters = EmbedFilters(
            status=status, scope_type=scope_type, scope_id=scope_id, assigned_user_id=assigned_user_id
        )
        async with state.engine.connect() as connection:
            data, meta = await list_embeds(connection, key.project_id, filters, page=page, per_page=per_page)
        return numbered(request, EmbedPage(data, meta), meta)

    @post(responses=refusals(404), checked_by=_check_new)
    async def create(
        self, state: State, key: CurrentKey, actor: CurrentActor, data: JSONBody[NewEmbedBody]
    ) -> CreatedEmbedAnswer:
        """Create an embed. `token`, `embed_url`, `iframe` and `signing_secret` are in this answer only."""
        try:
            view, secrets = await add_embed(state, key.project_id, actor, data.inbox_embed)
        except ScopeNotFoundError as error:
            raise ApiError(404, "not_found", str(error)) from error
        shown = _shown_once(state, view, secrets.token)
        return CreatedEmbedAnswer(CreatedEmbed(**shown, signing_secret=secrets.signing_secret))

    @get("/{embed_id:uuid}", responses=refusals(404))
    async def get(self, state: State, key: CurrentKey, embed_id: FromPath[UUID]) -> EmbedAnswer:
        """One embed, without its token."""
        async with state.engine.connect() as connection:
            view = await get_embed(connection, key.project_id, embed_id)
        return EmbedAnswer(found(view, "Inbox embed"))

    @patch("/{embed_id:uuid}", responses=refusals(404), checked_by=_check_changes)
    async def update(
        self,
        state: State,
        key: CurrentKey,
        actor: CurrentActor,
        embed_id: FromPath[UUID],
        data: JSONBody[EmbedChangesBody],
    ) -> EmbedAnswer:
        """Change an embed; its open iframes load again. The scope cannot be changed, and is ignored here."""
        return EmbedAnswer(await change_embed(state, key.project_id, actor, embed_id, data.inbox_embed))

    @post("/{embed_id:uuid}/rotate", status_code=200, responses=refusals(404))
    async def rotate(
        self,
        state: State,
        key: CurrentKey,
        actor: CurrentActor,
        embed_id: FromPath[UUID],
        data: JSONBody[RotationBody] = AT_ONCE,
    ) -> RotatedEmbedAnswer:
        """Replace an embed's token, and its signing secret if asked. The token of before dies at once, or after
        `grace_seconds`; its open iframes close then. The new secrets are in this answer only.
        """
        view, secrets = await replace_token(state, key.project_id, actor, embed_id, data.inbox_embed)
        shown = _shown_once(state, view, secrets.token)
        return RotatedEmbedAnswer(RotatedEmbed(**shown, signing_secret=secrets.signing_secret or UNSET))

    @delete("/{embed_id:uuid}", responses=refusals(404))
    async def revoke(self, state: State, key: CurrentKey, actor: CurrentActor, embed_id: FromPath[UUID]) -> None:
        """Revoke an embed at once; its open iframes close."""
        await end_embed(state, key.project_id, actor, embed_id)


def _shown_once(state: State, view: InboxEmbedView, token: str) -> dict[str, Any]:
    url = embed_url(state.settings.base_url, token)
    return {
        **msgspec.structs.asdict(view),
        "token": token,
        "embed_url": url,
        "iframe": iframe_snippet(url, view.name),
    }
