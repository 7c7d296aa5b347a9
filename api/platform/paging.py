"""The parameters and headers that Kapso's lists share."""

from typing import Annotated, TypeVar

from litestar import Response
from litestar.params import QueryParameter

from shared.paging import PageMeta

Body = TypeVar("Body")

Page = Annotated[int, QueryParameter(ge=1, le=10_000, description="The page, from 1.")]
PerPage = Annotated[int, QueryParameter(ge=1, le=100, description="Rows on a page.")]
Limit = Annotated[int, QueryParameter(ge=1, le=100, description="The most rows to answer.")]
After = Annotated[str | None, QueryParameter(max_length=300, description="A cursor: answer what follows it.")]
Before = Annotated[str | None, QueryParameter(max_length=300, description="A cursor: answer what precedes it.")]


def numbered(body: Body, meta: PageMeta) -> Response[Body]:
    """An answer with Kapso's page headers (Platform API, "Pagination")."""
    return Response(
        body,
        headers={
            "X-Total": str(meta.total_count),
            "X-Total-Pages": str(meta.total_pages),
            "X-Per-Page": str(meta.per_page),
            "X-Page": str(meta.page),
        },
    )
