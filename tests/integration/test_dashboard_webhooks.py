"""Webhooks in the dashboard: made, changed, paused, tried, and what was delivered sent once more."""

import re
from collections.abc import AsyncIterator
from html import unescape
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import text

from shared.crypto import decrypt, encrypt
from shared.ids import new_id
from shared.settings import Settings
from tests.conversations import customer_wrote
from tests.dashboard import Browser, hidden_fields, signed_in
from tests.factories import make_project
from tests.receiver import Delivered, Receiver, receiving
from tests.stack import Stack
from tests.waiting import eventually

RECEIVED, READ, HANDOFF = "whatsapp.message.received", "whatsapp.message.read", "workflow.execution.handoff"
WEBHOOK: dict[str, Any] = {"url": "https://hooks.example.com/in", "events": [RECEIVED], "inactivity_minutes": "60"}


def _wrong(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return re.findall(r'id="(\w+)-error"', answer.text)


def _secret(answer: httpx.Response) -> str:
    match = re.search(r'id="secret"[^>]* value="([^"]*)"', answer.text)
    assert match is not None, answer.text
    return unescape(match[1])


async def _create(browser: Browser, number: str = "project", **fields: Any) -> httpx.Response:
    root = f"{browser.root}/webhooks"
    return await browser.send(root, f"{root}/new?chosen=on&phone_number_id={number}", **{**WEBHOOK, **fields})


async def _row(stack: Stack) -> Any:
    async with stack.engine.connect() as connection:
        return (await connection.execute(text("SELECT * FROM webhook_endpoint"))).one()


async def _actions(stack: Stack) -> list[str]:
    async with stack.engine.connect() as connection:
        query = text("SELECT action FROM audit_event WHERE actor_type = 'operator' ORDER BY created_at, id")
        return list((await connection.execute(query)).scalars())


async def test_a_webhook_is_made_once_changed_paused_and_deleted(stack: Stack) -> None:
    number = stack.project.phone_number_id
    async with await signed_in(stack, "operator") as browser:
        root, form_id = f"{browser.root}/webhooks", str(new_id())
        assert "No webhook yet" in await browser.get(root)
        assert number in await browser.get(f"{root}/new")
        answer = await _create(browser, number, headers="X-Key: open sesame", form_id=form_id)
        assert answer.status_code == 201, answer.text
        secret = _secret(answer)
        row = await _row(stack)
        assert (str(row.id), row.phone_number_id, row.kind, row.events) == (form_id, number, "kapso", [RECEIVED])
        assert decrypt(row.secret_key, stack.settings.secret_key) == secret
        again = await _create(browser, number, form_id=form_id)
        assert again.headers["location"] == f"{root}/{form_id}?done=shown"
        assert await stack.count("webhook_endpoint") == 1

        for page in (root, f"{root}/{form_id}", f"{root}/{form_id}/edit"):
            html = await browser.get(page)
            assert WEBHOOK["url"] in html
            assert secret not in html
            assert "open sesame" not in html
        edit = f"{root}/{form_id}/edit"
        url = "https://hooks.example.com/elsewhere"
        saved = await browser.send(edit, url=url, events=[RECEIVED, READ], headers="X-Key: …\nX-Other: 1")
        assert saved.status_code == 303, saved.text
        row = await _row(stack)
        assert (row.url, row.events, row.inactivity_minutes) == (url, [RECEIVED, READ], 60)
        headers = msgspec.json.decode(decrypt(row.headers, stack.settings.secret_key))
        assert headers == {"X-Key": "open sesame", "X-Other": "1"}
        assert "Active" in await browser.get(f"{root}/{form_id}")

        assert (await browser.send(f"{root}/{form_id}/pause", f"{root}/{form_id}")).status_code == 303
        assert "Paused" in await browser.get(root)
        refused = await browser.send(f"{root}/{form_id}/test", f"{root}/{form_id}")
        assert refused.status_code == 422
        assert "The webhook is not active." in refused.text
        assert (await browser.send(f"{root}/{form_id}/resume", f"{root}/{form_id}")).status_code == 303
        assert (await _row(stack)).active
        seen = hidden_fields(await browser.get(f"{root}/{form_id}/secret"))
        renewed = _secret(await browser.send(f"{root}/{form_id}/secret"))
        assert renewed != secret
        again = await browser.send(f"{root}/{form_id}/secret", seen_at=seen["seen_at"])  # the answer was loaded anew
        assert (again.status_code, "changed meanwhile" in again.text) == (422, True)
        assert decrypt((await _row(stack)).secret_key, stack.settings.secret_key) == renewed
        assert (await browser.send(f"{root}/{form_id}/delete")).status_code == 303
        assert await stack.count("webhook_endpoint") == 0
        await browser.get(f"{root}/{form_id}", expect=404)
    assert await _actions(stack) == ["webhook.created", *["webhook.updated"] * 4, "webhook.deleted"]
    said = await _said_in_the_audit_log(stack)
    assert secret not in said
    assert "open sesame" not in said


async def test_headers_that_cannot_be_decrypted_stay_until_they_are_written_anew(stack: Stack) -> None:
    async with await signed_in(stack, "operator") as browser:
        webhook_id = str(new_id())
        edit = f"{browser.root}/webhooks/{webhook_id}/edit"
        await _create(browser, stack.project.phone_number_id, headers="X-Key: open sesame", form_id=webhook_id)
        lost = encrypt('{"X-Key": "open sesame"}', "another secret key than the installation's")
        async with stack.engine.begin() as connection:
            await connection.execute(text("UPDATE webhook_endpoint SET headers = :lost"), {"lost": lost})
        assert "cannot be decrypted" in await browser.get(edit)
        saved = await browser.send(edit, **WEBHOOK, headers="")
        assert saved.status_code == 303
        assert (await _row(stack)).headers == lost
        await browser.send(edit, **WEBHOOK, headers="X-Key: anew")
        assert decrypt((await _row(stack)).headers, stack.settings.secret_key) == '{"X-Key":"anew"}'


async def _said_in_the_audit_log(stack: Stack) -> str:
    async with stack.engine.connect() as connection:
        return str(await connection.scalar(text("SELECT string_agg(changes::text, ' ') FROM audit_event")))


async def test_a_project_and_a_number_have_other_events_and_a_number_one_webhook_of_metas(stack: Stack) -> None:
    number = stack.project.phone_number_id
    async with await signed_in(stack, "operator") as browser:
        page = f"{browser.root}/webhooks/new"
        assert HANDOFF in (of_project := await browser.get(page, chosen="on", phone_number_id="project"))
        assert RECEIVED not in of_project
        assert RECEIVED in await browser.get(page, chosen="on", phone_number_id=number)
        assert (await _create(browser, events=[HANDOFF])).status_code == 201
        assert (await _create(browser, number, kind="meta", events=[])).status_code == 201
        assert _wrong(await _create(browser, number, kind="meta")) == ["kind"]
        await browser.get(page, 404, chosen="on", phone_number_id="999")
        assert (
            await browser.send(f"{browser.root}/webhooks", page, **WEBHOOK, phone_number_id="999")
        ).status_code == 404
        assert "All, as WhatsApp says it" in await browser.get(f"{browser.root}/webhooks")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"url": ""}, ["url"]),
        ({"url": "http://hooks.example.com"}, ["url"]),
        ({"url": "https://10.0.0.1/"}, ["url"]),
        ({"events": []}, ["events"]),
        ({"events": [HANDOFF]}, ["events"]),
        ({"events": ["x" * 101]}, ["events"]),
        ({"inactivity_minutes": "0"}, ["inactivity_minutes"]),
        ({"inactivity_minutes": "soon"}, ["inactivity_minutes"]),
        ({"headers": "Host: x"}, ["headers"]),
        ({"headers": "no colon"}, ["headers"]),
        ({"url": "x", "headers": "Host: x"}, ["url", "headers"]),
    ],
)
async def test_what_is_wrong_is_told_beside_its_field(stack: Stack, fields: dict[str, Any], wrong: list[str]) -> None:
    async with await signed_in(stack) as browser:
        assert sorted(_wrong(await _create(browser, stack.project.phone_number_id, **fields))) == sorted(wrong)
    assert await stack.count("webhook_endpoint") == 0


