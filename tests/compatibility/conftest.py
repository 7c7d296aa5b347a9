"""What the tests of the published clients ask for."""

from collections.abc import AsyncIterator

import pytest
from kapso_whatsapp import KapsoPlatformClient, WhatsAppClient

from tests.compatibility.clients import Customer, platform_client, whatsapp_client
from tests.stack import Stack


@pytest.fixture
async def ana(stack: Stack) -> Customer:
    """A customer who has just written, so that anything may be sent to her."""
    customer = Customer(stack)
    await customer.writes()
    return customer


@pytest.fixture
async def whatsapp(stack: Stack) -> AsyncIterator[WhatsAppClient]:
    async with whatsapp_client(stack) as client:
        yield client


@pytest.fixture
async def platform(stack: Stack) -> AsyncIterator[KapsoPlatformClient]:
    async with platform_client(stack) as client:
        yield client
