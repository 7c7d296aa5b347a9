"""Canned replies: kept by the Platform API, read by the iframes of their scope."""

from typing import Any

import pytest
from sqlalchemy import text

from shared.operations.create_canned_reply import MOST
from tests.factories import make_project
from tests.platform_api import PlatformApi, audit_lines, cursor_pages, every_page_size
from tests.stack import Stack

NOBODY = "018f0000-0000-7000-8000-000000000000"
FIELDS = {"id", "customer_id", "shortcut", "text", "created_at", "updated_at"}


async def _add(api: PlatformApi, shortcut: str, words: str = "Hello", customer_id: Any = None) -> Any:
    fields = {"shortcut": shortcut, "text": words} | ({} if customer_id is None else {"customer_id": str(customer_id)})
    return await api.create("/canned_replies", {"canned_reply": fields})


async def _fill(stack: Stack, rows: int) -> None:
    async with stack.engine.begin() as connection:
        await connection.execute(text("DELETE FROM canned_reply"))
        await connection.execute(
            text("INSERT INTO canned_reply (id, project_id, shortcut, text, created_at)"
                 " SELECT gen_random_uuid(), :project_id, 's' || n, 'text', now() - make_interval(mins => n / 3)"
                 " FROM generate_series(1, :rows) n"),
            {"project_id": stack.project.id, "rows": rows},
        )  # fmt: skip


async def test_one_is_created_read_changed_and_deleted(stack: Stack) -> None:
    api = PlatformApi(stack)
    made = await _add(api, "Hours", "We are open.")
    assert set(made) == FIELDS
    assert (made["shortcut"], made["text"], made["customer_id"]) == ("hours", "We are open.", None)
    path = f"/canned_replies/{made['id']}"
    assert (await api.get(path))["data"] == made
    changed = await api.change(path, {"canned_reply": {"text": "We are closed.", "customer_id": NOBODY}})
    assert (changed["shortcut"], changed["text"], changed["customer_id"]) == ("hours", "We are closed.", None)
    assert changed["updated_at"] > made["updated_at"]
    assert await api.change(path, {"canned_reply": {}}) == changed
    await api.remove(path)
    for method, body in (("GET", None), ("PATCH", {"canned_reply": {}}), ("DELETE", None)):
        answer = await api.answer(method, path, body)
        assert (answer.status_code, answer.json()["error"]) == (404, "Canned reply not found")
    assert await audit_lines(stack) == [
        ("canned_reply.created", made["id"], {"shortcut": [None, "Hours"], "text": [None, "We are open."]}),
        ("canned_reply.updated", made["id"], {"text": ["We are open.", "We are closed."]}),
        ("canned_reply.deleted", made["id"], {}),
    ]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, {"shortcut", "text"}),
        ({"shortcut": "a b", "text": " \n"}, {"shortcut", "text"}),
        ({"shortcut": "/a", "text": "x" * 4097}, {"shortcut", "text"}),
        ({"shortcut": "x" * 41, "text": 7, "customer_id": "x"}, {"shortcut", "text", "customer_id"}),
        ({"shortcut": "ok", "text": "a\x00b"}, {"text"}),
        ({"shortcut": "TAKEN", "text": ""}, {"shortcut", "text"}),
        ({"shortcut": "ok", "text": "", "customer_id": NOBODY}, {"text", "customer_id"}),
        ({"shortcut": "ok", "text": "ok", "customer_id": NOBODY}, {"customer_id"}),
        ({"shortcut": "taken", "text": "ok"}, {"shortcut"}),
    ],
)
async def test_every_wrong_field_is_named(stack: Stack, fields: dict[str, Any], wrong: set[str]) -> None:
    api = PlatformApi(stack)
    await _add(api, "taken")
    another = await _add(api, "another")
    assert await api.wrong_fields("POST", "/canned_replies", {"canned_reply": fields}) == wrong
    if changeable := wrong - {"customer_id"}:
        path = f"/canned_replies/{another['id']}"
        changes = {"shortcut": None, "text": None} | fields
        assert await api.wrong_fields("PATCH", path, {"canned_reply": changes}) == changeable