async def test_a_viewer_changes_nothing_and_another_projects_webhook_does_not_exist(stack: Stack) -> None:
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other")
    async with await signed_in(stack) as owner, await signed_in(stack, "viewer") as viewer:
        webhook_id = str(new_id())
        await _create(owner, form_id=webhook_id, events=[HANDOFF])
        page = f"{owner.root}/webhooks/{webhook_id}"
        assert (await owner.send(f"{page}/test", page)).status_code == 303
        (delivery,) = await _deliveries(stack)
        delivery_id = delivery.id
        html = await viewer.get(page)
        assert "New secret" not in html

        async def is_tried() -> bool:
            return len((await _deliveries(stack))[0].attempts) == 1

        await eventually(is_tried)
        one = f"{owner.root}/webhooks/deliveries/{delivery_id}"
        answers = [await owner.http.get(one, params={"seen": seen}, headers={"HX-Request": "true"}) for seen in (0, 1)]
        assert [answer.status_code for answer in answers] == [200, 204]  # what waits is swapped in when there is more
        for path in ("edit", "secret", "delete"):
            await viewer.get(f"{page}/{path}", expect=403)
        for path in ("test", "replay", "pause", "resume", "delete", "secret", "edit"):
            assert (await viewer.send(f"{page}/{path}", page)).status_code == 403
        elsewhere = f"/dashboard/{other.id}/webhooks"
        await owner.get(f"{elsewhere}/deliveries/{delivery_id}", expect=404)
        assert (await owner.send(f"{elsewhere}/deliveries/{delivery_id}/replay", page)).status_code == 404
        for path in ("", "/edit", "/secret", "/delete"):
            await owner.get(f"{elsewhere}/{webhook_id}{path}", expect=404)
        for path in ("test", "replay", "pause", "resume", "delete", "secret", "edit"):
            assert (await owner.send(f"{elsewhere}/{webhook_id}/{path}", page)).status_code == 404, path
    row = await _row(stack)
    assert (row.active, row.events) == (True, [HANDOFF])


