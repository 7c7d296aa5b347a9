"""The fixtures of the simulator's tests, which name this module in `pytest_plugins`."""

from collections.abc import Iterator

import pytest

from tests.integration.simulator_support import World, running_world


@pytest.fixture(scope="session")
def shared_world() -> Iterator[World]:
    with running_world() as world:
        yield world


@pytest.fixture
def world(shared_world: World) -> World:
    """As new for every test; only the two servers are shared."""
    shared_world.start()
    return shared_world
