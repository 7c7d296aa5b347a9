"""/platform/v1/users: Kapso's two reads, and what a self-hosted installation needs beyond them."""

from typing import Any

import pytest
from sqlalchemy import text

from shared.ids import new_id
from tests.factories import make_project, text_message, webhook
from tests.platform_api import PlatformApi, audit_lines, every_page_size, numbered_pages
from tests.stack import Stack
from tests.waiting import eventually

ANA = {"email": "ana@example.com", "name": "Ana Ribeiro", "role": "member"}


async def test_a_person_is_added_read_changed_and_removed(stack: Stack) -> None:
    api = PlatformApi(stack)
    made = await api.create("/users", {"user": {"email": "Joan@Example.com", "name": "Joan", "role": "admin"}})
    assert isinstance(made.pop("id"), int)
    user_id = made.pop("user_id")
    assert made == {"email": "joan@example.com", "name": "Joan", "role": "admin"}
    path = f"/users/{user_id}"
    assert (await api.get(path))["data"] | made == (await api.get(path))["data"]
    changed = await api.change(path, {"user": {"role": "owner", "email": "JOAN@example.com"}})
    assert (changed["role"], changed["name"], changed["email"]) == ("owner", "Joan", "joan@example.com")
    await api.remove(path)
    for method, body in (("GET", None), ("PATCH", {"user": {}}), ("DELETE", None)):
        assert (await api.answer(method, path, body)).status_code == 404
    assert await audit_lines(stack) == [
        (
            "user.created",
            user_id,
            {"email": [None, "Joan@Example.com"], "name": [None, "Joan"], "role": [None, "admin"]},
        ),
        ("user.updated", user_id, {"role": ["admin", "owner"]}),
        ("user.deleted", user_id, {}),
    ]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, {"email", "name"}),
        ({"email": "ana", "name": "", "role": "king"}, {"email", "name", "role"}),
        ({"email": f"{'a' * 250}@b.cd", "name": "Ana"}, {"email"}),
        ({"email": "ANA@example.com", "name": "Ana"}, {"email"}),  # she is there already
    ],
)
async def test_every_wrong_field_is_named(stack: Stack, fields: dict[str, Any], wrong: set[str]) -> None:
    assert await PlatformApi(stack).wrong_fields("POST", "/users", {"user": fields}) == wrong
    assert await stack.count("team_member") == 1


async def test_an_email_names_one_person_of_a_project(stack: Stack) -> None:
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other")
    api = PlatformApi(stack)
    joan = await api.create("/users", {"user": {"email": "joan@example.com", "name": "Joan"}})
    path = f"/users/{joan['user_id']}"
    assert await api.wrong_fields("PATCH", path, {"user": {"email": "Ana@example.com"}}) == {"email"}
    await PlatformApi(stack, other.api_key).create("/users", {"user": {"email": "joan@example.com", "name": "Joan"}})


async def test_people_of_another_project_do_not_exist(stack: Stack) -> None:
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other")
    api = PlatformApi(stack)
    for method, body in (("GET", None), ("PATCH", {"user": {"name": "X"}}), ("DELETE", None)):
        assert (await api.answer(method, f"/users/{other.user_id}", body)).status_code == 404
    listed = (await api.get("/users"))["data"]
    assert [(row["user_id"], {name: row[name] for name in ANA}) for row in listed] == [
        (str(stack.project.user_id), ANA)
    ]
    assert await stack.count("team_member", "name = 'Ana Ribeiro'") == 2


@every_page_size
async def test_the_pages_hold_every_person_once(stack: Stack, rows: int, per_page: int) -> None:
    async with stack.engine.begin() as connection:
        await connection.execute(text("DELETE FROM team_member"))
        await connection.execute(
            text("INSERT INTO team_member (id, project_id, name, email, created_at) SELECT gen_random_uuid(),"
                 " :project_id, 'u', n || '@x', now() - make_interval(mins => n / 3) FROM generate_series(1, :rows) n"),
            {"project_id": stack.project.id, "rows": rows},
        )  # fmt: skip
    pages = await numbered_pages(PlatformApi(stack), "/users", per_page)
    assert len({row["user_id"] for page in pages for row in page}) == rows


async def test_what_was_assigned_to_a_person_who_is_removed_becomes_unassigned_at_once(stack: Stack) -> None:
    project = stack.project
    for wa_id in ("15550100", "15550101"):
        await stack.post_webhook(webhook(project.phone_number_id, messages=[text_message("hi", wa_id=wa_id)]))

    async def stored() -> bool:
        return await stack.count("conversation") == 2

    await eventually(stored)
    async with stack.engine.begin() as connection:
        conversation_id = await connection.scalar(
            text("UPDATE conversation SET assignee_id = :user WHERE id = (SELECT min(id::text)::uuid FROM conversation)"
                 " RETURNING id"),
            {"user": project.user_id},
        )  # fmt: skip
        await connection.execute(
            text("INSERT INTO assignment (id, conversation_id, user_id) VALUES (:id, :conversation, :user)"),
            {"id": new_id(), "conversation": conversation_id, "user": project.user_id},
        )
    whole, assigned = await stack.embed(), await stack.embed(assigned_user_id=str(project.user_id))
    cursor = (await stack.get("/inbox/v1/session", whole))["data"]["cursor"]
    async with stack.iframe(whole) as everybody, stack.iframe(assigned) as theirs:
        await PlatformApi(stack).remove(f"/users/{project.user_id}")
        pushed = await everybody.event("conversation.updated", 2)
        assert (pushed["conversation"]["id"], pushed["conversation"]["assigned_user_id"]) == (
            str(conversation_id),
            None,
        )

        async def closed() -> bool:
            return theirs.closed == [{"code": "revoked_token"}] and not theirs.client.connected

        await eventually(closed)
        assert [event["type"] for event in everybody.events] == ["conversation.updated"]
    missed = (await stack.get("/inbox/v1/changes", whole, since=cursor))["data"]["conversations"]
    assert {row["id"]: row["assigned_user_id"] for row in missed}[str(conversation_id)] is None
    refused = await stack.http.get("/inbox/v1/session", headers={"Authorization": f"Bearer {assigned}"})
    assert (refused.status_code, refused.json()["code"]) == (401, "revoked_token")
    (shown,) = (await PlatformApi(stack).get("/inbox_embeds", status="revoked"))["data"]
    assert (shown["scope_type"], shown["assigned_user_id"]) == ("project", None)
    assert (await audit_lines(stack))[-1] == (
        "inbox_embed.revoked",
        shown["id"],
        {"assigned_user_id": [str(project.user_id), None]},
    )
    assert await stack.count("assignment") == 0
