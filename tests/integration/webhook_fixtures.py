"""The fixtures of the tests of outgoing webhooks, which name this module in `pytest_plugins`."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.settings import Settings
from tests.factories import ProjectRows
from tests.integration.webhook_support import Desk, open_desk
from tests.receiver import Receiver, receiving


@pytest.fixture
async def desk(settings: Settings, engine: AsyncEngine, project: ProjectRows) -> AsyncIterator[Desk]:
    async with open_desk(settings, engine, project) as desk:
        yield desk


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver
