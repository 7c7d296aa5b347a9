"""/platform/v1/whatsapp/contacts, as Kapso documents it."""

from typing import Any

import pytest
from sqlalchemy import text

from tests.factories import make_project, text_message, webhook
from tests.platform_api import PlatformApi, audit_lines, cursor_pages, every_page_size, numbered_pages
from tests.stack import Stack
from tests.waiting import eventually

CONTACTS = "/whatsapp/contacts"
FIELDS = {
    *("id", "wa_id", "business_scoped_user_id", "parent_business_scoped_user_id", "username", "profile_name"),
    *("display_name", "customer_id", "metadata", "created_at", "updated_at"),
}
ANA = "5215555550100"


def _body(**fields: Any) -> dict[str, Any]:
    return {"contact": fields}


async def _ana_writes(stack: Stack, phone_number_id: str | None = None) -> str:
    """The id of her conversation."""
    number = phone_number_id or stack.project.phone_number_id
    await stack.post_webhook(webhook(number, messages=[text_message("hola", wa_id=ANA)]))
    conversation = text("SELECT id FROM conversation WHERE phone_number_id = :number")

    async def find() -> Any:
        async with stack.engine.connect() as connection:
            return await connection.scalar(conversation, {"number": number})

    return str(await eventually(find))


async def test_a_contact_is_created_found_by_each_of_its_names_changed_and_erased(stack: Stack) -> None:
    api = PlatformApi(stack)
    made = await api.create(
        CONTACTS,
        _body(
            wa_id="+1 (555) 010-0199",
            profile_name="Bea",
            display_name=" ",
            customer_id=str(stack.project.customer_id),
            metadata={"tier": "gold", "tags": [1, None]},
        ),
    )
    assert set(made) == FIELDS
    assert {name: made[name] for name in FIELDS - {"id", "created_at", "updated_at"}} == {
        "wa_id": "15550100199",
        "business_scoped_user_id": None,
        "parent_business_scoped_user_id": None,
        "username": None,
        "profile_name": "Bea",
        "display_name": None,
        "customer_id": str(stack.project.customer_id),
        "metadata": {"tier": "gold", "tags": [1, None]},
    }
    async with stack.engine.begin() as connection:
        await connection.execute(
            text("INSERT INTO contact_identity (project_id, kind, value, contact_id)"
                 " VALUES (:project, 'bsuid', 'US.1', :id), (:project, 'parent_bsuid', 'US.ENT.2', :id)"),
            {"project": stack.project.id, "id": made["id"]},
        )  # fmt: skip
    known = made | {"business_scoped_user_id": "US.1", "parent_business_scoped_user_id": "US.ENT.2"}
    for identifier in (made["id"], "15550100199", "%2B15550100199", "US.1", "US.ENT.2"):
        assert (await api.get(f"{CONTACTS}/{identifier}"))["data"] == known, identifier
    for identifier in ("15550100198", "US.3", "x", stack.project.user_id):
        answer = await api.answer("GET", f"{CONTACTS}/{identifier}")
        assert (answer.status_code, answer.json()["error"]) == (404, "WhatsApp contact not found"), identifier

    path = f"{CONTACTS}/15550100199"
    changed = await api.change(path, _body(display_name=" Beatriz ", metadata=None, customer_id=None))
    assert (changed["display_name"], changed["metadata"], changed["customer_id"]) == ("Beatriz", {}, None)
    assert changed["profile_name"] == "Bea"
    assert await api.change(path, _body(display_name="Beatriz")) == changed
    moved = await api.change(path, _body(wa_id="15550100200"))
    assert moved["wa_id"] == "15550100200"
    assert (await api.answer("GET", path)).status_code == 404
    assert (await api.get(f"{CONTACTS}/15550100200"))["data"] == moved
    await api.remove(f"{CONTACTS}/US.ENT.2")
    for method, body in (("GET", None), ("PATCH", _body()), ("DELETE", None)):
        assert (await api.answer(method, f"{CONTACTS}/{made['id']}", body)).status_code == 404
    assert await audit_lines(stack) == [
        ("contact.created", made["id"], {}),
        ("contact.updated", made["id"], {}),  # what it quoted went with the person
        ("contact.updated", made["id"], {}),
        ("contact.erased", made["id"], {}),
    ]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, {"wa_id"}),
        ({"wa_id": 15550100, "display_name": 7, "metadata": []}, {"wa_id", "display_name", "metadata"}),
        (
            {"wa_id": "Ana", "customer_id": "x", "metadata": {"x": "y" * 20_000}, "profile_name": 7},
            {"wa_id", "customer_id", "metadata", "profile_name"},
        ),
        ({"wa_id": ANA, "customer_id": "018f0000-0000-7000-8000-000000000000"}, {"wa_id", "customer_id"}),
        ({"wa_id": ANA}, {"wa_id"}),  # she has written
        ({"wa_id": "525555550100"}, {"wa_id"}),  # the same subscriber, written the other way
        ({"wa_id": "15550100", "profile_name": "x" * 201, "customer_id": "x"}, {"profile_name", "customer_id"}),
    ],
)
async def test_every_wrong_field_is_named(stack: Stack, fields: dict[str, Any], wrong: set[str]) -> None:
    await _ana_writes(stack)
    api = PlatformApi(stack)
    assert await api.wrong_fields("POST", CONTACTS, _body(**fields)) == wrong
    other = await api.create(CONTACTS, _body(wa_id="15550199"))
    changes = {"wa_id": None, **fields}
    assert await api.wrong_fields("PATCH", f"{CONTACTS}/{other['id']}", _body(**changes)) == wrong
    assert await stack.count("contact") == 2