async def test_a_shortcut_is_one_of_its_kind_in_the_project_and_for_each_customer(stack: Stack) -> None:
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other")
    api, others = PlatformApi(stack), PlatformApi(stack, other.api_key)
    customer_id = str(stack.project.customer_id)
    for customer in ({}, {"customer_id": customer_id}):
        wanted = {"canned_reply": {"shortcut": "hours", "text": "x", **customer}}
        await api.create("/canned_replies", wanted)
        assert await api.wrong_fields("POST", "/canned_replies", wanted) == {"shortcut"}
    theirs = await _add(others, "hours")
    second = await _add(api, "second")
    changes = {"canned_reply": {"shortcut": "HOURS"}}
    assert await api.wrong_fields("PATCH", f"/canned_replies/{second['id']}", changes) == {"shortcut"}
    for method, body in (("GET", None), ("PATCH", changes), ("DELETE", None)):
        assert (await api.answer(method, f"/canned_replies/{theirs['id']}", body)).status_code == 404
    of_other = {"canned_reply": {"shortcut": "x", "text": "x", "customer_id": str(other.customer_id)}}
    assert await api.wrong_fields("POST", "/canned_replies", of_other) == {"customer_id"}
    listed = (await api.get("/canned_replies"))["data"]
    assert [row["shortcut"] for row in listed] == ["second", "hours", "hours"]
    assert [row["customer_id"] for row in (await api.get("/canned_replies", customer_id=customer_id))["data"]] == [
        customer_id
    ]


@every_page_size
async def test_the_pages_hold_every_one_once(stack: Stack, rows: int, per_page: int) -> None:
    await _fill(stack, rows)
    pages = await cursor_pages(PlatformApi(stack), "/canned_replies", per_page)
    listed = [row for page in pages for row in page]
    assert {row["shortcut"] for row in listed} == {f"s{n}" for n in range(1, rows + 1)}
    assert [row["created_at"] for row in listed] == sorted((row["created_at"] for row in listed), reverse=True)


async def test_there_is_an_end_to_how_many_there_are(stack: Stack) -> None:
    api = PlatformApi(stack)
    await _fill(stack, MOST - 1)
    await _add(api, "last")
    answer = await api.answer("POST", "/canned_replies", {"canned_reply": {"shortcut": "more", "text": "x"}})
    assert (answer.status_code, answer.json()["code"]) == (422, "too_many_canned_replies")
    await _add(api, "theirs", customer_id=stack.project.customer_id)


async def test_an_iframe_has_those_of_its_scope(stack: Stack) -> None:
    project = stack.project
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other")
    api = PlatformApi(stack)
    another = await api.create("/customers", {"customer": {"name": "Rowan"}})
    await _add(PlatformApi(stack, other.api_key), "foreign")
    await _add(api, "hours", "Ours")
    await _add(api, "address", "Ours")
    await _add(api, "hours", "Larch", project.customer_id)
    await _add(api, "larch", "Larch", project.customer_id)
    await _add(api, "rowan", "Rowan", another["id"])
    own, larch = [("address", "Ours"), ("hours", "Ours")], [("address", "Ours"), ("hours", "Larch"), ("larch", "Larch")]
    for scope, expected in (
        ({}, own),
        ({"scope_type": "customer", "scope_id": str(project.customer_id)}, larch),
        ({"scope_type": "customer", "scope_id": another["id"]}, [*own, ("rowan", "Rowan")]),
        ({"scope_type": "phone_number", "scope_id": project.phone_number_id}, own),
        ({"scope_type": "phone_number", "scope_id": project.customer_phone_number_id}, larch),
        ({"assigned_user_id": str(project.user_id)}, own),
    ):
        shown = (await stack.get("/inbox/v1/canned_replies", await stack.embed(**scope)))["data"]
        assert [(one["shortcut"], one["text"]) for one in shown] == expected
        assert all(set(one) == {"id", "shortcut", "text"} for one in shown)
    # With the customer go theirs, and become nobody else's.
    await api.remove(f"/customers/{project.customer_id}")
    shown = (await stack.get("/inbox/v1/canned_replies", await stack.embed()))["data"]
    assert [(one["shortcut"], one["text"]) for one in shown] == own
    assert await stack.count("canned_reply", "text = 'Larch'") == 0
