"""How operators come to be: the first owner by a printed link, others by invitation; and what owners do with them."""

import asyncio
import re
from html import unescape

import httpx
import msgspec
from sqlalchemy import text

from cli.operators import first_owner_url
from shared.ids import new_id
from shared.operators.links import make_first_owner_link
from tests.commands import environ_of, porthole
from tests.dashboard import PASSWORD, Browser, make_operator, signed_in
from tests.processes import running_role
from tests.stack import Stack

MINE = {"name": "Olga Own", "email": "Olga@Example.com", "password": PASSWORD, "password_again": PASSWORD}


GOOD = "expires_at > now()"


def _path(url: str | None) -> str:
    assert url is not None
    return httpx.URL(url).path


def _shown_link(answer: httpx.Response) -> str:
    assert answer.status_code == 201, answer.text
    match = re.search(r'value="([^"]*/dashboard/join/[^"]+)"', answer.text)
    assert match is not None
    return _path(unescape(match[1]))


async def test_the_first_link_makes_the_owner_once_and_the_one_of_before_is_dead(stack: Stack) -> None:
    earlier = _path(await first_owner_url(stack.engine, stack.settings))
    link = _path(await first_owner_url(stack.engine, stack.settings))
    async with Browser(stack) as browser:
        await browser.get(earlier, expect=404)
        for _ in range(2):  # to look at it does not use it up
            assert "Set up Porthole" in await browser.get(link)
        answer = await browser.send(link, **MINE)
        assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard")
        assert "Olga Own" in await browser.get(f"{browser.root}/embeds")
        await browser.get(link, expect=404)
    async with stack.engine.connect() as connection:
        row = (await connection.execute(text("SELECT email, role, password_hash FROM operator"))).one()
    assert (row.email, row.role) == ("olga@example.com", "owner")
    assert PASSWORD not in row.password_hash
    assert await first_owner_url(stack.engine, stack.settings) is None
    assert await stack.count("operator_link", GOOD) == 0
    assert await stack.count("audit_event", "action = 'operator.created' AND project_id IS NULL") == 1


async def test_porthole_up_prints_the_link_until_there_is_an_owner(stack: Stack) -> None:
    async with running_role("up", stack.settings) as up:
        link = _path(up.first_owner_url)
    async with Browser(stack) as browser:
        assert (await browser.send(link, **MINE)).status_code == 303
    async with running_role("up", stack.settings) as up:
        assert up.first_owner_url is None


async def test_the_command_line_makes_operators_and_links(stack: Stack) -> None:
    environ = environ_of(stack.settings)
    made = ("operator", "create", "--email", "Cli@Example.com", "--name", "Carla", "--role", "operator")
    assert (await porthole(*made, environ=environ, stdin=b"short\n"))[0] == 1
    assert (await porthole(*made, environ=environ, stdin=f"{PASSWORD}\n".encode()))[0] == 0
    status, _, complaint = await porthole(*made, environ=environ, stdin=f"{PASSWORD}\n".encode())
    assert (status, "already been taken" in complaint) == (1, True)
    async with Browser(stack) as browser:
        answer = await browser.send("/dashboard/sign-in", email="cli@example.com", password=PASSWORD)
        assert answer.status_code == 303
    for purpose, heading in ((("--role", "viewer"), "Become an operator"), (("--email", "cli@example.com"), "Choose")):
        status, out, _ = await porthole("operator", "link", *purpose, "--json", environ=environ)
        assert status == 0
        async with Browser(stack) as browser:
            assert heading in await browser.get(_path(msgspec.json.decode(out)["url"]))
    unknown = await porthole("operator", "link", "--email", "nobody@example.com", environ=environ)
    assert (unknown[0], "there is no operator" in unknown[2]) == (1, True)
    assert await stack.count("audit_event", "actor_type = 'cli' AND action LIKE 'operator%'") == 3


async def test_two_who_use_first_links_at_the_same_moment_make_one_owner(stack: Stack) -> None:
    async with stack.engine.begin() as one, stack.engine.begin() as other:  # two processes that start at once
        tokens = [await make_first_owner_link(one), await make_first_owner_link(other)]
    async with Browser(stack) as first, Browser(stack) as second:
        answers = await asyncio.gather(
            first.send(f"/dashboard/join/{tokens[0]}", **MINE),
            second.send(f"/dashboard/join/{tokens[1]}", **{**MINE, "email": "eve@example.com"}),
        )
    assert sorted(answer.status_code for answer in answers) == [303, 404]
    assert await stack.count("operator", "role = 'owner'") == 1


async def test_wrong_fields_are_told_beside_them_and_the_link_stays_good(stack: Stack) -> None:
    await make_operator(stack, "viewer", "taken@example.com")
    link = _path(await first_owner_url(stack.engine, stack.settings))
    async with Browser(stack) as browser:
        for fields, field in [
            ({"name": ""}, "name"),
            ({"email": "no address"}, "email"),
            ({"email": "TAKEN@example.com"}, "email"),
            ({"password": "short", "password_again": "short"}, "password"),
            ({"password": "x" * 201, "password_again": "x" * 201}, "password"),
            ({"password": "olga@example.com", "password_again": "olga@example.com"}, "password"),
            ({"password_again": "something else"}, "password_again"),
            ({"name": "a\0b"}, "name"),
        ]:
            answer = await browser.send(link, **{**MINE, **fields})
            assert answer.status_code == 422
            assert re.findall(r'id="(\w+)-error"', answer.text) == [field], fields
            assert f'value="{PASSWORD}"' not in answer.text
        assert (await browser.send(link, **MINE)).status_code == 303


