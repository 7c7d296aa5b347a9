"""Apps of the api role. To make one takes longer than most tests, so who is done with one leaves it to the next."""

import contextlib
from collections.abc import Iterator
from typing import Any

from litestar import Litestar
from litestar.datastructures import State

from api.app import create_app
from shared.settings import Settings

_idle: list[tuple[Litestar, dict[str, Any]]] = []


@contextlib.contextmanager
def api_app(settings: Settings) -> Iterator[Litestar]:
    """An app to be served once, with nothing in its state of those who had it before."""
    if _idle:
        app, made_with = _idle.pop()
    else:
        app = create_app(settings)
        made_with = app.state.dict()
    app.state = State(made_with | {"settings": settings})
    yield app
    _idle.append((app, made_with))
