"""/dashboard/{project}/audit-log: who changed what. Owners also see what was done to operators."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, get
from litestar.datastructures import State
from litestar.params import QueryParameter

from api.dashboard.access import CurrentProject, CurrentVisit
from api.dashboard.pages import Page, render
from api.errors import AnyRequest
from api.platform.paging import After, Before
from shared.paging import CursorQuery
from shared.queries.audit_events import AuditFilters, list_audit_events

PER_PAGE = 50
OBJECTS = {
    "inbox_embed": "Embeds",
    "api_key": "API keys",
    "phone_number": "Numbers",
    "customer": "Customers",
    "user": "Team",
    "assignment": "Assignments",
    "contact": "Contacts",
    "conversation": "Conversations",
    "webhook": "Webhooks",
    "webhook_delivery": "Webhook deliveries",
    "inbound_event": "Events",
    "workflow": "Workflows",
    "project": "Projects",
}

Text = Annotated[str, QueryParameter(max_length=200)]


class AuditLogController(Controller):
    @get("/{project_id:uuid}/audit-log")
    async def of_project(
        self,
        request: AnyRequest,
        state: State,
        project: CurrentProject,
        object_type: Text = "",
        object_id: Text = "",
        actor_id: Text = "",
        after: After = None,
        before: Before = None,
    ) -> Page:
        query = {"object_type": object_type, "object_id": object_id.strip(), "actor_id": actor_id.strip()}
        return await _page(request, state, project.id, query, CursorQuery(PER_PAGE, after, before))

    @get("/operators/audit-log", role="owner")
    async def of_operators(
        self, request: AnyRequest, state: State, visit: CurrentVisit, after: After = None, before: Before = None
    ) -> Page:
        """What belongs to no project: what was done to operators, and to events of numbers that no project has."""
        return await _page(request, state, None, {}, CursorQuery(PER_PAGE, after, before))


async def _page(
    request: AnyRequest, state: State, project_id: UUID | None, query: dict[str, str], page: CursorQuery
) -> Page:
    given: dict[str, Any] = {name: value for name, value in query.items() if value}
    filters = AuditFilters(**given)
    async with state.engine.connect() as connection:
        events, paging = await list_audit_events(connection, project_id, filters, page)
    return render(
        request, "audit_log.html", events=events, paging=paging, query=query, objects=OBJECTS, of_project=project_id
    )
