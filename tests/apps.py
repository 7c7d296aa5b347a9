"""Apps for tests. To make one takes longer than most tests, so who is done with one leaves it to the next."""

import contextlib
from collections.abc import Iterator
from typing import Any

from litestar import Litestar
from litestar.datastructures import State

from api.app import create_app
from cli.simulator.app import create_app as create_simulator
from cli.simulator.config import SimulatorConfig
from shared.settings import Settings

_apis: list[tuple[Litestar, dict[str, Any]]] = []
_simulators: list[Litestar] = []


@contextlib.contextmanager
def api_app(settings: Settings) -> Iterator[Litestar]:
    """An app of the api role, to be served once. Its state holds nothing of those who had it before."""
    if _apis:
        app, made_with = _apis.pop()
    else:
        app = create_app(settings)
        made_with = app.state.dict()
    app.state = State(made_with | {"settings": settings})
    yield app
    _apis.append((app, made_with))


@contextlib.contextmanager
def simulator_app(config: SimulatorConfig) -> Iterator[Litestar]:
    """A simulator, to be served once."""
    app = _simulators.pop() if _simulators else create_simulator(config)
    app.state = State({"config": config})
    yield app
    _simulators.append(app)
