"""/platform/v1/audit_events: who did what, from where; written with the change, or not at all."""

from typing import Any

from sqlalchemy import text

from tests.factories import make_project
from tests.platform_api import PlatformApi, cursor_pages, every_page_size
from tests.stack import Stack


async def _audit(api: PlatformApi, **query: Any) -> list[Any]:
    return list((await api.get("/audit_events", **query))["data"])


async def test_a_line_says_who_did_what_from_where(stack: Stack) -> None:
    made = await stack.http.post(
        "/platform/v1/customers",
        json={"customer": {"name": "Larch"}},
        headers={"X-API-Key": stack.project.api_key, "User-Agent": "crm/1.0"},
    )
    (line,) = await _audit(PlatformApi(stack))
    (key,) = (await PlatformApi(stack).get("/api_keys"))["data"]
    assert set(line) == {
        *("id", "action", "object_type", "object_id", "changes", "actor"),
        *("address", "user_agent", "request_id", "created_at"),
    }
    assert (line["action"], line["object_type"], line["object_id"]) == (
        "customer.created",
        "customer",
        made.json()["data"]["id"],
    )
    assert line["actor"] == {"type": "api_key", "id": key["id"], "name": "tests", "user_id": None}
    assert (line["address"], line["user_agent"], line["changes"]) == ("127.0.0.1", "crm/1.0", {"name": [None, "Larch"]})
    assert line["request_id"] == made.headers["x-request-id"]


async def test_what_is_refused_leaves_no_line(stack: Stack) -> None:
    api = PlatformApi(stack)
    await api.wrong_fields("POST", "/customers", {"customer": {}})
    await api.answer("DELETE", f"/customers/{stack.project.user_id}")
    await api.wrong_fields("POST", "/users", {"user": {"email": "ana@example.com", "name": "Ana"}})
    assert await _audit(api) == []


async def test_the_log_is_filtered_and_of_one_project(stack: Stack) -> None:
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other")
    api, others = PlatformApi(stack), PlatformApi(stack, other.api_key)
    first = await api.create("/customers", {"customer": {"name": "First"}})
    await api.change(f"/customers/{first['id']}", {"customer": {"name": "1st"}})
    key = await api.create("/api_keys", {"api_key": {"name": "CRM"}})
    await PlatformApi(stack, key["key"]).create("/customers", {"customer": {"name": "Second"}})
    await others.create("/customers", {"customer": {"name": "Theirs"}})

    async def actions(**query: Any) -> list[str]:
        return [line["action"] for line in await _audit(api, **query)]

    everything = ["customer.created", "api_key.created", "customer.updated", "customer.created"]
    assert await actions() == everything
    assert await actions(action="customer.created") == ["customer.created"] * 2
    assert await actions(object_type="api_key") == ["api_key.created"]
    assert await actions(object_id=first["id"]) == ["customer.updated", "customer.created"]
    assert await actions(actor_id=key["id"]) == ["customer.created"]
    moment = (await _audit(api))[1]["created_at"]
    assert await actions(created_after=moment) == everything[:2]
    assert await actions(created_before=moment) == everything[1:]
    assert await actions(action="customer") == []
    wrong = await api.wrong_fields("GET", "/audit_events", limit=0, created_after="x", action="x" * 201)
    assert wrong == {"limit", "created_after", "action"}
    bad = await api.answer("GET", "/audit_events", after="nonsense")
    assert (bad.status_code, bad.json()["code"]) == (400, "invalid_cursor")


@every_page_size
async def test_the_pages_hold_every_line_once_forwards_and_backwards(stack: Stack, rows: int, per_page: int) -> None:
    async with stack.engine.begin() as connection:
        await connection.execute(text("DELETE FROM audit_event"))
        await connection.execute(
            text("INSERT INTO audit_event (id, project_id, actor_type, action, object_type, object_id, created_at)"
                 " SELECT gen_random_uuid(), :project_id, 'cli', 'key.made', 'key', 'k' || n % 2,"
                 " now() - make_interval(mins => n / 3) FROM generate_series(1, :rows) n"),
            {"project_id": stack.project.id, "rows": rows},
        )  # fmt: skip
    api = PlatformApi(stack)
    pages = await cursor_pages(api, "/audit_events", per_page)
    lines = [row for page in pages for row in page]
    assert len({row["id"] for row in lines}) == rows == len(lines)
    assert [row["created_at"] for row in lines] == sorted((row["created_at"] for row in lines), reverse=True)
    even = await cursor_pages(api, "/audit_events", per_page, object_type="key", object_id="k0")
    assert sum(map(len, even)) == rows // 2
