"""Numbers in the dashboard: connected against WhatsApp, looked at, changed, disconnected."""

import re
from html import unescape
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from api.dashboard.numbers import CHECKS
from shared.crypto import decrypt
from shared.whatsapp.graph import GraphClient
from shared.whatsapp.graph_http import new_http_client
from tests.dashboard import Browser, signed_in
from tests.factories import ACCESS_TOKEN, make_project
from tests.stack import Stack
from tests.waiting import eventually
from workers.numbers import check_numbers


def _wrong(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return re.findall(r'id="(\w+)-error"', answer.text)


def _checked(html: str, check: str) -> str:
    """What the page says of one of the checks of a number's health."""
    (said,) = re.findall(rf"{check}<span class=\"cell-detail\">([^<]*)<", html)
    return unescape(said)


async def _disconnect(browser: Browser, number: str) -> None:
    page = f"{browser.root}/numbers/{number}/disconnect"
    assert _wrong(await browser.send(page, phone_number_id="something else")) == ["phone_number_id"]
    answer = await browser.send(page, phone_number_id=number)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{browser.root}/numbers?done=disconnected")


def _new(number: str, **fields: str) -> dict[str, str]:
    return {
        "name": "Front desk",
        "phone_number_id": number,
        "business_account_id": "900100",
        "access_token": ACCESS_TOKEN,
        "inbound_processing_enabled": "on",
        **fields,
    }


async def test_a_search_without_scripts_is_no_connection_and_keeps_all_but_the_token(stack: Stack) -> None:
    async with await signed_in(stack, "operator") as browser:
        page = f"{browser.root}/numbers"
        for search in ({"search": "on"}, {}):
            words = {"customer_id_words": "larch"}
            answer = await browser.send(page, f"{page}/new", **_new("4242"), **words, **search)
            assert answer.status_code == 200
            assert 'value="Front desk"' in answer.text
            assert f'value="{stack.project.customer_id}"' in answer.text
            assert ACCESS_TOKEN not in answer.text
        edit = f"{page}/{stack.project.phone_number_id}/edit"
        assert "Larch Hotels" in (await browser.send(edit, customer_id_words="larch")).text
    assert await stack.count("phone_number", "phone_number_id = '4242'") == 0


async def test_a_number_is_disconnected_and_connected_again_for_a_customer(stack: Stack) -> None:
    number = stack.project.phone_number_id
    async with await signed_in(stack, "operator") as browser:
        await stack.customer_writes("5215555550100", "Hello")
        await _disconnect(browser, number)
        assert await stack.count("phone_number", f"phone_number_id = '{number}'") == 0
        page = f"{browser.root}/numbers"
        fields = _new(number, customer_id=str(stack.project.customer_id))
        answer = await browser.send(page, f"{page}/new", **fields)
        assert answer.status_code == 303, answer.text
        html = await browser.get(answer.headers["location"])
        assert "Connected. Now point the webhook" in unescape(html)
        assert f'value="{stack.base_url}/webhooks/whatsapp"' in html
        assert f'value="{stack.settings.whatsapp_verify_token}"' in html
        assert "Larch Hotels" in html
        assert '<dt>Quality</dt><dd><span class="badge badge-good">Green</span></dd>' in html
        listed = re.search(rf'/numbers/{number}">.*?</tr>', await browser.get(page), re.DOTALL)
        assert listed is not None
        assert 'data-label="Quality"><span class="badge badge-good">Green<' in listed[0]
        assert 'data-label="State">Connected<' in listed[0]
        assert ACCESS_TOKEN not in html
        async with stack.engine.connect() as connection:
            query = text("SELECT * FROM phone_number WHERE phone_number_id = :id")
            row = (await connection.execute(query, {"id": number})).one()
            assert decrypt(row.access_token, stack.settings.secret_key) == ACCESS_TOKEN
            assert row.customer_id == stack.project.customer_id
            said: Any = await connection.scalar(text("SELECT string_agg(changes::text, ' ') FROM audit_event"))
        assert ACCESS_TOKEN not in said
        assert await stack.count("audit_event", "action = 'phone_number.connected' AND actor_type = 'operator'") == 1
        assert _wrong(await browser.send(page, f"{page}/new", **fields)) == ["phone_number_id"]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": ""}, "name"),
        ({"phone_number_id": "+1 555"}, "phone_number_id"),
        ({"phone_number_id": "999"}, "phone_number_id"),
        ({"business_account_id": "1"}, "business_account_id"),
        ({"access_token": "wrong"}, "access_token"),
        ({"access_token": ""}, "access_token"),
        ({"customer_id": "00000000-0000-0000-0000-000000000000"}, "customer_id"),
        ({"customer_id": "x"}, "customer_id"),
    ],
)
async def test_what_whatsapp_or_we_refuse_is_told_beside_its_field(
    stack: Stack, fields: dict[str, str], wrong: str
) -> None:
    async with await signed_in(stack) as browser:
        page = f"{browser.root}/numbers"
        answer = await browser.send(page, f"{page}/new", **_new(stack.project.phone_number_id, **fields))
        assert _wrong(answer) == [wrong]
        assert ACCESS_TOKEN not in answer.text


