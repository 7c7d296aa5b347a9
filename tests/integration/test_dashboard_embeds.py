"""Embeds and API keys in the dashboard: what its forms do, what they refuse, and what they show once."""

import re
from html import unescape
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import insert, text

from shared.crypto import token_hash
from shared.ids import new_id
from shared.models import Customer
from tests.dashboard import Browser, signed_in
from tests.factories import make_project
from tests.stack import Stack
from tests.waiting import eventually

EMBED = {"name": "Support", "default_mode": "dark", "language": "de"}


@pytest.fixture(autouse=True)
def often_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.server.REPORT_SECONDS", 0.1)


def _shown(answer: httpx.Response, field: str) -> str:
    match = re.search(rf'id="{field}"[^>]* value="([^"]*)"', answer.text)
    assert match is not None, answer.text
    return unescape(match[1])


def _wrong(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return re.findall(r'id="(\w+)-error"', answer.text)


async def _create(browser: Browser, **fields: Any) -> httpx.Response:
    root = f"{browser.root}/embeds"
    return await browser.send(root, f"{root}/new", **{**EMBED, **fields})


async def _row(stack: Stack, name: str = "Support") -> Any:
    async with stack.engine.connect() as connection:
        found = await connection.execute(text("SELECT * FROM inbox_embed WHERE name = :name"), {"name": name})
        return found.one()


async def test_an_embed_is_made_and_its_secrets_are_shown_once(stack: Stack) -> None:
    async with await signed_in(stack, "operator") as browser:
        answer = await _create(
            browser,
            scope=f"phone_number:{stack.project.phone_number_id}",
            assigned_user_id=stack.project.user_id,
            allowed_origins="https://CRM.example.com\n\n*.example.org ",
            expires_at="2099-01-02T03:04",
        )
        assert answer.status_code == 201, answer.text
        url, secret = _shown(answer, "url"), _shown(answer, "secret")
        token = url.rpartition("/")[2]
        assert f'src="/embed/{token}?mode=light"' in answer.text
        assert unescape(answer.text).count(url) >= 3  # the URL, the iframe, the element
        row = await _row(stack)
        assert row.token_hash == token_hash(token)
        assert (row.scope_type, row.phone_number_id) == ("phone_number", stack.project.phone_number_id)
        assert (row.assignee_id, row.allowed_origins) == (
            stack.project.user_id,
            ["https://crm.example.com", "*.example.org"],
        )
        assert row.expires_at.isoformat() == "2099-01-02T03:04:00+00:00"
        assert (row.default_mode, row.language) == ("dark", "de")
        assert (await browser.http.get(url)).status_code == 200
        for page in (f"{browser.root}/embeds", f"{browser.root}/embeds/{row.id}"):
            html = await browser.get(page)
            assert token not in html
            assert secret not in html
        lines = "action = 'inbox_embed.created' AND actor_type = 'operator' AND actor_name = 'Olga operator'"
        assert await stack.count("audit_event", lines) == 1


async def test_a_form_that_is_sent_twice_makes_one_embed(stack: Stack) -> None:
    async with await signed_in(stack) as browser:
        form_id = str(new_id())
        assert (await _create(browser, form_id=form_id)).status_code == 201
        again = await _create(browser, form_id=form_id)
        assert again.status_code == 303
        assert "had been sent before" in await browser.get(again.headers["location"])
        assert await stack.count("inbox_embed") == 1


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": "x" * 201}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"scope": f"customer:{uuid4()}"}, "scope"),
        ({"scope": "customer:"}, "scope"),
        ({"scope": "phone_number:1"}, "scope"),
        ({"scope": "galaxy"}, "scope"),
        ({"assigned_user_id": str(uuid4())}, "assigned_user_id"),
        ({"assigned_user_id": "Ana"}, "assigned_user_id"),
        ({"allowed_origins": "http://example.com\nftp://x"}, "allowed_origins"),
        ({"allowed_origins": "\n".join(f"https://{n}.example" for n in range(51))}, "allowed_origins"),
        ({"default_mode": "sepia"}, "default_mode"),
        ({"language": "xx"}, "language"),
        ({"expires_at": "2001-01-01T00:00"}, "expires_at"),
        ({"expires_at": "tomorrow"}, "expires_at"),
    ],
)
async def test_what_is_wrong_is_told_beside_its_field(stack: Stack, fields: dict[str, str], wrong: str) -> None:
    async with await signed_in(stack) as browser:
        answer = await _create(browser, **fields)
        assert _wrong(answer) == [wrong]
        assert 'aria-describedby="' in answer.text
        if wrong != "name":
            assert 'value="Support"' in answer.text  # what was right stays
    assert await stack.count("inbox_embed") == 0