async def _deliveries(stack: Stack) -> list[Any]:
    async with stack.engine.connect() as connection:
        return list((await connection.execute(text("SELECT * FROM webhook_delivery ORDER BY sequence"))).all())


class TestDeliveries:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        """The receiver is on loopback."""
        return msgspec.structs.replace(settings, allow_private_addresses=True)

    @pytest.fixture
    async def receiver(self) -> AsyncIterator[Receiver]:
        async with receiving() as receiver:
            yield receiver

    async def test_they_are_listed_shown_with_their_attempts_and_sent_once_more(
        self, stack: Stack, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("shared.operations.settle_delivery.RETRIES", ())
        refuses = True

        def answer(_: Delivered) -> int:
            return 500 if refuses else 200

        receiver.answer = answer
        async with await signed_in(stack, "operator") as browser:
            webhook_id = str(new_id())
            page = f"{browser.root}/webhooks/{webhook_id}"
            made = await _create(
                browser, stack.project.phone_number_id, form_id=webhook_id, url=f"{receiver.url}/hook", headers="X-A: b"
            )
            assert "Nothing was sent yet" in await browser.get(page)
            for body in ("<b>Hello</b>", "Again"):
                await customer_wrote(stack, body)

            async def failed(count: int) -> list[Any]:
                rows = await _deliveries(stack)
                return rows if [row.status for row in rows] == ["failed"] * count else []

            first, _ = await eventually(lambda: failed(2))
            assert receiver.came[0].is_signed(_secret(made))
            html = await browser.get(page, status="failed")
            assert html.count("HTTP 500") == 2
            assert "None is like that" in await browser.get(page, status="delivered")
            shown = await browser.get(f"{browser.root}/webhooks/deliveries/{first.id}")
            for words in ("Attempt 1", "HTTP 500", "the receiver's own words", "X-A: …", "<b>Hello</b>"):
                assert words in unescape(shown)
            assert "<b>" not in shown  # what a customer writes is text

            refuses = False
            assert (await browser.send(f"{page}/replay", page)).headers["location"] == f"{page}?done=replayed_all"

            async def delivered(count: int) -> bool:
                return await stack.count("webhook_delivery", "status = 'delivered'") == count

            await eventually(lambda: delivered(2))
            assert (await browser.send(f"{page}/replay", page)).headers["location"] == f"{page}?done=nothing_failed"
            one = f"{browser.root}/webhooks/deliveries/{first.id}"
            sent = await browser.send(f"{one}/replay", one)
            assert "It is being sent once more." in await browser.get(sent.headers["location"])
            await eventually(lambda: delivered(3))
            assert (await browser.send(f"{page}/test", page)).headers["location"] == f"{page}?done=tested"
            await eventually(lambda: delivered(4))
        assert await _actions(stack) == ["webhook.created", "webhook.replayed", "webhook_delivery.replayed"]
