"""Who gets into the dashboard: sign-in, sessions, roles, and forms of other pages."""

import asyncio
import contextlib
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.dashboard.access import own_path
from api.dashboard.routes import dashboard_routes
from api.dashboard.session import session_cookie
from api.dashboard.sign_in import ATTEMPTS
from shared.audit import Actor
from shared.crypto import token_hash
from shared.operators import passwords
from shared.operators.accounts import Role, change_password
from shared.refusals import BusyError
from shared.settings import Settings
from tests.dashboard import COOKIE, PASSWORD, Browser, make_operator, signed_in
from tests.factories import ProjectRows
from tests.stack import Stack

RANKS: dict[Role, int] = {"viewer": 0, "operator": 1, "owner": 2}
# What is there without a session.
OPEN = {"/dashboard/sign-in", "/dashboard/sign-out", "/dashboard/join/{token:str}", "/dashboard/theme"}
VIEWERS_MAY_SEND = {"/dashboard/account/password"}
OF_OWNERS = "/dashboard/operators"


def _routes() -> Iterator[tuple[str, str]]:
    """Every method and path below /dashboard."""
    for router in dashboard_routes():
        for route in router.routes:
            for method in route.methods - {"OPTIONS", "HEAD"}:
                yield method, route.path_format if not route.path_parameters else _written(route)


def _written(route: Any) -> str:
    return "/" + "/".join(part if isinstance(part, str) else f"{{{part.full}}}" for part in route.path_components)


def _least_role(method: str, path: str) -> Role:
    """The rule, as docs/dashboard.md has it."""
    if path.startswith(OF_OWNERS):
        return "owner"
    asks_for_a_change = re.search(r"/(new|edit|rotate|revoke|delete|disconnect|secret|hand-over)$", path) is not None
    if asks_for_a_change or (method != "GET" and path not in VIEWERS_MAY_SEND):
        return "operator"
    return "viewer"


def _filled(path: str, stack: Stack) -> str:
    path = path.replace("{project_id:uuid}", str(stack.project.id))
    return re.sub(r"\{\w+:\w+\}", lambda match: str(uuid4()) if "uuid" in match[0] else "1", path)


async def _csrf(browser: Browser) -> str:
    match = re.search(r'name="csrf_token" value="([^"]+)"', await browser.get("/dashboard/account"))
    assert match is not None
    return match[1]


@pytest.mark.parametrize("role", RANKS)
async def test_every_route_is_for_its_roles_alone(stack: Stack, role: Role) -> None:
    routes = [(method, path) for method, path in _routes() if path not in OPEN]
    assert len(routes) > 15
    async with await signed_in(stack, role) as browser, Browser(stack) as nobody:
        headers = {"Origin": browser.origin, "X-CSRF-Token": await _csrf(browser)}
        for method, path in routes:
            url, where = _filled(path, stack), f"{method} {path}"
            if role == "owner":  # who may do most
                stranger = await nobody.http.request(method, url, headers=headers)
                assert stranger.status_code == 303, where
                assert stranger.headers["location"].startswith("/dashboard/sign-in"), where
            if role == "owner" and method != "GET":
                for wrong in ({}, {"Origin": browser.origin}, {**headers, "Origin": "https://evil.example"}):
                    assert (await browser.http.request(method, url, headers=wrong)).status_code == 403, where
            answer = await browser.http.request(method, url, headers=headers)
            if RANKS[role] < RANKS[_least_role(method, path)]:
                assert answer.status_code == 403, where
                assert "This is for the role" in answer.text, where
            else:
                assert answer.status_code not in (401, 403, 405, 500), where
                assert not answer.headers.get("location", "").startswith("/dashboard/sign-in"), where


async def test_the_right_password_opens_a_session_which_ends_when_one_signs_out(stack: Stack) -> None:
    await make_operator(stack)
    async with Browser(stack) as browser:
        asked_for = f"{browser.root}/embeds?status=all"
        away = await browser.http.get(asked_for)
        assert away.status_code == 303
        page = away.headers["location"]
        before = browser.http.cookies.get(COOKIE)
        answer = await browser.send("/dashboard/sign-in", page, email=" Olga@Example.com ", password=PASSWORD)
        assert (answer.status_code, answer.headers["location"]) == (303, asked_for)
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        token = browser.http.cookies[COOKIE]
        assert token != before  # nobody can have chosen it beforehand
        async with stack.engine.connect() as connection:
            assert await connection.scalar(text("SELECT token_hash FROM operator_session")) == token_hash(token)
        assert "Inbox Embeds" in await browser.get(asked_for)
        assert await stack.count("audit_event", "action = 'operator.signed_in' AND actor_type = 'operator'") == 1
        out = await browser.send("/dashboard/sign-out", "/dashboard/account")
        assert out.status_code == 303
        browser.http.cookies.set(COOKIE, token)
        assert (await browser.http.get(asked_for)).status_code == 303
        assert await stack.count("operator_session") == 0