async def test_contacts_and_customers_of_another_project_do_not_exist(stack: Stack) -> None:
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other")
    api, others = PlatformApi(stack), PlatformApi(stack, other.api_key)
    theirs = await others.create(CONTACTS, _body(wa_id="15550100", profile_name="Theirs"))
    for identifier in (theirs["id"], "15550100"):
        path = f"{CONTACTS}/{identifier}"
        for method, body in (("GET", None), ("PATCH", _body(display_name="Mine")), ("DELETE", None)):
            assert (await api.answer(method, path, body)).status_code == 404
    assert (await api.get(CONTACTS))["data"] == []
    assert await api.wrong_fields("POST", CONTACTS, _body(wa_id="1555017", customer_id=str(other.customer_id))) == {
        "customer_id"
    }
    mine = await api.create(CONTACTS, _body(wa_id="15550100"))
    assert mine["id"] != theirs["id"]
    assert (await others.get(f"{CONTACTS}/15550100"))["data"] == theirs


async def test_the_list_is_filtered_in_either_style(stack: Stack) -> None:
    api = PlatformApi(stack)
    customer = await api.create("/customers", {"customer": {"name": "Mill", "external_customer_id": "crm-1"}})
    for wa_id, fields in (
        ("15550101", {"profile_name": "Änne 50%", "customer_id": customer["id"]}),
        ("15550102", {"profile_name": "Bo", "display_name": "Anne"}),
        ("15550103", {"customer_id": str(stack.project.customer_id)}),
    ):
        await api.create(CONTACTS, _body(wa_id=wa_id, **fields))
    async with stack.engine.begin() as connection:
        await connection.execute(
            text("INSERT INTO contact_identity (project_id, kind, value, contact_id)"
                 " SELECT project_id, 'bsuid', 'US.1', id FROM contact WHERE profile_name = 'Bo'")
        )  # fmt: skip
    middle = (await api.get(CONTACTS))["data"][1]["created_at"]

    async def last_digits(**query: Any) -> str:
        styles = [await api.get(CONTACTS, **query, **style) for style in ({}, {"limit": 10})]
        assert [set(answer) for answer in styles] == [{"data", "meta"}, {"data", "paging"}]
        first, second = (answer["data"] for answer in styles)
        assert first == second
        return "".join(row["wa_id"][-1] for row in first)

    assert await last_digits() == "321"
    assert await last_digits(customer_id=customer["id"]) == "1"
    assert await last_digits(customer_external_id="crm-1") == "1"
    assert await last_digits(customer_external_id="crm-2") == ""
    assert await last_digits(has_customer="true") == "31"
    assert await last_digits(has_customer="false") == "2"
    assert await last_digits(profile_name_contains="änn") == "1"
    assert await last_digits(profile_name_contains="anne") == "", "that is what the team calls Bo"
    assert await last_digits(profile_name_contains="%") == "1"
    assert await last_digits(wa_id_contains="+1 555 0102") == "2"
    assert await last_digits(wa_id_contains="5501") == "321"
    assert await last_digits(business_scoped_user_id="US.1") == "2"
    assert await last_digits(created_after=middle) == "32"
    assert await last_digits(created_before=middle, has_customer="true") == "1"
    wrong = await api.wrong_fields("GET", CONTACTS, has_customer="perhaps", customer_id="x", page=0, limit=101)
    assert wrong == {"has_customer", "customer_id", "page", "limit"}


