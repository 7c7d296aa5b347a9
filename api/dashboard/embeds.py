"""/dashboard/{project}/embeds: the project's embeds, and what is done to one."""

from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Controller, get, post
from litestar.datastructures import State
from litestar.params import FromPath, QueryParameter

from api.dashboard.access import HOME, CurrentActor, CurrentProject, ProjectName, is_fragment
from api.dashboard.embed_form import LANGUAGES, MODES, good_embed
from api.dashboard.embed_secrets import secrets_page
from api.dashboard.forms import read_form
from api.dashboard.lists import CurrentPage
from api.dashboard.pages import Page, redirect, render
from api.errors import AnyRequest
from api.inbox_embeds import end_embed, replace_token
from shared.operations.rotate_embed import Rotation
from shared.queries.embeds import EmbedFilters, page_of_embeds
from shared.scope import ScopeType
from shared.validation import InvalidFieldsError, convert_fields
from shared.viewers import count_viewers

GRACES = {"0": "At once", "3600": "After an hour", "86400": "After a day", "604800": "After a week"}
SCOPE_TYPES = {"project": "Whole project", "customer": "Customer", "phone_number": "Number"}

Status = Annotated[Literal["active", "revoked", "all"], QueryParameter()]
ScopeTypeFilter = Annotated[Literal["", "project", "customer", "phone_number"], QueryParameter()]


class EmbedController(Controller):
    path = "/{project_id:uuid}/embeds"

    @get()
    async def list(
        self,
        request: AnyRequest,
        state: State,
        project: CurrentProject,
        page: CurrentPage,
        status: Status = "active",
        scope_type: ScopeTypeFilter = "",
    ) -> Page:
        chosen: ScopeType | None = scope_type or None
        filters = EmbedFilters(status=None if status == "all" else status, scope_type=chosen)
        async with state.engine.connect() as connection:
            embeds, paging = await page_of_embeds(connection, project.id, filters, page)
        viewers = await count_viewers(state.redis, [embed.id for embed in embeds if embed.status == "active"])
        return render(
            request,
            "embeds.html",
            embeds=embeds,
            paging=paging,
            viewers=viewers,
            status_filter=status,
            scope_type=scope_type,
            scope_types=SCOPE_TYPES,
            query={"status": status, "scope_type": scope_type},
        )

    @get("/{embed_id:uuid}")
    async def one(self, request: AnyRequest, state: State, project: CurrentProject, embed_id: FromPath[UUID]) -> Page:
        """An embed; HTMX gets the number of its viewers alone, which it asks for again and again."""
        embed = await good_embed(state, project, embed_id)
        viewers = await count_viewers(state.redis, [embed_id])
        if is_fragment(request):
            return render(request, "embed_viewers.html", embed=embed, viewers=viewers)
        return render(request, "embed.html", embed=embed, viewers=viewers, languages=LANGUAGES, modes=MODES)

    @get("/{embed_id:uuid}/rotate", role="operator")
    async def ask_rotate(
        self, request: AnyRequest, state: State, project: CurrentProject, embed_id: FromPath[UUID]
    ) -> Page:
        return await _ask(request, state, "embed_rotate.html", project, embed_id, graces=GRACES, errors={})

    @post("/{embed_id:uuid}/rotate")
    async def rotate(
        self,
        request: AnyRequest,
        state: State,
        project: CurrentProject,
        actor: CurrentActor,
        embed_id: FromPath[UUID],
    ) -> Page:
        """Replace the token; the new one is on the page that answers, and on no other."""
        form = await read_form(request)
        fields = {"grace_seconds": form.text("grace_seconds"), "rotate_signing_secret": form.ticked("new_secret")}
        try:
            rotation = convert_fields(Rotation, fields, strict=False)
        except InvalidFieldsError as error:
            return await _ask(
                request, state, "embed_rotate.html", project, embed_id, 422, graces=GRACES, errors=error.errors
            )
        embed, secrets = await replace_token(state, project.id, actor, embed_id, rotation, form.time("seen_at"))
        return secrets_page(request, embed, secrets.token, secrets.signing_secret, is_new=False)

    @get("/{embed_id:uuid}/revoke", role="operator")
    async def ask_revoke(
        self, request: AnyRequest, state: State, project: CurrentProject, embed_id: FromPath[UUID]
    ) -> Page:
        viewers = await count_viewers(state.redis, [embed_id])
        return await _ask(request, state, "embed_revoke.html", project, embed_id, viewers=viewers)

    @post("/{embed_id:uuid}/revoke")
    async def revoke(
        self, state: State, project: CurrentProject, actor: CurrentActor, embed_id: FromPath[UUID]
    ) -> Page:
        """Revoke an embed at once; its open iframes close."""
        await end_embed(state, project.id, actor, embed_id)
        return redirect(f"{HOME}/{project.id}/embeds?done=revoked")


async def _ask(
    request: AnyRequest,
    state: State,
    template: str,
    project: ProjectName,
    embed_id: UUID,
    status: int = 200,
    **values: Any,
) -> Page:
    """A page that asks before it is done."""
    embed = await good_embed(state, project, embed_id)
    return render(request, template, status=status, embed=embed, **values)