async def test_whatever_is_wrong_the_answer_is_the_same(stack: Stack) -> None:
    await make_operator(stack)
    disabled = await make_operator(stack, "viewer", "gone@example.com")
    async with stack.engine.begin() as connection:
        await connection.execute(text("UPDATE operator SET disabled_at = now() WHERE id = :id"), {"id": disabled})
    said = set()
    async with Browser(stack) as browser:
        for email, password in [
            ("olga@example.com", "another password"),
            ("nobody@example.com", PASSWORD),
            ("gone@example.com", PASSWORD),
            ("", ""),
            ("x" * 5000, "y" * 5000),
        ]:
            answer = await browser.send("/dashboard/sign-in", email=email, password=password)
            assert answer.status_code == 422
            said.add(re.findall(r'role="alert"[^>]*>([^<]+)<', answer.text)[0])
    assert said == {"The email or the password is not right."}
    assert await stack.count("operator_session") == 0


async def test_who_tries_many_passwords_of_one_account_has_to_wait_and_others_do_not(stack: Stack) -> None:
    await make_operator(stack)
    await make_operator(stack, "viewer", "vera@example.com")
    async with Browser(stack) as browser:
        tries = [
            (await browser.send("/dashboard/sign-in", email="olga@example.com", password="wrong")).status_code
            for _ in range(2 * ATTEMPTS + 1)  # a minute may end in between
        ]
        assert 429 in tries
        right = await browser.send("/dashboard/sign-in", email="olga@example.com", password=PASSWORD)
        other = await browser.send("/dashboard/sign-in", email="vera@example.com", password=PASSWORD)
    assert right.status_code == 429 or 429 not in tries[-2:]
    assert other.status_code == 303


