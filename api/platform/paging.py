"""The parameters and headers that Kapso's lists share."""

from datetime import UTC, datetime
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from litestar import Response
from litestar.params import QueryParameter

from api.errors import AnyRequest
from shared.paging import MOST_PER_PAGE, PageMeta
from shared.validation import InvalidFieldsError

Body = TypeVar("Body")

Page = Annotated[int, QueryParameter(ge=1, le=10_000, description="The page, from 1.")]
PerPage = Annotated[int, QueryParameter(ge=1, description=f"Rows on a page; {MOST_PER_PAGE} if more are asked for.")]
Limit = Annotated[int, QueryParameter(ge=1, le=100, description="The most rows to answer.")]
After = Annotated[str | None, QueryParameter(max_length=300, description="A cursor: answer what follows it.")]
Before = Annotated[str | None, QueryParameter(max_length=300, description="A cursor: answer what precedes it.")]
Contains = Annotated[str | None, QueryParameter(max_length=200, description="Only those that contain this text.")]

Moment = Annotated[datetime | None, QueryParameter(description="A time in ISO 8601; UTC if it names no offset.")]


def in_utc(moment: datetime | None, field: str) -> datetime | None:
    """A Moment as PostgreSQL can compare it. Raises InvalidFieldsError for one at the edge of time."""
    if moment is None or moment.tzinfo is None:
        return moment and moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise InvalidFieldsError({field: ["is out of range"]}) from error


def numbered(request: AnyRequest, body: Body, meta: PageMeta) -> Response[Body]:
    """An answer with Kapso's page headers (Platform API, "Pagination")."""
    return Response(
        body,
        headers={
            "Link": _links(request, meta),
            "X-Total": str(meta.total_count),
            "X-Total-Pages": str(meta.total_pages),
            "X-Per-Page": str(meta.per_page),
            "X-Page": str(meta.page),
        },
    )


def _links(request: AnyRequest, meta: PageMeta) -> str:
    """RFC 8288, "Link", for the pages that there are. A list without rows has a first page all the same."""
    last = max(1, meta.total_pages)
    pages = {"first": 1, "prev": min(meta.page - 1, last), "next": meta.page + 1, "last": last}
    origin = request.app.state.settings.origin()
    query = [(name, value) for name, value in request.query_params.multi_items() if name != "page"]
    return ", ".join(
        f'<{origin}{request.url.path}?{urlencode([*query, ("page", page)])}>; rel="{rel}"'
        for rel, page in pages.items()
        if 1 <= page <= last
    )
