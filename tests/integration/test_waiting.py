"""What a host's page asks through the inbox: which conversations wait, and the one with a certain contact."""

from typing import Any

import pytest
from sqlalchemy import text

from shared.queries import waiting
from tests.factories import make_project, text_message, webhook
from tests.stack import Stack
from tests.waiting import eventually

ANA, BEN = "5215555550100", "4915550100200"


async def _receive(stack: Stack, wa_id: str, name: str) -> str:
    """A conversation with an unread message; its id."""
    message = text_message("hi", wa_id=wa_id)
    await stack.post_webhook(webhook(stack.project.phone_number_id, messages=[message], name=name))
    token = await stack.embed()

    async def stored() -> list[Any]:
        return (await _with(stack, token, wa_id))["data"]  # type: ignore[no-any-return]

    return str((await eventually(stored))[0]["id"])


async def _with(stack: Stack, token: str, contact: str) -> Any:
    return await stack.get("/inbox/v1/conversations", token, contact=contact, status="all")


async def _execute(stack: Stack, statement: str, **values: Any) -> None:
    async with stack.engine.begin() as connection:
        await connection.execute(text(statement), values)


async def _waiting(stack: Stack, token: str) -> dict[str, set[str]]:
    data = (await stack.get("/inbox/v1/waiting", token))["data"]
    assert not data["unread"]["more"]
    assert not data["handoff"]["more"]
    return {kind: set(queue["ids"]) for kind, queue in data.items()}


async def test_active_conversations_wait_until_they_are_read_or_ended(stack: Stack) -> None:
    ana, ben = await _receive(stack, ANA, "Ana"), await _receive(stack, BEN, "Ben")
    token = await stack.embed()
    assert await _waiting(stack, token) == {"unread": {ana, ben}, "handoff": set()}
    await _execute(stack, "UPDATE conversation SET mode = 'handoff' WHERE id = :id", id=ana)
    await _execute(stack, "UPDATE conversation SET unread_count = 0 WHERE id = :id", id=ben)
    assert await _waiting(stack, token) == {"unread": {ana}, "handoff": {ana}}
    await _execute(stack, "UPDATE conversation SET status = 'ended', ended_at = now() WHERE id = :id", id=ana)
    assert await _waiting(stack, token) == {"unread": set(), "handoff": set()}


async def test_more_than_can_be_named_are_said_to_be_more(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    await _receive(stack, ANA, "Ana")
    await _receive(stack, BEN, "Ben")
    token = await stack.embed()
    for most, named, more in ((1, 1, True), (2, 2, False)):
        monkeypatch.setattr(waiting, "MOST_WAITING", most)
        unread = (await stack.get("/inbox/v1/waiting", token))["data"]["unread"]
        assert (len(unread["ids"]), unread["more"]) == (named, more)


@pytest.mark.parametrize("spelling", [ANA, "+52 1 555 555-0100", "525555550100"])
async def test_a_contact_is_found_by_number_however_it_is_written(stack: Stack, spelling: str) -> None:
    ana = await _receive(stack, ANA, "Ana")
    await _receive(stack, BEN, "Ben")
    token = await stack.embed()
    (found,) = (await _with(stack, token, spelling))["data"]
    assert found["id"] == ana
    (by_id,) = (await _with(stack, token, found["contact"]["id"]))["data"]
    assert by_id["id"] == ana
    for stranger in ("15550100999", "018f0000-0000-7000-8000-000000000000", "Ana"):
        assert (await _with(stack, token, stranger))["data"] == []
    await _execute(stack, "UPDATE conversation SET status = 'ended', ended_at = now() WHERE id = :id", id=ana)
    assert (await stack.get("/inbox/v1/conversations", token, contact=spelling))["data"] == []
    assert [one["id"] for one in (await _with(stack, token, spelling))["data"]] == [ana]


async def test_outside_the_scope_nothing_waits_and_nobody_is_found(stack: Stack) -> None:
    ana = await _receive(stack, ANA, "Ana")
    contact = (await stack.get(f"/inbox/v1/conversations/{ana}", await stack.embed()))["data"]["contact"]["id"]
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other business")
    for token in (
        await stack.embed(assigned_user_id=str(stack.project.user_id)),
        await stack.embed(scope_type="customer", scope_id=str(stack.project.customer_id)),
        await stack.embed(other),
    ):
        assert await _waiting(stack, token) == {"unread": set(), "handoff": set()}
        for name in (ANA, contact):
            assert (await _with(stack, token, name))["data"] == []


@pytest.mark.parametrize("wrong", ["", "x" * 151, "a\x00b"])
async def test_a_contact_that_cannot_be_one_is_refused(stack: Stack, wrong: str) -> None:
    headers = {"Authorization": f"Bearer {await stack.embed()}"}
    answer = await stack.http.get("/inbox/v1/conversations", params={"contact": wrong}, headers=headers)
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {"contact"}