async def test_a_link_dies_with_its_day(stack: Stack) -> None:
    link = _path(await first_owner_url(stack.engine, stack.settings))
    async with stack.engine.begin() as connection:
        await connection.execute(text("UPDATE operator_link SET expires_at = now()"))
    async with Browser(stack) as browser:
        await browser.get(link, expect=404)
    async with stack.engine.begin() as connection:
        await connection.execute(text("UPDATE operator_link SET expires_at = now() - interval '31 days'"))
    await first_owner_url(stack.engine, stack.settings)
    assert await stack.count("operator_link") == await stack.count("operator_link", GOOD) == 1


async def test_an_owner_invites_a_viewer_and_removes_a_link(stack: Stack) -> None:
    async with await signed_in(stack) as owner, Browser(stack) as invited:
        page = "/dashboard/operators"
        form = {"role": "viewer", "form_id": str(new_id())}
        link = _shown_link(await owner.send(f"{page}/invitations", page, **form))
        again = await owner.send(f"{page}/invitations", page, **form)  # the answer was loaded anew
        assert again.headers["location"] == f"{page}?done=shown"
        assert await stack.count("operator_link") == 1
        answer = await invited.send(link, **MINE)
        assert answer.status_code == 303
        again = await owner.send(f"{page}/invitations", page, **form)  # and anew after the link was used
        assert again.headers["location"] == f"{page}?done=shown"
        assert await stack.count("operator_link", GOOD) == 0
        assert await stack.count("operator", "role = 'viewer' AND email = 'olga@example.com'") == 1
        unused = _shown_link(await owner.send(f"{page}/invitations", page, role="owner"))
        removal = re.search(r'action="(/dashboard/operators/links/[^"]+)"', await owner.get(page))
        assert removal is not None
        for _ in range(2):
            assert (await owner.send(removal[1], page)).status_code == 303
        assert await stack.count("audit_event", "action = 'operator_link.removed'") == 1
        await invited.get(unused, expect=404)


async def test_an_owner_lets_in_who_forgot_the_password_whose_sessions_end(stack: Stack) -> None:
    operator_id = await make_operator(stack, "operator", "vera@example.com")
    async with await signed_in(stack) as owner, Browser(stack) as vera:
        await vera.send("/dashboard/sign-in", email="vera@example.com", password=PASSWORD)
        page = f"/dashboard/operators/{operator_id}"
        links = [_shown_link(await owner.send(f"{page}/password", page)) for _ in range(2)]
        await vera.get(links[0], expect=404)
        async with Browser(stack) as elsewhere:
            new = {"password": "another few words", "password_again": "another few words"}
            assert (await elsewhere.send(links[1], **new)).status_code == 303
            await elsewhere.get("/dashboard/account")
        assert (await vera.http.get("/dashboard/account")).status_code == 303
        assert (await vera.send("/dashboard/sign-in", email="vera@example.com", **new)).status_code == 303


async def test_the_link_for_a_forgotten_password_that_is_loaded_anew_is_not_replaced(stack: Stack) -> None:
    operator_id = await make_operator(stack, "operator", "vera@example.com")
    async with await signed_in(stack) as owner, Browser(stack) as vera:
        page = f"/dashboard/operators/{operator_id}"
        found = re.search(r'/password">.*?name="form_id" value="([^"]+)"', await owner.get(page), re.DOTALL)
        assert found is not None
        link = _shown_link(await owner.send(f"{page}/password", page, form_id=found[1]))
        new = {"password": "another few words", "password_again": "another few words"}
        for use in ({**new, "password_again": ""}, new):
            answer = await vera.send(link, **use)
            again = await owner.send(f"{page}/password", page, form_id=found[1])
            assert (again.status_code, again.headers["location"]) == (303, f"{page}?done=shown")
        assert answer.status_code == 303
        assert "had been sent before" in await owner.get(again.headers["location"])
        assert await stack.count("operator_link", GOOD) == 0
        assert await stack.count("audit_event", "action = 'operator_link.created'") == 1


async def test_roles_change_and_the_last_owner_stays_one(stack: Stack) -> None:
    vera = await make_operator(stack, "viewer", "vera@example.com")
    async with await signed_in(stack) as owner:
        async with stack.engine.connect() as connection:
            own = await connection.scalar(text("SELECT id FROM operator WHERE role = 'owner'"))
        for change in ({"role": "operator", "access": "enabled"}, {"role": "owner", "access": "disabled"}):
            refused = await owner.send(f"/dashboard/operators/{own}", **change)
            assert (refused.status_code, "The last owner" in refused.text) == (422, True)
        page = f"/dashboard/operators/{vera}"
        assert (await owner.send(page, role="owner", access="enabled")).status_code == 303
        assert (await owner.send(f"/dashboard/operators/{own}", role="viewer", access="enabled")).status_code == 303
        await owner.get("/dashboard/operators", expect=403)
    async with await signed_in(stack, "owner", "second@example.com") as second:
        assert (await second.send(page, role="owner", access="disabled")).status_code == 303
        assert "Disabled" in await second.get("/dashboard/operators")
        log = await second.get("/dashboard/operators/audit-log")
        assert "operator.updated" in log


async def test_owners_who_disable_each_other_at_the_same_moment_leave_one(stack: Stack) -> None:
    async with (
        await signed_in(stack, "owner", "a@example.com") as first,
        await signed_in(stack, "owner", "b@example.com") as second,
    ):
        async with stack.engine.connect() as connection:
            ids = list((await connection.execute(text("SELECT id FROM operator ORDER BY email"))).scalars())
        pages = [f"/dashboard/operators/{one}" for one in ids]
        await asyncio.gather(
            first.send(pages[1], role="owner", access="disabled"),
            second.send(pages[0], role="owner", access="disabled"),
        )
    assert await stack.count("operator", "disabled_at IS NULL") == 1