async def test_an_embed_is_changed_rotated_and_revoked_and_its_iframes_follow(stack: Stack) -> None:
    async with await signed_in(stack) as browser:
        made = await _create(browser)
        token = _shown(made, "url").rpartition("/")[2]
        row = await _row(stack)
        page = f"{browser.root}/embeds/{row.id}"
        async with stack.iframe(token) as iframe:

            async def is_counted() -> bool:
                return "1 live" in await browser.get(page)

            assert await eventually(is_counted)
            assert "1 live" in await browser.get(f"{browser.root}/embeds")
            filled_in = await browser.get(f"{page}/edit")
            assert '<option value="dark" selected>' in filled_in
            changed = await browser.send(f"{page}/edit", **{**EMBED, "name": "Sales", "language": "fr"})
            assert changed.status_code == 303, changed.text
            assert (await _row(stack, "Sales")).language == "fr"

            async def is_closed() -> list[dict[str, Any]]:
                return iframe.closed

            assert (await eventually(is_closed))[0]["code"] == "embed_changed"

        form = {"grace_seconds": "3600"}
        seen = re.search(r'name="seen_at" value="([^"]+)"', await browser.get(f"{page}/rotate"))
        assert seen is not None
        rotated = await browser.send(f"{page}/rotate", **form)
        assert rotated.status_code == 200, rotated.text
        new_token = _shown(rotated, "url").rpartition("/")[2]
        assert 'id="secret"' not in rotated.text
        twice = await browser.send(f"{page}/rotate", seen_at=seen[1], **form)  # would kill the token in its grace
        assert (twice.status_code, "changed or rotated meanwhile" in twice.text) == (422, True)
        for good in (token, new_token):
            assert (await browser.http.get(f"/embed/{good}")).status_code == 200
        with_secret = await browser.send(f"{page}/rotate", grace_seconds="0", new_secret="on")
        assert _shown(with_secret, "secret")

        last_token = _shown(with_secret, "url").rpartition("/")[2]
        assert (await browser.send(f"{page}/revoke")).status_code == 303
        assert (await browser.http.get(f"/embed/{last_token}")).status_code == 401
        assert "Support" not in await browser.get(f"{browser.root}/embeds")
        assert "Sales" in await browser.get(f"{browser.root}/embeds", status="revoked")
        assert "is revoked" in await browser.get(f"{page}/edit", expect=422)
    async with stack.engine.connect() as connection:
        actions = await connection.execute(
            text("SELECT action FROM audit_event WHERE object_type = 'inbox_embed' ORDER BY created_at, id")
        )
    assert list(actions.scalars()) == [
        "inbox_embed.created",
        "inbox_embed.updated",
        "inbox_embed.rotated",
        "inbox_embed.rotated",
        "inbox_embed.revoked",
    ]


async def test_the_picker_finds_customers_and_numbers_of_this_project_alone_and_keeps_what_is_chosen(
    stack: Stack,
) -> None:
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other")
        rows = [{"id": new_id(), "project_id": stack.project.id, "name": f"Birch {number:02}"} for number in range(20)]
        await connection.execute(insert(Customer), rows)
        await connection.execute(
            text("UPDATE customer SET name = 'Their secret' WHERE id = :id"), {"id": other.customer_id}
        )
    async with await signed_in(stack, "operator") as browser:
        path = f"{browser.root}/pickers/scope"
        found: list[str] = []
        query: dict[str, Any] = {"scope_words": "birch"}
        while True:  # page by page
            html = await browser.get(path, **query)
            found += re.findall(r"Birch \d\d", html)
            more = re.search(r'name="customers_after" value="([^"]+)"', html)
            if more is None:
                break
            query["customers_after"] = more[1]
        assert len(found) == 20
        assert set(found) == {row["name"] for row in rows}
        chosen = f"customer:{stack.project.customer_id}"
        html = await browser.get(path, scope_words="birch", scope=chosen)
        assert re.search(rf'value="{chosen}" checked', html)
        assert stack.project.phone_number_id in await browser.get(path, scope_words=stack.project.phone_number_id)
        for words in ("secret", "%", "_", "' OR 1=1 --"):
            assert "Their secret" not in await browser.get(path, scope_words=words)
        theirs = f"customer:{other.customer_id}"
        assert "Their secret" not in await browser.get(path, scope=theirs)
        assert _wrong(await _create(browser, scope=theirs)) == ["scope"]
        # Without HTMX the form is loaded anew with what was filled in.
        again = await browser.get(f"{browser.root}/embeds/new", scope_words="larch", name="Half done", scope=chosen)
        assert 'value="Half done"' in again
        assert re.search(rf'value="{chosen}" checked', again)
        assert "Ana Ribeiro" in await browser.get(f"{browser.root}/pickers/assignee", assigned_user_id_words="ANA")


