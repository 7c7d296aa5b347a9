"""What the dashboard's lists share: which page of it is asked for, and the words that it is searched for."""

from typing import Annotated

from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api.platform.paging import After, Before
from shared.paging import CursorQuery

PER_PAGE = 25

Words = Annotated[str, QueryParameter(max_length=200)]
CurrentPage = NamedDependency[CursorQuery]
FIRST_PAGE = CursorQuery(PER_PAGE)


def page_of_request(after: After = None, before: Before = None) -> CursorQuery:
    return CursorQuery(PER_PAGE, after, before)
