"""The workers ask WhatsApp about every number, again and again, so that nobody has to wait for it."""

from typing import Any

import pytest
from sqlalchemy import text

from shared.models import PhoneNumber
from shared.whatsapp.graph import GraphClient
from shared.whatsapp.graph_http import new_http_client
from tests.factories import make_project
from tests.platform_api import PlatformApi
from tests.stack import Stack
from tests.waiting import eventually
from workers.numbers import check_numbers

NUMBERS = "/whatsapp/phone_numbers"

pytestmark = pytest.mark.own_roles  # a worker asks when it starts


async def _state(stack: Stack) -> dict[str, Any]:
    async with stack.engine.connect() as connection:
        rows = await connection.execute(PhoneNumber.__table__.select())
        return {row.phone_number_id: row.graph for row in rows}


async def _check(stack: Stack) -> None:
    async with new_http_client() as http:
        await check_numbers(stack.settings, stack.engine, GraphClient(http, stack.settings))


async def _age(stack: Stack, interval: str) -> None:
    async with stack.engine.begin() as connection:
        await connection.execute(text(f"UPDATE phone_number SET graph_checked_at = now() - interval '{interval}'"))


async def _first_round(stack: Stack) -> None:
    """The stack's own worker asks when it starts, and then a minute later."""

    async def asked() -> bool:
        return await stack.count("phone_number", "graph <> '{}'") == 2

    await eventually(asked)


async def test_a_number_that_was_connected_without_asking_is_asked_about_by_itself(stack: Stack) -> None:
    api = PlatformApi(stack)

    async def connected() -> bool:
        return {row["status"] for row in (await api.get(NUMBERS))["data"]} == {"CONNECTED"}

    await eventually(connected)


async def test_what_changes_at_whatsapp_is_known_after_an_hour(stack: Stack) -> None:
    await _first_round(stack)
    await stack.simulator.put("/_sim/faults", json={"number_state": "disconnected"})
    await _age(stack, "59 minutes")
    await _check(stack)
    assert {graph["status"] for graph in (await _state(stack)).values()} == {"CONNECTED"}
    await _age(stack, "61 minutes")
    await _check(stack)
    assert {graph["status"] for graph in (await _state(stack)).values()} == {"DISCONNECTED"}


async def test_a_number_that_whatsapp_refuses_keeps_what_was_known_and_holds_up_no_other(stack: Stack) -> None:
    await _first_round(stack)
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other")  # whose numbers the simulator does not have
        await connection.execute(text('UPDATE phone_number SET graph = \'{"status": "KNOWN"}\''))
        await connection.execute(
            text("UPDATE phone_number SET access_token = 'damaged' WHERE phone_number_id = :id"),
            {"id": stack.project.phone_number_id},
        )
    await _age(stack, "2 hours")
    async with stack.engine.begin() as connection:  # the one that WhatsApp knows is asked about last
        await connection.execute(
            text("UPDATE phone_number SET graph_checked_at = now() - interval '1 hour' WHERE phone_number_id = :id"),
            {"id": stack.project.customer_phone_number_id},
        )
    await _check(stack)
    found = {number: graph["status"] for number, graph in (await _state(stack)).items()}
    assert found == {
        stack.project.phone_number_id: "KNOWN",
        stack.project.customer_phone_number_id: "CONNECTED",
        other.phone_number_id: "KNOWN",
        other.customer_phone_number_id: "KNOWN",
    }


@pytest.mark.parametrize(("interval", "asked"), [("59 seconds", set()), ("61 seconds", {"CONNECTED"})])
async def test_a_number_that_nothing_is_known_of_is_asked_about_after_a_minute(
    stack: Stack, interval: str, asked: set[str]
) -> None:
    await _first_round(stack)
    async with stack.engine.begin() as connection:
        await connection.execute(text("UPDATE phone_number SET graph = '{}'"))
    await _age(stack, interval)
    await _check(stack)
    assert {graph["status"] for graph in (await _state(stack)).values() if graph} == asked
