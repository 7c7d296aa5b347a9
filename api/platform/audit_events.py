"""/platform/v1/audit_events: who did what, and from where. Beyond Kapso."""

from typing import Annotated

import msgspec
from litestar import Controller, get
from litestar.datastructures import State
from litestar.params import QueryParameter

from api.access import CurrentKey
from api.openapi import refusals
from api.platform.paging import After, Before, Limit, Moment, in_utc
from shared.paging import CursorQuery, Paging
from shared.queries.audit_events import AuditEventView, AuditFilters, list_audit_events

Exactly = Annotated[str | None, QueryParameter(max_length=200, description="Only those with exactly this value.")]


class AuditEventPage(msgspec.Struct):
    data: list[AuditEventView]
    paging: Paging


class AuditEventController(Controller):
    path = "/audit_events"
    tags = ("Audit log",)

    @get(responses=refusals())
    async def list(
        self,
        state: State,
        key: CurrentKey,
        action: Exactly = None,
        object_type: Exactly = None,
        object_id: Exactly = None,
        actor_id: Exactly = None,
        created_after: Moment = None,
        created_before: Moment = None,
        limit: Limit = 20,
        after: After = None,
        before: Before = None,
    ) -> AuditEventPage:
        """What was done in the project, newest first."""
        filters = AuditFilters(
            action=action,
            object_type=object_type,
            object_id=object_id,
            actor_id=actor_id,
            created_after=in_utc(created_after, "created_after"),
            created_before=in_utc(created_before, "created_before"),
        )
        async with state.engine.connect() as connection:
            data, paging = await list_audit_events(
                connection, key.project_id, filters, CursorQuery(limit, after, before)
            )
        return AuditEventPage(data, paging)