async def test_the_embeds_of_another_project_do_not_exist(stack: Stack) -> None:
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other")
    await stack.embed(other, name="Theirs")
    theirs = (await _row(stack, "Theirs")).id
    async with await signed_in(stack) as browser:
        assert "Theirs" not in await browser.get(f"{browser.root}/embeds", status="all")
        page = f"{browser.root}/embeds/{theirs}"
        for path in (page, f"{page}/edit", f"{page}/rotate", f"{page}/revoke"):
            await browser.get(path, expect=404)
        assert (await browser.send(f"{page}/revoke", f"{browser.root}/embeds/new")).status_code == 404
        assert "Theirs" in await browser.get(f"/dashboard/{other.id}/embeds")
    assert (await _row(stack, "Theirs")).revoked_at is None


async def test_the_list_is_read_by_key_in_both_directions(stack: Stack) -> None:
    for number in range(30):
        await stack.embed(name=f"Inbox {number:02}")
    async with await signed_in(stack, "viewer") as browser:
        first = await browser.get(f"{browser.root}/embeds")
        older = re.search(r'rel="next" href="\?([^"]+)"', first)
        assert older is not None
        second = await browser.get(f"{browser.root}/embeds?{unescape(older[1])}")
        names = [re.findall(r"Inbox \d\d", page) for page in (first, second)]
        assert names[0] + names[1] == [f"Inbox {number:02}" for number in reversed(range(30))]
        newer = re.search(r'rel="prev" href="\?([^"]+)"', second)
        assert newer is not None
        assert re.findall(r"Inbox \d\d", await browser.get(f"{browser.root}/embeds?{unescape(newer[1])}")) == names[0]
        for hidden in ("Create an embed", "/rotate", "/revoke"):
            assert hidden not in first


async def test_names_are_shown_as_text(stack: Stack) -> None:
    name = "<script>alert(1)</script>\"'&"
    await stack.embed(name=name)
    async with await signed_in(stack) as browser:
        html = await browser.get(f"{browser.root}/embeds")
        assert "<script>alert" not in html
        assert name in unescape(html)


async def test_an_api_key_is_made_once_used_and_revoked_unless_it_is_the_last(stack: Stack) -> None:
    async with await signed_in(stack, "operator") as browser:
        page, form_id = f"{browser.root}/api-keys", str(new_id())
        made = await browser.send(page, name="CRM", form_id=form_id)
        assert made.status_code == 201
        key = _shown(made, "key")
        assert (await browser.http.get("/platform/v1/users", headers={"X-API-Key": key})).status_code == 200
        assert (await browser.send(page, name="CRM", form_id=form_id)).headers["location"].endswith("done=shown")
        assert await stack.count("api_key", "name = 'CRM'") == 1
        assert key not in await browser.get(page)
        assert _wrong(await browser.send(page, name="")) == ["name"]
        async with stack.engine.connect() as connection:
            ids = {row.name: row.id for row in await connection.execute(text("SELECT name, id FROM api_key"))}
        assert (await browser.send(f"{page}/{ids['CRM']}/revoke")).status_code == 303
        assert (await browser.http.get("/platform/v1/users", headers={"X-API-Key": key})).status_code == 401
        last = await browser.send(f"{page}/{ids['tests']}/revoke")
        assert (last.status_code, "last active key" in last.text) == (422, True)
        log = await browser.get(f"{browser.root}/audit-log", object_type="api_key", object_id=str(ids["CRM"]))
        assert log.count("api_key.created") == log.count("api_key.revoked") == 1
        assert "Olga operator" in log
        assert "api_key.created" not in await browser.get(f"{browser.root}/audit-log", object_type="inbox_embed")
        assert await stack.count("audit_event", "object_type = 'api_key' AND actor_type = 'operator'") == 2
