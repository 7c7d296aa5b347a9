"""/platform/v1/customers, as Kapso documents it."""

from typing import Any

import pytest
from sqlalchemy import text

from tests.factories import make_project, text_message, webhook
from tests.platform_api import PlatformApi, audit_lines, every_page_size, numbered_pages
from tests.stack import Stack
from tests.waiting import eventually

FIELDS = {"id", "name", "external_customer_id", "created_at", "updated_at"}


async def test_a_customer_is_created_read_changed_and_deleted(stack: Stack) -> None:
    api = PlatformApi(stack)
    made = await api.create("/customers", {"customer": {"name": "Larch", "external_customer_id": "crm-1", "x": 1}})
    assert set(made) == FIELDS
    assert (made["name"], made["external_customer_id"]) == ("Larch", "crm-1")
    path = f"/customers/{made['id']}"
    assert (await api.get(path))["data"] == made
    renamed = await api.change(path, {"customer": {"name": "Larch Hotels"}})
    assert (renamed["name"], renamed["external_customer_id"]) == ("Larch Hotels", "crm-1")
    assert renamed["updated_at"] > made["updated_at"]
    assert await api.change(path, {"customer": {}}) == renamed
    assert (await api.change(path, {"customer": {"external_customer_id": None}}))["external_customer_id"] is None
    await api.remove(path)
    for method, body in (("GET", None), ("PATCH", {"customer": {}}), ("DELETE", None)):
        answer = await api.answer(method, path, body)
        assert (answer.status_code, answer.json()["error"]) == (404, "Customer not found")
    assert await audit_lines(stack) == [
        ("customer.created", made["id"], {"name": [None, "Larch"], "external_customer_id": [None, "crm-1"]}),
        ("customer.updated", made["id"], {"name": ["Larch", "Larch Hotels"]}),
        ("customer.updated", made["id"], {"external_customer_id": ["crm-1", None]}),
        ("customer.deleted", made["id"], {}),
    ]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, {"name"}),
        ({"name": "", "external_customer_id": 7}, {"name", "external_customer_id"}),
        ({"name": "x" * 201, "external_customer_id": "x" * 201}, {"name", "external_customer_id"}),
        ({"name": "a\x00b"}, {"name"}),
    ],
)
async def test_every_wrong_field_is_named(stack: Stack, fields: dict[str, Any], wrong: set[str]) -> None:
    api = PlatformApi(stack)
    assert await api.wrong_fields("POST", "/customers", {"customer": fields}) == wrong
    path = f"/customers/{stack.project.customer_id}"
    assert await api.wrong_fields("PATCH", path, {"customer": {"name": None, **fields}}) >= wrong
    assert await stack.count("customer") == 1
    assert await audit_lines(stack) == []


async def test_an_external_id_names_one_customer_of_a_project(stack: Stack) -> None:
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other")
    api, others = PlatformApi(stack), PlatformApi(stack, other.api_key)
    customer = {"customer": {"name": "Larch", "external_customer_id": "crm-1"}}
    first = await api.create("/customers", customer)
    assert await api.wrong_fields("POST", "/customers", customer) == {"external_customer_id"}
    second = await api.create("/customers", {"customer": {"name": "Other"}})
    assert await api.wrong_fields("PATCH", f"/customers/{second['id']}", customer) == {"external_customer_id"}
    assert (await api.change(f"/customers/{first['id']}", customer))["external_customer_id"] == "crm-1"
    await others.create("/customers", customer)


async def test_customers_of_another_project_do_not_exist(stack: Stack) -> None:
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other")
    api = PlatformApi(stack)
    for method, body in (("GET", None), ("PATCH", {"customer": {"name": "Mine"}}), ("DELETE", None)):
        assert (await api.answer(method, f"/customers/{other.customer_id}", body)).status_code == 404
    listed = (await api.get("/customers"))["data"]
    assert [row["id"] for row in listed] == [str(stack.project.customer_id)]
    assert await stack.count("customer", "name = 'Larch Hotels'") == 2