@pytest.mark.parametrize(
    ("page", "per_page", "status"), [(50, 100, 200), (51, 1, 400), (250, 20, 400), (50, 20, 200), (10**12, 100, 400)]
)
async def test_numbered_pages_end_where_kapsos_end(stack: Stack, page: int, per_page: int, status: int) -> None:
    answer = await PlatformApi(stack).answer("GET", CONTACTS, page=page, per_page=per_page)
    assert answer.status_code == status
    if status == 400:
        body = answer.json()
        assert body["message"] == "legacy_offset_pagination_limit_exceeded"
        assert (body["requested_page"], body["requested_per_page"]) == (page, per_page)
        assert (body["requested_window"], body["max_page"], body["max_window"]) == (page * per_page, 50, 5000)
        assert "limit=" in body["cursor_example"]


@every_page_size
async def test_the_pages_hold_every_contact_once_in_either_style(stack: Stack, rows: int, per_page: int) -> None:
    async with stack.engine.begin() as connection:
        await connection.execute(text("DELETE FROM contact"))
        await connection.execute(
            text("INSERT INTO contact (id, project_id, phone_number, created_at) SELECT gen_random_uuid(),"
                 " :project_id, 15550000 + n, now() - make_interval(mins => n / 3) FROM generate_series(1, :rows) n"),
            {"project_id": stack.project.id, "rows": rows},
        )  # fmt: skip
    api = PlatformApi(stack)
    numbered = [row for page in await numbered_pages(api, CONTACTS, per_page) for row in page]
    assert [row for page in await cursor_pages(api, CONTACTS, per_page) for row in page] == numbered
    assert len({row["id"] for row in numbered}) == rows
    few = await cursor_pages(api, CONTACTS, per_page, wa_id_contains="155500")
    assert sum(map(len, few)) == rows