async def test_an_account_has_one_count_however_its_email_is_written(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_operator(stack, email="one@example.com")
    monkeypatch.setattr("shared.rate_limit.WINDOW", 10**9)  # so that no minute ends in between
    async with Browser(stack) as browser:
        tries = [
            (await browser.send("/dashboard/sign-in", email=email, password="wrong")).status_code
            for email in (" one@example.com", "ONE@example.com", "one@example.com" + 300 * " ") * 2
        ]
        assert tries == [422] * ATTEMPTS + [429]
        longer = "one@example.com" + 300 * " " + "1"  # was another count, of the same account
        answer = await browser.send("/dashboard/sign-in", email=longer, password=PASSWORD)
        assert answer.status_code == 422
    assert await stack.count("operator_session") == 0


class TestOneAddress:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(settings, failure_rate_limit=3)

    async def test_who_tries_many_accounts_has_to_wait_and_a_right_guess_is_not_told(
        self, stack: Stack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await make_operator(stack)
        monkeypatch.setattr("shared.rate_limit.WINDOW", 10**10)  # so that no minute ends in between
        async with Browser(stack) as browser:
            tries = [
                (await browser.send("/dashboard/sign-in", email=f"{number}@example.com", password="wrong")).status_code
                for number in range(4)
            ]
            assert tries == [422, 422, 422, 429]
            right = await browser.send("/dashboard/sign-in", email="olga@example.com", password=PASSWORD)
        assert right.status_code == 429
        assert await stack.count("operator_session") == 0


async def test_when_too_many_passwords_wait_to_be_checked_more_are_refused(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_operator(stack, email="busy@example.com")
    monkeypatch.setattr("shared.operators.passwords.MOST_WAITING", -passwords.AT_ONCE)
    async with Browser(stack) as browser:
        answer = await browser.send("/dashboard/sign-in", email="busy@example.com", password=PASSWORD)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        monkeypatch.undo()
        answer = await browser.send("/dashboard/sign-in", email="busy@example.com", password=PASSWORD)
        assert answer.status_code == 303


async def test_no_more_than_some_wait_for_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    monkeypatch.setattr("shared.operators.passwords._verify", lambda *_: go_on.wait(60))
    room = passwords.AT_ONCE + passwords.MOST_WAITING
    tries = [asyncio.create_task(passwords.password_is_right(PASSWORD, "hash")) for _ in range(room + 1)]
    done, _ = await asyncio.wait(tries, return_when=asyncio.FIRST_COMPLETED)
    go_on.set()
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert done == {tries[-1]}
    assert answers[:-1] == [True] * room
    assert isinstance(answers[-1], BusyError)


async def test_a_password_that_changes_while_one_signs_in_lets_nobody_in(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator_id = await make_operator(stack, email="late@example.com")
    check = passwords.password_is_right

    async def check_slowly(password: str, password_hash: str | None) -> bool:
        is_right = await check(password, password_hash)
        async with stack.engine.begin() as connection:
            await change_password(connection, operator_id, "another hash", Actor(type="cli"))
        return is_right

    monkeypatch.setattr("shared.operators.sessions.password_is_right", check_slowly)
    async with Browser(stack) as browser:
        answer = await browser.send("/dashboard/sign-in", email="late@example.com", password=PASSWORD)
        assert (answer.status_code, "is not right" in answer.text) == (422, True)
    assert await stack.count("operator_session") == 0


async def test_nobody_is_sent_elsewhere_after_signing_in(stack: Stack) -> None:
    await make_operator(stack)
    for target in ("https://evil.example/", "//evil.example", "/dashboard/\\evil", "/dashboard/\r\nX: 1", "/embed/x"):
        async with Browser(stack) as browser:
            answer = await browser.send("/dashboard/sign-in", email="olga@example.com", password=PASSWORD, next=target)
            assert answer.status_code in (303, 429)
            assert answer.headers.get("location", "/dashboard") == "/dashboard"
        async with stack.engine.begin() as connection:
            await connection.execute(text("DELETE FROM operator_session"))
    for target in ("/dashboard/ü", "/dashboard/\x00", "/dashboardx", "/dashboard/x y"):
        assert own_path(target) == "/dashboard"
    for target in ("/dashboard", "/dashboard/events?reason=a&after=%C3%BC"):
        assert own_path(target) == target


async def test_the_theme_leads_back_to_a_page_also_from_one_that_answers_a_form(stack: Stack) -> None:
    async with await signed_in(stack) as browser:
        page = f"{browser.root}/embeds?status=all"
        shown = [await browser.get(page)]
        for path, where in (
            ("/dashboard/account/password", "/dashboard/account"),
            ("/dashboard/operators/invitations", "/dashboard/operators"),
        ):
            shown.append((await browser.send(path, where, role="viewer")).text)
        backs = [unescape(found) for html in shown for found in re.findall(r'name="back" value="([^"]*)"', html)]
        assert backs == [page, "/dashboard/account", "/dashboard/operators"]
        for back in backs:
            chosen = await browser.send("/dashboard/theme", "/dashboard/account", theme="dark", back=back)
            assert chosen.headers["location"] == back
            assert (await browser.http.get(back, follow_redirects=True)).status_code == 200


class TestFewConnections:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(settings, database_pool=2)

    async def test_a_form_that_is_slow_to_come_holds_no_connection(self, stack: Stack) -> None:
        async with await signed_in(stack) as browser, contextlib.AsyncExitStack() as exits:
            for _ in range(2 * stack.settings.database_pool):
                _, writer = await asyncio.open_connection(browser.http.base_url.host, browser.http.base_url.port)
                exits.callback(writer.close)
                head = (
                    f"POST /dashboard/account/password HTTP/1.1\r\nHost: x\r\nOrigin: {browser.origin}\r\n"
                    f"Cookie: {COOKIE}={browser.http.cookies[COOKIE]}\r\nContent-Length: 100\r\n"
                    "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
                )
                writer.write(head.encode())
                await writer.drain()
            for _ in range(5):  # by then the server has come to the forms
                await browser.get("/dashboard/account")


@pytest.mark.parametrize(
    "ending",
    [
        "UPDATE operator_session SET expires_at = now()",
        "UPDATE operator_session SET last_used_at = now() - interval '25 hours'",
        "UPDATE operator SET disabled_at = now()",
        "DELETE FROM operator_session",
    ],
)
async def test_a_session_ends(stack: Stack, ending: str) -> None:
    async with await signed_in(stack) as browser:
        await browser.get(f"{browser.root}/embeds")
        async with stack.engine.begin() as connection:
            await connection.execute(text(ending))
        assert (await browser.http.get(f"{browser.root}/embeds")).status_code == 303
        part = await browser.http.get(f"{browser.root}/embeds", headers={"HX-Request": "true"})
        assert (part.status_code, part.headers["hx-redirect"]) == (401, "/dashboard/sign-in")


async def test_a_session_that_is_used_is_noted_to_the_minute(stack: Stack) -> None:
    async with await signed_in(stack) as browser:
        earlier = datetime.now(UTC) - timedelta(hours=23)
        async with stack.engine.begin() as connection:
            await connection.execute(text("UPDATE operator_session SET last_used_at = :at"), {"at": earlier})
        used = "last_used_at > now() - interval '1 minute'"
        await browser.http.get("/dashboard/account", headers={"HX-Request": "true"})  # a page that is left open
        assert await stack.count("operator_session", used) == 0
        await browser.get("/dashboard/account")
        assert await stack.count("operator_session", used) == 1


async def test_a_new_password_ends_all_other_sessions(stack: Stack) -> None:
    async with await signed_in(stack) as browser, Browser(stack) as other:
        await other.send("/dashboard/sign-in", email="owner@example.com", password=PASSWORD)
        new = {"password": "another few words", "password_again": "another few words"}
        path, page = "/dashboard/account/password", "/dashboard/account"
        wrong = await browser.send(path, page, current_password="wrong", **new)
        assert (wrong.status_code, "Is not right" in wrong.text) == (422, True)
        for password in ("short", "owner@example.com", "x" * 201):
            fields = {"password": password, "password_again": password}
            refused = await browser.send(path, page, current_password=PASSWORD, **fields)
            assert refused.status_code in (422, 429)
        async with stack.engine.connect() as connection:
            kept = await connection.scalar(text("SELECT password_hash FROM operator"))
        assert kept.startswith("$argon2id$")
        await other.get("/dashboard/account")
    async with await signed_in(stack, "viewer") as viewer, Browser(stack) as second:
        await second.send("/dashboard/sign-in", email="viewer@example.com", password=PASSWORD)
        changed = await viewer.send(path, page, current_password=PASSWORD, **new)
        assert changed.status_code == 303, changed.text
        await viewer.get("/dashboard/account")
        assert (await second.http.get("/dashboard/account")).status_code == 303


async def test_a_form_is_bound_to_the_session_it_was_made_in(stack: Stack) -> None:
    async with await signed_in(stack) as browser, await signed_in(stack, "operator") as other:
        theirs = await _csrf(other)
        headers = {"Origin": browser.origin, "X-CSRF-Token": theirs}
        answer = await browser.http.post("/dashboard/sign-out", headers=headers)
        assert (answer.status_code, "no longer valid" in answer.text) == (403, True)
        assert await _csrf(browser) != await _csrf(browser)  # what a compressed page's size may tell changes


async def test_over_https_the_cookie_is_this_hosts_alone(settings: Settings) -> None:
    cookie = session_cookie(msgspec.structs.replace(settings, base_url="https://inbox.example.com"), "x" * 43)
    header = cookie.to_header(header="")
    assert header.strip().startswith("__Host-porthole_session=")
    assert "Secure" in header
    assert "Path=/" in header
    assert "Domain" not in header


async def test_a_project_that_there_is_not_and_a_path_that_leads_nowhere_are_pages(stack: Stack) -> None:
    async with await signed_in(stack) as browser:
        for path in (f"/dashboard/{uuid4()}/embeds", "/dashboard/nowhere", f"{browser.root}/embeds/{uuid4()}"):
            page = await browser.get(path, expect=404)
            assert "<h1>" in page
        assert "The cursor is not valid." in await browser.get(f"{browser.root}/embeds", expect=400, after="x")


async def test_sign_ins_at_the_same_moment_are_all_served(
    stack: Stack, engine: AsyncEngine, project: ProjectRows
) -> None:
    browsers = [Browser(stack) for _ in range(4)]
    for number in range(4):
        await make_operator(stack, "viewer", f"{number}@example.com")
    answers = await asyncio.gather(
        *(
            browser.send("/dashboard/sign-in", email=f"{number}@example.com", password=PASSWORD)
            for number, browser in enumerate(browsers)
        )
    )
    assert [answer.status_code for answer in answers] == [303] * 4
    for browser in browsers:
        await browser.http.aclose()