async def test_a_number_is_changed_and_its_health_asked_for(stack: Stack) -> None:
    number = stack.project.phone_number_id
    async with await signed_in(stack, "operator") as browser:
        page = f"{browser.root}/numbers/{number}"
        assert ">Healthy<" in await browser.get(f"{page}/health")
        part = await browser.http.get(f"{page}/health", headers={"HX-Request": "true"})
        assert "<html" not in part.text
        wanted = {"name": "Sales", "customer_id": str(stack.project.customer_id), "access_token": ""}
        assert (await browser.send(f"{page}/edit", **wanted)).status_code == 303
        assert await stack.count("phone_number", "name = 'Sales' AND NOT inbound_processing_enabled") == 1
        assert "Takes nothing in" in await browser.get(f"{browser.root}/numbers", words="sal")
        assert _wrong(await browser.send(f"{page}/edit", **{**wanted, "access_token": "wrong"})) == ["access_token"]


@pytest.mark.parametrize(
    ("faults", "status", "failed"),
    [
        ({}, "Healthy", ""),
        ({"unsubscribed": True}, "Degraded", "An app takes its webhooks"),
        ({"number_state": "disconnected"}, "Unhealthy", "The number is connected"),
    ],
)
async def test_the_health_of_a_number_names_what_is_wrong(
    stack: Stack, faults: dict[str, Any], status: str, failed: str
) -> None:
    await stack.simulator.put("/_sim/faults", json=faults)
    async with await signed_in(stack, "viewer") as browser:
        html = await browser.get(f"{browser.root}/numbers/{stack.project.phone_number_id}/health")
    assert f">{status}<" in html
    said = {check: _checked(html, check) for check in CHECKS.values()}
    assert said.pop("Its webhooks come in here") == "Not known"
    wrong = {check: words for check, words in said.items() if words != "Yes"}
    assert set(wrong) == ({failed} if failed else set())
    assert all(re.match(r"No\b", words) for words in wrong.values())


async def test_a_number_that_whatsapp_flags_shows_it_as_soon_as_whatsapp_says_so(stack: Stack) -> None:
    path = f"numbers/{stack.project.phone_number_id}"
    async with await signed_in(stack, "viewer") as browser:
        await browser.get(f"{browser.root}/{path}/health")  # asks WhatsApp
        for page in ("numbers", path):
            assert '<span class="badge badge-good">Green</span>' in await browser.get(f"{browser.root}/{page}")
        flagged = {"quality": "RED", "messaging_limit": "TIER_250"}
        (await stack.simulator.patch(f"/_sim/{path}", json=flagged)).raise_for_status()

        async def noted() -> bool:
            told = "field = 'phone_number_quality_update'"
            return await stack.count("account_event", told) == 2

        await eventually(noted)
        async with new_http_client() as http:  # the worker's next round, for which nobody waits here
            await check_numbers(stack.settings, stack.engine, GraphClient(http, stack.settings))
        for page in ("numbers", path):
            assert '<span class="badge badge-failed">Red</span>' in await browser.get(f"{browser.root}/{page}")
        assert "<dd>TIER_250</dd>" in await browser.get(f"{browser.root}/{path}")


async def test_a_viewer_sees_no_verify_token_and_nobody_sees_another_projects_number(stack: Stack) -> None:
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other")
    async with await signed_in(stack, "viewer") as viewer:
        for page in (f"{viewer.root}/numbers", f"{viewer.root}/numbers/{stack.project.phone_number_id}"):
            html = await viewer.get(page)
            assert stack.settings.whatsapp_verify_token not in html
            assert other.phone_number_id not in html
        for path in ("", "/health"):
            await viewer.get(f"{viewer.root}/numbers/{other.phone_number_id}{path}", expect=404)
    async with await signed_in(stack) as owner:
        for path in ("edit", "disconnect"):
            page = f"{owner.root}/numbers/{other.phone_number_id}/{path}"
            answer = await owner.send(
                page, f"{owner.root}/numbers/new", phone_number_id=other.phone_number_id, name="x"
            )
            assert answer.status_code == 404
    assert await stack.count("phone_number", f"phone_number_id = '{other.phone_number_id}'") == 1