async def test_the_count_of_numbered_pages_stops_where_they_end(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.kapso.contacts.MOST_NUMBERED", 3)
    api = PlatformApi(stack)
    for index in range(5):
        await api.create(CONTACTS, _body(wa_id=f"1555010{index}"))
    assert (await api.get(CONTACTS, per_page=2))["meta"] == {
        "page": 1,
        "per_page": 2,
        "total_pages": 2,
        "total_count": 4,
    }


async def test_a_new_name_is_in_every_open_inbox_at_once_and_in_changes(stack: Stack) -> None:
    conversation_id = await _ana_writes(stack)
    token = await stack.embed()
    cursor = (await stack.get("/inbox/v1/session", token))["data"]["cursor"]
    api = PlatformApi(stack)
    async with stack.iframe(token) as iframe:
        await api.change(f"{CONTACTS}/{ANA}", _body(metadata={"seen": "by nobody"}))
        await api.change(f"{CONTACTS}/{ANA}", _body(display_name="Ana P."))
        pushed = await iframe.event("conversation.updated", 2)
        assert pushed["conversation"]["contact"]["name"] == "Ana P."
        assert len(iframe.events) == 1
    missed = (await stack.get("/inbox/v1/changes", token, since=cursor))["data"]["conversations"]
    assert [(row["id"], row["contact"]["display_name"]) for row in missed] == [(conversation_id, "Ana P.")]
    assert pushed["conversation"] == missed[0]
    assert [line for line in await audit_lines(stack) if "display_name" in line[2]] == [
        ("contact.updated", pushed["conversation"]["contact"]["id"], {"display_name": [None, "Ana P."]})
    ]


async def test_whoever_writes_from_the_new_number_is_the_same_contact(stack: Stack) -> None:
    await _ana_writes(stack)
    api = PlatformApi(stack)
    await api.change(f"{CONTACTS}/{ANA}", _body(wa_id="15550100777"))
    await stack.post_webhook(webhook(stack.project.phone_number_id, messages=[text_message("me", wa_id="15550100777")]))

    async def stored() -> bool:
        return await stack.count("message") == 2

    await eventually(stored)
    assert await stack.count("contact") == 1
    assert await stack.count("conversation") == 1


async def test_an_erased_contact_leaves_nothing_behind_and_every_open_inbox(stack: Stack) -> None:
    project = stack.project
    conversation_ids = {await _ana_writes(stack), await _ana_writes(stack, project.customer_phone_number_id)}
    await stack.post_webhook(webhook(project.phone_number_id, messages=[text_message("stays", wa_id="15550100")]))

    async def stored() -> bool:
        return await stack.count("message") == 3

    await eventually(stored)
    endpoint = await PlatformApi(stack).create(
        "/whatsapp/webhooks",
        {"whatsapp_webhook": {"url": "https://example.com/", "events": ["workflow.execution.handoff"]}},
    )
    async with stack.engine.begin() as connection:
        await connection.execute(
            text("INSERT INTO message_status (phone_number_id, wamid, wamid_key, status, occurred_at, payload)"
                 " SELECT phone_number_id, wamid, wamid_key, 'read', now(), '{}' FROM message")
        )  # fmt: skip
        await connection.execute(  # two were told and wait to be, and one is of nobody
            text("INSERT INTO webhook_delivery (id, project_id, endpoint_id, event, body, idempotency_key,"
                 " conversation_id, conversation_phone_number, status, due_at)"
                 " SELECT gen_random_uuid(), :project, :endpoint, 'x', 'Ana', gen_random_uuid(), id, '+1', status,"
                 " now() + interval '1 day' FROM (SELECT id FROM conversation UNION ALL SELECT NULL) AS c,"
                 " unnest(ARRAY['pending', 'failed']) AS status"),
            {"project": project.id, "endpoint": endpoint["id"]},
        )  # fmt: skip
    token = await stack.embed()
    async with stack.iframe(token) as iframe:
        await PlatformApi(stack).remove(f"{CONTACTS}/{ANA}")

        async def told() -> bool:
            return len(iframe.events) == 2

        await eventually(told)
        assert {event["type"] for event in iframe.events} == {"conversation.removed"}
        assert {event["conversation_id"] for event in iframe.events} == conversation_ids
    for table in ("contact", "contact_identity", "conversation", "message", "message_status"):
        assert await stack.count(table) == 1, table
    assert await stack.count("webhook_delivery") == 4
    assert await stack.count("webhook_delivery", "conversation_id NOT IN (SELECT id FROM conversation)") == 0
    assert len((await stack.get("/inbox/v1/conversations", token))["data"]) == 1


async def test_whoever_missed_that_a_contact_was_erased_hears_of_it_within_the_scope(stack: Stack) -> None:
    project, conversation_id = stack.project, await _ana_writes(stack)
    scopes: list[tuple[dict[str, Any], bool]] = [
        ({}, True),
        ({"scope_type": "phone_number", "scope_id": project.phone_number_id}, True),
        ({"scope_type": "phone_number", "scope_id": project.customer_phone_number_id}, False),
        ({"scope_type": "customer", "scope_id": str(project.customer_id)}, False),
    ]
    tokens = [(await stack.embed(**fields), is_told) for fields, is_told in scopes]
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other business")
    tokens.append((await stack.embed(other), False))
    cursor = (await stack.get("/inbox/v1/session", tokens[0][0]))["data"]["cursor"]
    await PlatformApi(stack).remove(f"{CONTACTS}/{ANA}")
    for token, is_told in tokens:
        removed = (await stack.get("/inbox/v1/changes", token, since=cursor))["data"]["removed"]
        assert [row["conversation_id"] for row in removed] == ([conversation_id] if is_told else [])


async def test_a_person_is_renamed_from_the_inbox_within_the_embeds_scope(stack: Stack) -> None:
    project = stack.project
    own, customers = await _ana_writes(stack), await _ana_writes(stack, project.customer_phone_number_id)
    token = await stack.embed(scope_type="phone_number", scope_id=project.phone_number_id)
    headers = {"Authorization": f"Bearer {token}"}

    async def rename(conversation_id: str, body: Any) -> Any:
        path = f"/inbox/v1/conversations/{conversation_id}/contact"
        return await stack.http.patch(path, json=body, headers=headers)

    async with stack.iframe(await stack.embed()) as another:
        answer = await rename(own, {"display_name": "Ana of the mill"})
        assert answer.status_code == 200
        assert answer.json()["data"]["contact"]["name"] == "Ana of the mill"

        async def both() -> bool:
            return {event["conversation"]["id"] for event in another.events} == {own, customers}

        await eventually(both)
    back = (await rename(own, {"display_name": None})).json()["data"]["contact"]
    assert (back["display_name"], back["name"]) == (None, "Ana")
    assert (await rename(customers, {"display_name": "x"})).status_code == 404
    for body in ({}, {"display_name": 7}, {"display_name": "x" * 201}):
        refused = await rename(own, body)
        assert (refused.status_code, list(refused.json()["errors"])) == (422, ["display_name"])
    async with stack.engine.connect() as connection:
        rows = (await connection.execute(text("SELECT * FROM audit_event ORDER BY id"))).all()
    assert [(row.action, row.actor_type, row.changes) for row in rows] == [
        ("contact.updated", "embed", {"display_name": [None, "Ana of the mill"]}),
        ("contact.updated", "embed", {"display_name": ["Ana of the mill", None]}),
    ]
