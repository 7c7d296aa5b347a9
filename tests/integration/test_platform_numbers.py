"""/platform/v1/whatsapp/phone_numbers: connected with what WhatsApp says of them, moved, and taken away."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.app import create_app
from cli.serve import bind, port_of, serving
from shared.crypto import decrypt
from shared.models import Contact
from shared.operations.delete_number import delete_number
from shared.operations.lock_conversations import lock_conversations
from shared.operations.update_number import NumberChanges, update_number
from shared.settings import Settings
from tests.applying import apply, apply_in
from tests.factories import ACCESS_TOKEN, ProjectRows, make_project, text_message, webhook
from tests.platform_api import PlatformApi, audit_lines, every_page_size, numbered_pages
from tests.stack import Stack
from tests.waiting import eventually

NUMBERS = "/whatsapp/phone_numbers"
FIELDS = {
    *("id", "internal_id", "phone_number_id", "name", "business_account_id", "is_coexistence"),
    *("inbound_processing_enabled", "calls_enabled", "webhook_verified_at", "customer_id", "display_name"),
    *("display_phone_number", "display_phone_number_normalized", "verified_name", "quality_rating"),
    *(
        "code_verification_status",
        "name_status",
        "status",
        "throughput_tier",
        "messages_per_second",
        "is_official_business_account",
    ),
    *("messages_per_second", "whatsapp_business_manager_messaging_limit", "is_pin_enabled", "created_at", "updated_at"),
}


def _body(**fields: Any) -> dict[str, Any]:
    return {"whatsapp_phone_number": fields}


def _number(phone_number_id: str, **fields: Any) -> dict[str, Any]:
    given = {"name": "Sales", "phone_number_id": phone_number_id, "business_account_id": "900100"}
    return _body(**given, access_token=ACCESS_TOKEN, **fields)


async def _written_to(stack: Stack, phone_number_id: str, people: int = 1) -> None:
    messages = [text_message("hi", wa_id=f"1555010{index:04d}") for index in range(people)]
    await stack.post_webhook(webhook(phone_number_id, messages=messages))

    async def stored() -> bool:
        return await stack.count("conversation", f"phone_number_id = '{phone_number_id}'") == people

    await eventually(stored)


@contextlib.asynccontextmanager
async def _without_graph(stack: Stack) -> AsyncIterator[str]:
    """The URL of another api process, for which WhatsApp is out of reach."""
    settings = msgspec.structs.replace(stack.settings, graph_url="http://127.0.0.1:1")
    with bind("127.0.0.1", 0) as sock:
        async with serving(create_app(settings), sock):
            yield f"http://127.0.0.1:{port_of(sock)}/platform/v1"


async def test_a_number_is_connected_with_what_whatsapp_says_of_it(stack: Stack) -> None:
    api, number = PlatformApi(stack), stack.project.customer_phone_number_id
    await api.remove(f"{NUMBERS}/{number}")
    made = await api.create(
        f"/customers/{stack.project.customer_id}{NUMBERS}",
        _number(number, kind="production", webhook_verify_token="x", calls_enabled=True),
    )
    assert set(made) == FIELDS
    assert {name: made[name] for name in FIELDS - {"internal_id", "created_at", "updated_at"}} == {
        "id": number,
        "phone_number_id": number,
        "name": "Sales",
        "business_account_id": "900100",
        "is_coexistence": False,
        "inbound_processing_enabled": True,
        "calls_enabled": False,
        "webhook_verified_at": None,
        "customer_id": str(stack.project.customer_id),
        "display_name": "Alder & Finch",
        "display_phone_number": f"+1 555 {number[-4:]}",
        "display_phone_number_normalized": f"1555{number[-4:]}",
        "verified_name": "Alder & Finch",
        "quality_rating": "GREEN",
        "code_verification_status": "VERIFIED",
        "messages_per_second": None,
        "name_status": "APPROVED",
        "status": "CONNECTED",
        "throughput_tier": "STANDARD",
        "whatsapp_business_manager_messaging_limit": "TIER_2K",
        "is_official_business_account": False,
        "is_pin_enabled": True,
    }
    assert (await api.get(f"{NUMBERS}/{number}"))["data"] == made
    async with stack.engine.connect() as connection:
        row = (await connection.execute(text(f"SELECT * FROM phone_number WHERE phone_number_id = '{number}'"))).one()
    assert decrypt(row.access_token, stack.settings.secret_key) == ACCESS_TOKEN
    assert row.graph_checked_at is not None
    assert await audit_lines(stack) == [
        ("phone_number.deletion_started", number, {}),
        ("phone_number.deleted", number, {}),
        (
            "phone_number.connected",
            number,
            {
                "name": [None, "Sales"],
                "business_account_id": [None, "900100"],
                "display_phone_number": [None, f"+1 555 {number[-4:]}"],
                "customer_id": [None, str(stack.project.customer_id)],
                "inbound_processing_enabled": [None, True],
            },
        ),
    ]


async def test_the_projects_own_number_has_no_customer(stack: Stack) -> None:
    api, number = PlatformApi(stack), stack.project.phone_number_id
    await api.remove(f"{NUMBERS}/{number}")
    made = await api.create(NUMBERS, _number(number, inbound_processing_enabled=False, customer_id="x"))
    assert (made["customer_id"], made["inbound_processing_enabled"]) == (None, False)


async def test_whatsapps_refusals_name_the_field_and_nothing_is_stored(stack: Stack) -> None:
    api, number = PlatformApi(stack), stack.project.phone_number_id
    await api.remove(f"{NUMBERS}/{number}")
    wrong_token = _number(number)
    wrong_token["whatsapp_phone_number"]["access_token"] = "somebody-elses"
    wrong_account = _number(number)
    wrong_account["whatsapp_phone_number"]["business_account_id"] = "900101"
    for body, field, reason in (
        (wrong_token, "access_token", "Invalid OAuth access token"),
        (_number("123"), "phone_number_id", "Object with ID '123' does not exist"),
        (wrong_account, "business_account_id", "Object with ID '900101' does not exist"),
    ):
        answer = await api.answer("POST", NUMBERS, body)
        assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])
        assert reason in answer.json()["errors"][field][0]
        assert "somebody-elses" not in answer.text
    async with _without_graph(stack) as url:
        headers = {"X-API-Key": stack.project.api_key}
        answer = await stack.http.post(url + NUMBERS, json=_number(number), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (502, "whatsapp_unavailable")
    assert await stack.count("phone_number") == 1


async def test_a_number_is_connected_once_in_all_projects(stack: Stack) -> None:
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other")
    number = _number(stack.project.phone_number_id)
    for api in (PlatformApi(stack), PlatformApi(stack, other.api_key)):
        answer = await api.answer("POST", NUMBERS, number)
        assert (answer.status_code, answer.json()["code"]) == (409, "number_connected")
    unknown = await PlatformApi(stack).answer("POST", f"/customers/{other.customer_id}{NUMBERS}", number)
    assert (unknown.status_code, unknown.json()["error"]) == (404, "Customer not found")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, {"name", "phone_number_id", "business_account_id", "access_token"}),
        (
            {"name": "", "phone_number_id": "+1", "business_account_id": "x", "access_token": "a b"},
            {"name", "phone_number_id", "business_account_id", "access_token"},
        ),
        (
            {"name": "x", "phone_number_id": "1", "business_account_id": "1", "access_token": "é",
             "inbound_processing_enabled": "maybe"},
            {"access_token", "inbound_processing_enabled"},
        ),
    ],
)  # fmt: skip
async def test_every_wrong_field_is_named(stack: Stack, fields: dict[str, Any], wrong: set[str]) -> None:
    api = PlatformApi(stack)
    assert await api.wrong_fields("POST", NUMBERS, _body(**fields)) == wrong
    assert await api.wrong_fields("POST", f"/customers/{stack.project.customer_id}{NUMBERS}", _body(**fields)) == wrong


async def test_a_number_is_changed_and_its_new_token_checked(stack: Stack) -> None:
    api, number = PlatformApi(stack), stack.project.phone_number_id
    path = f"{NUMBERS}/{number}"
    async with stack.engine.begin() as connection:
        await connection.execute(text("UPDATE phone_number SET business_account_id = '900101'"))
    changed = await api.change(path, _body(name="Sales", business_account_id="900100", calls_enabled=True))
    assert (changed["name"], changed["business_account_id"], changed["calls_enabled"]) == ("Sales", "900100", False)
    nobody = "018f0000-0000-7000-8000-000000000000"
    wrong_token, wrong_account = {"access_token": "somebody-elses"}, {"business_account_id": "900101"}
    for fields, wrong in (
        ({**wrong_token, "name": "Not stored"}, {"access_token"}),
        ({**wrong_token, **wrong_account, "customer_id": nobody}, {"access_token", "customer_id"}),
        ({**wrong_account, "customer_id": nobody}, {"business_account_id", "customer_id"}),
        ({**wrong_account, "access_token": ACCESS_TOKEN}, {"business_account_id"}),
    ):
        assert await api.wrong_fields("PATCH", path, _body(**fields)) == wrong
    async with stack.engine.begin() as connection:
        await connection.execute(text("UPDATE phone_number SET access_token = ''"))
    assert await api.wrong_fields("PATCH", path, _body(business_account_id="900100")) == {"access_token"}
    changed = await api.change(path, _body(access_token=ACCESS_TOKEN))
    assert (changed["name"], changed["status"]) == ("Sales", "CONNECTED")
    async with stack.engine.connect() as connection:
        token = await connection.scalar(
            text(f"SELECT access_token FROM phone_number WHERE phone_number_id = '{number}'")
        )
    assert decrypt(token, stack.settings.secret_key) == ACCESS_TOKEN
    assert await audit_lines(stack) == [
        ("phone_number.updated", number, {"name": ["Support", "Sales"], "business_account_id": ["900101", "900100"]}),
        ("phone_number.updated", number, {"access_token": ["(hidden)", "(hidden)"]}),
    ]
    wrong = await api.wrong_fields("PATCH", path, _body(name="", customer_id="x", access_token=7))
    assert wrong == {"name", "customer_id", "access_token"}


async def test_numbers_of_another_project_do_not_exist(stack: Stack) -> None:
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other")
    await _written_to(stack, other.phone_number_id)
    api = PlatformApi(stack)
    for phone_number_id in (other.phone_number_id, "123", "no number"):
        path = f"{NUMBERS}/{phone_number_id}"
        answers = [
            await api.answer("GET", path),
            await api.answer("GET", f"{path}/health"),
            await api.answer("PATCH", path, _body(name="Mine")),
            await api.answer("PATCH", path, _body(access_token=ACCESS_TOKEN)),
            await api.answer("DELETE", path),
        ]
        assert [answer.status_code for answer in answers] == [404] * 5
        assert {answer.json()["error"] for answer in answers} == {"Phone number not found"}
    own = f"{NUMBERS}/{stack.project.phone_number_id}"
    assert await api.wrong_fields("PATCH", own, _body(customer_id=str(other.customer_id))) == {"customer_id"}
    assert len((await api.get(NUMBERS))["data"]) == 2
    assert await stack.count("phone_number") == 4
    assert await stack.count("conversation") == 1


@pytest.mark.own_roles  # whose worker asks about the numbers as it starts
async def test_the_list_is_filtered(stack: Stack) -> None:
    project, api = stack.project, PlatformApi(stack)
    own, customers = project.phone_number_id, project.customer_phone_number_id
    async with stack.engine.begin() as connection:
        await connection.execute(
            text("UPDATE phone_number SET business_account_id = '77' WHERE phone_number_id = :id"), {"id": own}
        )

    async def ids(**query: Any) -> list[str]:
        return [row["id"] for row in (await api.get(NUMBERS, **query))["data"]]

    assert set(await ids()) == {own, customers}
    assert await ids(phone_number_id=own) == [own]
    assert await ids(business_account_id="77") == [own]
    assert await ids(customer_id=str(project.customer_id)) == [customers]
    assert await ids(name_contains="HOT") == [customers]
    assert len(await ids(messaging_enabled="true")) == 2
    assert await ids(messaging_enabled="false") == []
    assert await ids(created_after="2999-01-01T00:00:00Z") == []
    assert len(await ids(created_before="2999-01-01T00:00:00Z")) == 2

    async def asked_about() -> bool:
        return await stack.count("phone_number", "graph <> '{}'") == 2

    await eventually(asked_about)
    await stack.simulator.put("/_sim/faults", json={"number_state": "disconnected"})
    assert (await api.get(f"{NUMBERS}/{own}/health"))["status"] == "unhealthy"
    assert await ids(messaging_enabled="false") == [own]
    assert (await api.get(f"{NUMBERS}/{own}"))["data"]["status"] == "DISCONNECTED"
    wrong = await api.wrong_fields("GET", NUMBERS, customer_id="x", messaging_enabled="perhaps", per_page=0)
    assert wrong == {"customer_id", "messaging_enabled", "per_page"}


@every_page_size
async def test_the_pages_hold_every_number_once(stack: Stack, rows: int, per_page: int) -> None:
    async with stack.engine.begin() as connection:
        await connection.execute(text("DELETE FROM phone_number"))
        await connection.execute(
            text("INSERT INTO phone_number (id, project_id, phone_number_id, business_account_id, name,"
                 " display_phone_number, access_token, created_at) SELECT gen_random_uuid(), :project_id, n, '1', 'x',"
                 " '+1', '', now() - make_interval(mins => n / 3) FROM generate_series(1, :rows) n"),
            {"project_id": stack.project.id, "rows": rows},
        )  # fmt: skip
    pages = await numbered_pages(PlatformApi(stack), NUMBERS, per_page)
    assert sorted(int(row["id"]) for page in pages for row in page) == list(range(1, rows + 1))


async def test_a_number_that_changes_hands_takes_its_conversations_along(stack: Stack) -> None:
    project, api = stack.project, PlatformApi(stack)
    second = (await api.create("/customers", {"customer": {"name": "Second"}}))["id"]
    await _written_to(stack, project.customer_phone_number_id, people=2)
    first_embed, second_embed, whole = (
        await stack.embed(scope_type="customer", scope_id=str(project.customer_id)),
        await stack.embed(scope_type="customer", scope_id=second),
        await stack.embed(),
    )

    async def seen(token: str) -> int:
        return len((await stack.get("/inbox/v1/conversations", token))["data"])

    assert [await seen(one) for one in (first_embed, second_embed, whole)] == [2, 0, 2]
    async with (
        stack.iframe(first_embed) as first_frame,
        stack.iframe(second_embed) as second_frame,
        stack.iframe(whole) as another,
    ):
        changed = await api.change(f"{NUMBERS}/{project.customer_phone_number_id}", _body(customer_id=second))
        assert changed["customer_id"] == second

        async def reloading() -> bool:
            return bool(first_frame.closed) and bool(second_frame.closed)

        await eventually(reloading)
        assert first_frame.closed == second_frame.closed == [{"code": "embed_changed"}]
        assert another.client.connected
    assert [await seen(one) for one in (first_embed, second_embed, whole)] == [0, 2, 2]
    await stack.post_webhook(
        webhook(project.customer_phone_number_id, messages=[text_message("new", wa_id="15550199999")])
    )

    async def stored() -> bool:
        return await stack.count("conversation", f"customer_id = '{second}'") == 3

    await eventually(stored)
    changed = await api.change(f"{NUMBERS}/{project.customer_phone_number_id}", _body(customer_id=None))
    assert changed["customer_id"] is None
    assert [await seen(one) for one in (first_embed, second_embed, whole)] == [0, 0, 3]
    number = project.customer_phone_number_id
    assert [line for line in await audit_lines(stack) if line[0] == "phone_number.updated"] == [
        ("phone_number.updated", number, {"customer_id": [str(project.customer_id), second]}),
        ("phone_number.updated", number, {"customer_id": [second, None]}),
    ]


async def test_a_number_that_takes_nothing_in_stores_no_messages_but_statuses_and_fails_no_webhook(
    stack: Stack,
) -> None:
    project, api = stack.project, PlatformApi(stack)
    await stack.customer_writes("15550100", "hi")

    async def written() -> bool:
        return await stack.count("conversation") == 1

    await eventually(written)
    sent = await stack.http.post(
        f"/inbox/v1/conversations/{await _conversation(stack)}/messages",
        json={"client_id": "c", "type": "text", "text": {"body": "hello"}},
        headers={"Authorization": f"Bearer {await stack.embed()}"},
    )
    assert sent.status_code == 201
    await api.change(f"{NUMBERS}/{project.phone_number_id}", _body(inbound_processing_enabled=False))
    await stack.post_webhook(webhook(project.phone_number_id, messages=[text_message("not kept")]))

    async def applied() -> bool:
        open_events = await stack.count("inbound_event", "state <> 'done'")
        return open_events == 0 and await stack.count("message", "status = 'delivered'") == 1

    await eventually(applied)
    assert await stack.count("message", "direction = 'inbound'") == 1
    await api.change(f"{NUMBERS}/{project.phone_number_id}", _body(inbound_processing_enabled=True))
    await stack.post_webhook(webhook(project.phone_number_id, messages=[text_message("kept")]))

    async def kept() -> bool:
        return await stack.count("message", "text = 'kept'") == 1

    await eventually(kept)


async def _conversation(stack: Stack) -> str:
    async with stack.engine.connect() as connection:
        return str(await connection.scalar(text("SELECT id FROM conversation")))


async def test_a_deleted_number_takes_its_conversations_and_embeds_along(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.operations.delete_number.AT_ONCE", 2)
    project = stack.project
    await _written_to(stack, project.phone_number_id, people=5)
    await _written_to(stack, project.customer_phone_number_id)
    async with stack.engine.begin() as connection:
        await connection.execute(
            text("INSERT INTO message_status (phone_number_id, wamid, wamid_key, status, occurred_at, payload)"
                 " SELECT phone_number_id, wamid, wamid_key, 'read', now(), '{}' FROM message")
        )  # fmt: skip
    of_number = await stack.embed(scope_type="phone_number", scope_id=project.phone_number_id)
    of_customer = await stack.embed(scope_type="customer", scope_id=str(project.customer_id))
    whole = await stack.embed()
    async with (
        stack.iframe(of_number) as its_own,
        stack.iframe(of_customer) as untouched,
        stack.iframe(whole) as narrowed,
    ):
        await PlatformApi(stack).remove(f"{NUMBERS}/{project.phone_number_id}")

        async def closed() -> bool:
            return bool(its_own.closed) and bool(narrowed.closed)

        await eventually(closed)
        assert (its_own.closed, narrowed.closed) == ([{"code": "revoked_token"}], [{"code": "embed_changed"}])
        assert untouched.client.connected
    for table in ("conversation", "message", "message_status", "phone_number"):
        assert await stack.count(table) == 1, table
    refused = await stack.http.get("/inbox/v1/session", headers={"Authorization": f"Bearer {of_number}"})
    assert (refused.status_code, refused.json()["code"]) == (401, "revoked_token")
    (shown,) = (await PlatformApi(stack).get("/inbox_embeds", status="revoked"))["data"]
    assert (shown["scope_type"], shown["scope_id"]) == ("phone_number", None)
    assert await audit_lines(stack) == [
        ("phone_number.deletion_started", project.phone_number_id, {}),
        ("inbox_embed.revoked", shown["id"], {"scope_id": [project.phone_number_id, None]}),
        ("phone_number.deleted", project.phone_number_id, {}),
    ]


async def test_a_deletion_that_fails_shows_what_is_left_takes_nothing_in_and_can_be_repeated(
    stack: Stack,
) -> None:
    number, api = stack.project.phone_number_id, PlatformApi(stack)
    await _written_to(stack, number)
    async with stack.engine.begin() as connection:
        await connection.execute(
            text("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
                 " $$ BEGIN RAISE EXCEPTION 'not now'; END $$")
        )  # fmt: skip
        await connection.execute(
            text("CREATE TRIGGER refuse BEFORE DELETE ON phone_number FOR EACH ROW EXECUTE FUNCTION refuse()")
        )
    token = await stack.embed()
    async with stack.iframe(token) as iframe:
        assert (await api.answer("DELETE", f"{NUMBERS}/{number}")).status_code == 500

        async def reloaded() -> bool:
            return iframe.closed == [{"code": "embed_changed"}]

        await eventually(reloaded)
    assert (await stack.get("/inbox/v1/conversations", token))["data"] == []
    assert (await api.get(f"{NUMBERS}/{number}"))["data"]["inbound_processing_enabled"] is False
    async with stack.engine.begin() as connection:
        await connection.execute(text("DROP TRIGGER refuse ON phone_number"))
    async with stack.iframe(token) as iframe:
        await api.remove(f"{NUMBERS}/{number}")
        await eventually(reloaded)
    assert [line[0] for line in await audit_lines(stack)] == [
        *["phone_number.deletion_started"] * 2,
        "phone_number.deleted",
    ]
    assert (await api.answer("DELETE", f"{NUMBERS}/{number}")).status_code == 404


async def test_a_number_is_deleted_while_a_customer_writes_to_it_and_nobody_waits_in_a_circle(
    engine: AsyncEngine, project: ProjectRows, settings: Settings
) -> None:
    number = project.phone_number_id
    first, second = (
        webhook(number, messages=[text_message("hi", wa_id=wa_id) for wa_id in people])
        for people in (["15550100"], ["15550100", "15550101"])
    )
    await apply(engine, [first])
    async with engine.connect() as connection:
        contact_id = (await connection.execute(select(Contact.id))).scalar_one()

    async def remove() -> None:
        async with engine.begin() as connection:
            await delete_number(connection, project.id, number)

    async with engine.begin() as connection:
        await lock_conversations(connection, [(number, contact_id)], [], [], [])
        removing = asyncio.create_task(remove())

        async def waiting() -> bool:
            async with engine.connect() as another:
                query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                return bool(await another.scalar(text(f"{query} AND wait_event_type = 'Lock'")))

        await eventually(waiting)
        await apply_in(connection, [second])
    await removing
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM conversation")) == 0


@pytest.mark.parametrize(
    ("faults", "status", "failed"),
    [
        ({}, "healthy", set()),
        ({"unsubscribed": True}, "degraded", {"webhook_subscription"}),
        ({"number_state": "limited"}, "degraded", {"messaging_health"}),
        ({"number_state": "blocked"}, "unhealthy", {"messaging_health"}),
        ({"number_state": "disconnected"}, "unhealthy", {"phone_number_connection"}),
    ],
)
async def test_the_health_of_a_number_is_what_whatsapp_says(
    stack: Stack, faults: dict[str, Any], status: str, failed: set[str]
) -> None:
    await stack.simulator.put("/_sim/faults", json=faults)
    api, path = PlatformApi(stack), f"{NUMBERS}/{stack.project.phone_number_id}/health"
    health = await api.get(path)
    assert set(health) == {"status", "timestamp", "checks"}
    assert health["status"] == status
    assert {name for name, check in health["checks"].items() if check["passed"] is False} == failed
    assert health["checks"]["webhook_verified"] == {"passed": None}
    assert health["checks"]["phone_number_access"] == {"passed": True}
    await stack.simulator.delete("/_sim/faults")
    assert await api.get(path) == health, "it is kept for three minutes"
    await api.change(f"{NUMBERS}/{stack.project.phone_number_id}", _body(access_token=ACCESS_TOKEN))
    assert (await api.get(path))["status"] == "healthy"


async def test_a_number_whose_webhooks_have_come_is_verified(stack: Stack) -> None:
    await _written_to(stack, stack.project.phone_number_id)
    health = await PlatformApi(stack).get(f"{NUMBERS}/{stack.project.phone_number_id}/health")
    assert health["checks"]["webhook_verified"] == {"passed": True}


async def test_a_number_with_a_dead_token_is_unhealthy(stack: Stack) -> None:
    api = PlatformApi(stack)
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other")
        await connection.execute(  # not of this installation's key
            text("UPDATE phone_number SET access_token = 'x' WHERE phone_number_id = :id"),
            {"id": stack.project.customer_phone_number_id},
        )
    unread = await api.get(f"{NUMBERS}/{stack.project.customer_phone_number_id}/health")
    assert (unread["status"], unread["checks"]["token_validity"]["passed"]) == ("unhealthy", False)
    missing = await PlatformApi(stack, other.api_key).get(f"{NUMBERS}/{other.phone_number_id}/health")
    assert (missing["status"], missing["checks"]["phone_number_access"]["passed"]) == ("unhealthy", False)
    assert missing["checks"]["token_validity"] == {"passed": True}


async def test_without_an_answer_of_whatsapp_the_health_is_an_error_and_no_server_error(stack: Stack) -> None:
    async with _without_graph(stack) as url:
        path = f"{url}{NUMBERS}/{stack.project.phone_number_id}/health"
        answer = await stack.http.get(path, headers={"X-API-Key": stack.project.api_key})
    assert answer.status_code == 200
    health = answer.json()
    assert (health["status"], health["error"]) == ("error", "WhatsApp did not answer.")
    assert health["retry_after"] > 0
    assert {check["passed"] for check in health["checks"].values()} == {None}


async def test_a_conversation_that_begins_while_its_number_changes_hands_is_the_new_customers(
    engine: AsyncEngine, project: ProjectRows, settings: Settings
) -> None:
    number = project.customer_phone_number_id

    async def receive() -> None:
        await apply(engine, [webhook(number, messages=[text_message("hi")])])

    async def waiting() -> bool:
        async with engine.connect() as connection:
            query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            return bool(await connection.scalar(text(f"{query} AND wait_event_type = 'Lock'")))

    async with engine.begin() as connection:
        wanted = NumberChanges(customer_id=None)
        await update_number(connection, project.id, number, wanted, secret_key=settings.secret_key)
        receiving = asyncio.create_task(receive())
        await eventually(waiting)
    await receiving
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT customer_id FROM conversation"))).scalars().all() == [None]
