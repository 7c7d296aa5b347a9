"""Webhooks to the business's own systems: what they hear of, in which order, and what happens when they do not answer."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from shared.settings import Settings
from tests.receiver import SECRET, Receiver, receiving
from tests.stack import Stack

ANA = "5215555550100"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The receiver is on loopback."""
    return msgspec.structs.replace(settings, allow_private_addresses=True)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


async def subscribe(stack: Stack, receiver: Receiver, *events: str, **fields: Any) -> str:
    """A webhook of the project's number; returns its id."""
    path = f"/platform/v1/whatsapp/phone_numbers/{stack.project.phone_number_id}/webhooks"
    wanted = {"url": f"{receiver.url}/hook", "secret_key": SECRET, "events": list(events), **fields}
    answer = await stack.http.post(
        path, json={"whatsapp_webhook": wanted}, headers={"X-API-Key": stack.project.api_key}
    )
    assert answer.status_code == 201, answer.text
    webhook_id: str = answer.json()["data"]["id"]
    return webhook_id


async def test_a_message_is_delivered_signed_and_in_kapsos_shape(stack: Stack, receiver: Receiver) -> None:
    await subscribe(stack, receiver, "whatsapp.message.received", "whatsapp.conversation.created")
    wamid = await stack.customer_writes(ANA, "Hola")
    created, received = await receiver.count(2)
    assert [created.event, received.event] == ["whatsapp.conversation.created", "whatsapp.message.received"]
    assert received.is_signed()
    print(received.headers, received.body.decode())
    print(created.headers, created.body.decode())
    assert received.json()["message"]["id"] == wamid