async def test_the_list_is_filtered(stack: Stack) -> None:
    api = PlatformApi(stack)
    for name, external_id in (("Old Mill", "m-1"), ("OLDER 100%", "m-2"), ("New", None)):
        await api.create("/customers", {"customer": {"name": name, "external_customer_id": external_id}})
    third = (await api.get("/customers"))["data"][0]["created_at"]

    async def names(**query: Any) -> list[str]:
        return [row["name"] for row in (await api.get("/customers", **query))["data"]]

    assert await names() == ["New", "OLDER 100%", "Old Mill", "Larch Hotels"]
    assert await names(name_contains="old") == ["OLDER 100%", "Old Mill"]
    assert await names(name_contains="%") == ["OLDER 100%"]
    assert await names(external_customer_id="m-1") == ["Old Mill"]
    assert await names(created_after=third) == ["New"]
    assert await names(created_before=third, name_contains="e") == ["New", "OLDER 100%", "Larch Hotels"]
    wrong = await api.wrong_fields("GET", "/customers", page=0, per_page=0, created_after="x", created_before="y")
    assert wrong == {"page", "per_page", "created_after", "created_before"}


async def test_of_more_rows_than_a_page_holds_there_are_as_many_as_it_does(stack: Stack) -> None:
    api = PlatformApi(stack)
    async with stack.engine.begin() as connection:
        await connection.execute(
            text("INSERT INTO customer (id, project_id, name) SELECT gen_random_uuid(), :project_id, 'c' || n"
                 " FROM generate_series(1, 101) n"),
            {"project_id": stack.project.id},
        )  # fmt: skip
    for path, per_page in (("/customers", 101), ("/customers", 10**30), ("/whatsapp/contacts", 1000)):
        answer = await api.get(path, per_page=per_page)
        assert answer["meta"]["per_page"] == 100
    assert len((await api.get("/customers", per_page=101))["data"]) == 100


@every_page_size
async def test_the_pages_hold_every_customer_once(stack: Stack, rows: int, per_page: int) -> None:
    async with stack.engine.begin() as connection:
        await connection.execute(text("DELETE FROM customer"))
        await connection.execute(
            text("INSERT INTO customer (id, project_id, name, created_at) SELECT gen_random_uuid(), :project_id,"
                 " 'c' || n, now() - make_interval(mins => n / 3) FROM generate_series(1, :rows) n"),
            {"project_id": stack.project.id, "rows": rows},
        )  # fmt: skip
    api = PlatformApi(stack)
    whole = (await api.get("/customers", per_page=100))["data"]
    assert len(whole) == rows
    assert [row["created_at"] for row in whole] == sorted((row["created_at"] for row in whole), reverse=True)
    pages = await numbered_pages(api, "/customers", per_page)
    assert [row for page in pages for row in page] == whole
    assert all(len(page) == per_page for page in pages[:-1])


async def test_a_deleted_customer_leaves_numbers_and_conversations_and_its_embeds_are_revoked(stack: Stack) -> None:
    project = stack.project
    await stack.post_webhook(webhook(project.customer_phone_number_id, messages=[text_message("hi")]))

    async def stored() -> bool:
        return await stack.count("conversation", f"customer_id = '{project.customer_id}'") == 1

    await eventually(stored)
    api = PlatformApi(stack)
    await stack.embed(scope_type="customer", scope_id=str(project.customer_id))
    async with stack.engine.begin() as connection:
        await connection.execute(text("UPDATE inbox_embed SET revoked_at = now()"))
    theirs = await stack.embed(scope_type="customer", scope_id=str(project.customer_id))
    whole = await stack.embed()
    async with stack.iframe(theirs) as iframe, stack.iframe(whole) as another:
        await api.remove(f"/customers/{project.customer_id}")

        async def closed() -> bool:
            return bool(iframe.closed) and not iframe.client.connected

        await eventually(closed)
        assert iframe.closed == [{"code": "revoked_token"}]
        assert another.client.connected
    assert await stack.count("phone_number", "customer_id IS NULL") == 2
    assert await stack.count("conversation", "customer_id IS NULL") == 1
    refused = await stack.http.get("/inbox/v1/session", headers={"Authorization": f"Bearer {theirs}"})
    assert (refused.status_code, refused.json()["code"]) == (401, "revoked_token")
    shown = (await api.get("/inbox_embeds", status="revoked"))["data"]
    assert [(one["scope_type"], one["scope_id"], one["scope_name"]) for one in shown] == [("customer", None, None)] * 2
    assert [line for line in await audit_lines(stack) if line[0] == "inbox_embed.revoked"] == [
        ("inbox_embed.revoked", shown[0]["id"], {"scope_id": [str(project.customer_id), None]})
    ]
    assert len((await stack.get("/inbox/v1/conversations", whole))["data"]) == 1
