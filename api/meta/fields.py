"""The parameter with which Kapso's own fields are chosen."""

from typing import Annotated

from litestar.params import QueryParameter

Fields = Annotated[
    str | None,
    QueryParameter(
        max_length=1000,
        description="`kapso(a,b)` chooses what stands under `kapso`; all without it, none for `kapso()`.",
    ),
]
