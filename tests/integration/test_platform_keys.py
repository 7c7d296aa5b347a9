"""/platform/v1/api_keys: made, listed and revoked, but never all of them."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from shared.crypto import token_hash
from tests.factories import make_project
from tests.platform_api import PlatformApi, audit_lines, every_page_size, numbered_pages
from tests.stack import Stack


async def test_a_key_is_shown_once_opens_the_project_and_is_revoked_at_once(stack: Stack) -> None:
    api = PlatformApi(stack)
    made = await api.create("/api_keys", {"api_key": {"name": "CRM"}})
    secret = made.pop("key")
    assert len(secret) == 43
    assert set(made) == {"id", "name", "created_at", "last_used_at", "revoked_at"}
    async with stack.engine.connect() as connection:
        stored = await connection.scalar(text("SELECT key_hash FROM api_key WHERE name = 'CRM'"))
    assert stored == token_hash(secret)

    second = PlatformApi(stack, secret)
    listed = (await second.get("/api_keys"))["data"]
    assert [(row["name"], row["revoked_at"]) for row in listed] == [("CRM", None), ("tests", None)]
    assert all(row["last_used_at"] for row in listed)
    assert secret not in str(listed)

    for _ in range(2):  # again changes nothing
        await api.remove(f"/api_keys/{made['id']}")
    assert (await second.answer("GET", "/api_keys")).status_code == 401
    assert (await api.get("/api_keys"))["data"][0]["revoked_at"] is not None
    assert await audit_lines(stack) == [
        ("api_key.created", made["id"], {"name": [None, "CRM"]}),
        ("api_key.revoked", made["id"], {}),
    ]


async def test_a_key_may_revoke_itself_unless_it_is_the_last(stack: Stack) -> None:
    first = PlatformApi(stack)
    (own,) = (await first.get("/api_keys"))["data"]
    refused = await first.answer("DELETE", f"/api_keys/{own['id']}")
    assert (refused.status_code, refused.json()["code"]) == (422, "last_api_key")
    made = await first.create("/api_keys", {"api_key": {"name": "CRM"}})
    await first.remove(f"/api_keys/{own['id']}")
    assert (await first.answer("GET", "/api_keys")).status_code == 401
    second = PlatformApi(stack, made["key"])
    assert (await second.answer("DELETE", f"/api_keys/{made['id']}")).status_code == 422
    assert await stack.count("api_key", "revoked_at IS NULL") == 1


async def test_keys_that_revoke_each_other_at_the_same_moment_do_not_lock_everybody_out(stack: Stack) -> None:
    first = PlatformApi(stack)
    for _ in range(5):
        made = await first.create("/api_keys", {"api_key": {"name": "CRM"}})
        second = PlatformApi(stack, made["key"])
        own = next(row["id"] for row in (await first.get("/api_keys"))["data"] if row["name"] == "tests")
        async with stack.engine.begin() as connection:  # only these two are left
            await connection.execute(
                text("UPDATE api_key SET revoked_at = now() WHERE id <> ALL(:ids) AND revoked_at IS NULL"),
                {"ids": [made["id"], own]},
            )
        await asyncio.gather(
            first.answer("DELETE", f"/api_keys/{made['id']}"), second.answer("DELETE", f"/api_keys/{own}")
        )
        assert await stack.count("api_key", "revoked_at IS NULL") == 1
        async with stack.engine.begin() as connection:
            await connection.execute(text("UPDATE api_key SET revoked_at = NULL WHERE name = 'tests'"))


@pytest.mark.parametrize("fields", [{}, {"name": ""}, {"name": 7}, {"name": "x" * 201}])
async def test_a_wrong_name_is_named(stack: Stack, fields: dict[str, Any]) -> None:
    assert await PlatformApi(stack).wrong_fields("POST", "/api_keys", {"api_key": fields}) == {"name"}


async def test_keys_of_another_project_do_not_exist(stack: Stack) -> None:
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other")
        theirs = await connection.scalar(text("SELECT id FROM api_key WHERE project_id = :id"), {"id": other.id})
    api = PlatformApi(stack)
    assert (await api.answer("DELETE", f"/api_keys/{theirs}")).status_code == 404
    assert len((await api.get("/api_keys"))["data"]) == 1


@every_page_size
async def test_the_pages_hold_every_key_once(stack: Stack, rows: int, per_page: int) -> None:
    async with stack.engine.begin() as connection:
        await connection.execute(text("DELETE FROM api_key WHERE name <> 'tests'"))
        await connection.execute(
            text("INSERT INTO api_key (id, project_id, name, key_hash, created_at) SELECT gen_random_uuid(),"
                 " :project_id, 'k', int4send(n), now() - make_interval(mins => n / 3)"
                 " FROM generate_series(1, :rows) n"),
            {"project_id": stack.project.id, "rows": rows},
        )  # fmt: skip
    pages = await numbered_pages(PlatformApi(stack), "/api_keys", per_page)
    assert len({row["id"] for page in pages for row in page}) == rows + 1
