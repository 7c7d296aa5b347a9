"""Customers and the team in the dashboard."""

import re
from typing import Any

import pytest
from sqlalchemy import text

from shared.ids import new_id
from tests.dashboard import signed_in
from tests.factories import make_project
from tests.stack import Stack
from tests.waiting import eventually

CUSTOMER = {"name": "Birch & Sons", "external_customer_id": "crm-7"}
PERSON = {"name": "Ben Carter", "email": "Ben@Example.com", "role": "admin"}


async def _actions(stack: Stack) -> list[str]:
    async with stack.engine.connect() as connection:
        query = text("SELECT action FROM audit_event WHERE actor_type = 'operator' ORDER BY created_at, id")
        return list((await connection.execute(query)).scalars())


async def _id(stack: Stack, table: str, name: str) -> Any:
    async with stack.engine.connect() as connection:
        return await connection.scalar(text(f"SELECT id FROM {table} WHERE name = :name"), {"name": name})


@pytest.mark.parametrize(
    ("section", "table", "fields", "kind", "unique"),
    [
        ("customers", "customer", CUSTOMER, "customer", "external_customer_id"),
        ("team", "team_member", PERSON, "user", "email"),
    ],
)
async def test_one_is_added_found_changed_and_deleted(
    stack: Stack, section: str, table: str, fields: dict[str, str], kind: str, unique: str
) -> None:
    async with await signed_in(stack, "operator") as browser:
        page, form_id = f"{browser.root}/{section}", str(new_id())
        for _ in range(2):  # the second changes nothing
            answer = await browser.send(page, f"{page}/new", **fields, form_id=form_id)
            assert answer.status_code == 303, answer.text
        assert await stack.count(table, f"id = '{form_id}' AND name = '{fields['name']}'") == 1
        taken = await browser.send(page, f"{page}/new", **{**fields, "name": "Another"})
        assert taken.status_code == 422
        assert re.findall(r'id="(\w+)-error"', taken.text) == [unique]
        empty = await browser.send(page, f"{page}/new", **{**fields, "name": "", unique: "other@example.com"})
        assert re.findall(r'id="(\w+)-error"', empty.text) == ["name"]
        first_word = fields["name"].split()[0]
        found = await browser.get(page, words=first_word.upper())
        assert first_word in found
        assert first_word not in await browser.get(page, words="%")
        edit = f"{page}/{form_id}/edit"
        assert fields["name"].split()[0] in await browser.get(edit)
        changed = await browser.send(edit, **{**fields, "name": "Renamed"})
        assert changed.status_code == 303
        assert (await browser.send(edit, **{**fields, "name": "x" * 201})).status_code == 422
        assert (await browser.send(f"{page}/{form_id}/delete")).status_code == 303
        assert await stack.count(table, f"id = '{form_id}'") == 0
        await browser.get(edit, expect=404)
    assert await _actions(stack) == [f"{kind}.created", f"{kind}.updated", f"{kind}.deleted"]


@pytest.mark.parametrize(("section", "table"), [("customers", "customer"), ("team", "team_member")])
async def test_those_of_another_project_do_not_exist(stack: Stack, section: str, table: str) -> None:
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other")
        await connection.execute(text(f"UPDATE {table} SET name = 'Theirs' WHERE project_id = :id"), {"id": other.id})
    theirs = await _id(stack, table, "Theirs")
    async with await signed_in(stack) as browser:
        page = f"{browser.root}/{section}"
        assert "Theirs" not in await browser.get(page)
        for path in ("edit", "delete"):
            await browser.get(f"{page}/{theirs}/{path}", expect=404)
            answer = await browser.send(f"{page}/{theirs}/{path}", f"{page}/new", **{**CUSTOMER, **PERSON})
            assert answer.status_code == 404
    assert await _id(stack, table, "Theirs") == theirs


@pytest.mark.parametrize("section", ["customers", "team"])
async def test_embeds_of_who_is_deleted_are_revoked_and_close(stack: Stack, section: str) -> None:
    project = stack.project
    fields: dict[str, Any] = (
        {"scope_type": "customer", "scope_id": str(project.customer_id)}
        if section == "customers"
        else {"assigned_user_id": str(project.user_id)}
    )
    who = project.customer_id if section == "customers" else project.user_id
    token = await stack.embed(**fields)
    async with await signed_in(stack) as browser, stack.iframe(token) as iframe:
        assert (await browser.send(f"{browser.root}/{section}/{who}/delete")).status_code == 303

        async def is_closed() -> list[dict[str, Any]]:
            return iframe.closed

        assert (await eventually(is_closed))[0]["code"] == "revoked_token"
    assert "inbox_embed.revoked" in await _actions(stack)


async def test_a_project_is_made_once_and_switched_to(stack: Stack) -> None:
    async with await signed_in(stack, "operator") as browser:
        form_id = str(new_id())
        for _ in range(2):
            answer = await browser.send("/dashboard/projects", name="Second shop", form_id=form_id)
            assert answer.status_code == 303
        assert await stack.count("project", "name = 'Second shop'") == 1
        assert "Second shop" in await browser.get(answer.headers["location"])
        assert f'href="/dashboard/{form_id}/customers"' in await browser.get(f"{browser.root}/customers")
        assert (await browser.send("/dashboard/projects", name="")).status_code == 422
