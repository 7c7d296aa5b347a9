"""/dashboard/{project}/overview: how the project is doing, in figures; and the handoffs that wait."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Controller, get
from litestar.datastructures import State
from litestar.params import QueryParameter

from api.dashboard.access import CurrentProject, is_fragment
from api.dashboard.charts import MessagesChart, ResponsesChart, duration_text, messages_chart, responses_chart
from api.dashboard.pages import Page, render
from api.errors import AnyRequest
from shared.db import autocommit
from shared.jobs import WaitingJobs, waiting_jobs
from shared.queries.backlog import MOST_COUNTED, Backlog, read_backlog
from shared.queries.embeds import embeds_among
from shared.queries.failures import Failures, count_failures
from shared.queries.first_steps import first_steps
from shared.queries.handoffs import MOST_HANDOFFS, Handoffs, count_handoffs, list_handoffs
from shared.queries.traffic import count_messages, measure_responses
from shared.timeline import Span, timeline, zone_named
from shared.viewers import open_iframes

ZONE_COOKIE = "porthole_zone"  # set by the page's script
SPANS = {"24h": "24 hours", "7d": "7 days"}
SECONDS = {"24h": 5, "7d": 30}  # between two looks
# For all who look; less than between two looks, so that whoever looks alone sees something new each time.
KEPT = {span: seconds - 1 for span, seconds in SECONDS.items()}
# What changes of the page, each by its id; templates/dashboard/overview has a file for each.
PARTS = (
    "steps",
    "tiles",
    "messages-chart",
    "messages-table",
    "responses-chart",
    "responses-table",
    "queues",
    "failures",
    "updated",
)
FAILURES_OF = timedelta(hours=24)


class Iframes(msgspec.Struct, frozen=True):
    """Of the project's: how many are open, and of how many embeds."""

    number: int
    embeds: int


class Figures(msgspec.Struct, frozen=True):
    """As of `at`. `iframes` and `jobs` are None while Redis is away."""

    at: datetime
    messages: MessagesChart
    responses: ResponsesChart
    handoffs: Handoffs
    backlog: Backlog
    jobs: WaitingJobs | None
    iframes: Iframes | None
    failures: list[Failures]


class OverviewController(Controller):
    path = "/{project_id:uuid}"

    @get("/overview")
    async def overview(
        self,
        request: AnyRequest,
        state: State,
        project: CurrentProject,
        span: Annotated[Span, QueryParameter()] = "24h",
    ) -> Page:
        """The page; HTMX gets its parts, which it asks for again and again."""
        zone = zone_named(request.cookies.get(ZONE_COOKIE, ""))
        async with autocommit(state.engine).connect() as connection:
            steps = await first_steps(connection, project.id)
        figures: Figures = await state.figures.get(
            (project.id, span, zone.key), KEPT[span], lambda: _read(state, project.id, span, zone)
        )
        return render(
            request,
            "overview_parts.html" if is_fragment(request) else "overview.html",
            parts=PARTS,
            steps=steps,
            figures=figures,
            span=span,
            spans=SPANS,
            seconds=SECONDS[span],
            zone=zone.key,
            now=figures.at.astimezone(zone),
            most_counted=MOST_COUNTED,
            most_handoffs=MOST_HANDOFFS,
            lasts=duration_text,
        )

    @get("/handoffs")
    async def handoffs(self, request: AnyRequest, state: State, project: CurrentProject) -> Page:
        async with autocommit(state.engine).connect() as connection:
            handoffs = await list_handoffs(connection, project.id)
        return render(request, "handoffs.html", handoffs=handoffs, now=datetime.now(UTC), lasts=duration_text)


async def _read(state: State, project_id: UUID, span: Span, zone: ZoneInfo) -> Figures:
    now = datetime.now(UTC)
    chosen = timeline(span, zone, now)
    opened = await open_iframes(state.redis)
    jobs = await waiting_jobs(state.redis, state.settings.ingest_queues)
    async with autocommit(state.engine).connect() as connection:
        responses, all_responses = await measure_responses(connection, project_id, chosen)
        figures = Figures(
            at=now,
            messages=messages_chart(chosen, await count_messages(connection, project_id, chosen)),
            responses=responses_chart(chosen, responses, all_responses),
            handoffs=await count_handoffs(connection, project_id),
            backlog=await read_backlog(connection, project_id),
            jobs=jobs,
            iframes=None,
            failures=await count_failures(connection, project_id, now - FAILURES_OF),
        )
        if opened is None:
            return figures
        own = await embeds_among(connection, project_id, opened.keys()) if opened else set()
    iframes = Iframes(sum(opened[embed_id] for embed_id in own), len(own))
    return msgspec.structs.replace(figures, iframes=iframes)
