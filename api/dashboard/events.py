"""/dashboard/events: what came in and could not be applied, and trying it again."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.datastructures import State
from litestar.params import FromPath, QueryParameter
from sqlalchemy.ext.asyncio import AsyncConnection

from api.dashboard.access import HOME, CurrentActor
from api.dashboard.forms import read_form
from api.dashboard.lists import CurrentPage
from api.dashboard.pages import Page, redirect, render
from api.dashboard.payloads import MOST_SHOWN, readable
from api.errors import AnyRequest
from shared.audit import Actor, made, record
from shared.operations.retry_events import RETRIED_AT_ONCE, retry_event, retry_events
from shared.queries.failed_events import get_failed_event, owners_of_events, page_of_failed_events

STATES = {"pending": "Waiting", "done": "Applied", "failed": "Failed"}

Reason = Annotated[str, QueryParameter(max_length=32)]


class EventController(Controller):
    path = "/events"

    @get()
    async def list(self, request: AnyRequest, state: State, page: CurrentPage, reason: Reason = "") -> Page:
        async with state.engine.connect() as connection:
            events, paging = await page_of_failed_events(connection, reason or None, page)
        query = {"reason": reason} if reason else {}
        return render(request, "events.html", events=events, paging=paging, reason=reason, query=query)

    @get("/{event_id:int}")
    async def one(self, request: AnyRequest, state: State, event_id: FromPath[int]) -> Page:
        """One event with its body, and what came of it since."""
        async with state.engine.connect() as connection:
            event, beginning = await get_failed_event(connection, event_id, MOST_SHOWN)
        payload = readable(beginning, event.size)
        return render(request, "event.html", event=event, payload=payload, states=STATES)

    @post("/{event_id:int}/retry")
    async def retry(self, state: State, actor: CurrentActor, event_id: FromPath[int]) -> Page:
        async with state.engine.begin() as connection:
            await get_failed_event(connection, event_id, 0)
            if await retry_event(connection, event_id):
                await _record(connection, actor, str(event_id), [event_id])
        return redirect(f"{HOME}/events/{event_id}?done=retried")

    @post("/retry")
    async def retry_all(self, request: AnyRequest, state: State, actor: CurrentActor) -> Page:
        """Try all again that have failed for the reason that the form names, the oldest 500 at once."""
        reason = (await read_form(request)).text("reason")
        async with state.engine.begin() as connection:
            retried = await retry_events(connection, reason)
            await _record(connection, actor, reason, retried)
        more = len(retried) == RETRIED_AT_ONCE
        return redirect(f"{HOME}/events?done={'retried_some' if more else 'retried_all'}")


async def _record(connection: AsyncConnection, actor: Actor, object_id: str, event_ids: "list[int]") -> None:
    """A line for each project whose they are. It says not why they had failed: that may quote a message."""
    projects: dict[UUID | None, int] = await owners_of_events(connection, event_ids)
    for project_id, count in projects.items():
        await record(connection, project_id, actor, "inbound_event.retried", object_id, made({"events": count}))
