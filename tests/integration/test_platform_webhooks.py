"""/platform/v1/whatsapp/webhooks and their deliveries, as Kapso documents them."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from shared.kapso.webhooks import NUMBER_EVENTS, PROJECT_EVENTS
from shared.settings import Settings
from tests.factories import make_project
from tests.platform_api import PlatformApi, audit_lines, cursor_pages, every_page_size, numbered_pages
from tests.receiver import SECRET, Receiver, receiving
from tests.stack import Stack
from tests.waiting import eventually

URL = "https://api.example.com/webhooks/whatsapp"
RECEIVED, SENT = "whatsapp.message.received", "whatsapp.message.sent"
FIELDS = {
    *("id", "url", "kind", "events", "active", "created_at", "updated_at", "project_id", "phone_number_id"),
    *("secret_key", "headers", "buffer_enabled", "buffer_window_seconds", "max_buffer_size", "buffer_events"),
    *("inactivity_minutes", "payload_version", "failing_since", "paused_at", "pause_reason"),
}
DELIVERY_FIELDS = {
    *("id", "event", "status", "response_status", "problem", "delivered_at", "failed_at", "last_attempt_at"),
    *("attempt_count", "created_at", "webhook_id", "webhook_url", "whatsapp_config_id", "phone_number_id"),
    *("conversation_phone_number", "replay_of"),
}
ALL = "/whatsapp/webhooks"

WRONG: list[tuple[dict[str, Any], set[str]]] = [
    ({"url": None}, {"url"}),
    ({"secret_key": None}, {"secret_key"}),
    ({"secret_key": ""}, {"secret_key"}),
    ({"events": []}, {"events"}),
    ({"events": None}, {"events"}),
    ({"kind": "graph", "payload_version": "v1"}, {"kind", "payload_version"}),
    ({"buffer_window_seconds": 0, "max_buffer_size": 101}, {"buffer_window_seconds", "max_buffer_size"}),
    ({"buffer_window_seconds": 61, "max_buffer_size": 0}, {"buffer_window_seconds", "max_buffer_size"}),
    ({"inactivity_minutes": 0}, {"inactivity_minutes"}),
    ({"inactive_after_minutes": 1441}, {"inactive_after_minutes"}),
    ({"buffer_events": ["whatsapp.conversation.ended"]}, {"buffer_events"}),
    ({"kind": "meta", "buffer_enabled": True}, {"buffer_enabled"}),
    ({"headers": {f"X-{index}": "a" for index in range(21)}}, {"headers"}),
    ({"headers": {"X-A": "a\r\nX-B: b"}}, {"headers"}),
    ({"headers": {"X-A": "ä"}}, {"headers"}),
    ({"headers": {"X-A": ""}}, {"headers"}),
    ({"headers": {"X-A": "a" * 2001}}, {"headers"}),
    ({"headers": {"X A": "a"}}, {"headers"}),
    ({"headers": {"X-A": "a", "x-a": "b"}}, {"headers"}),
    ({"headers": {"X-Webhook-Signature": "a"}}, {"headers"}),
    ({"headers": {"x-idempotency-key": "a"}}, {"headers"}),
    ({"headers": {"Transfer-Encoding": "chunked"}}, {"headers"}),
    ({"headers": {"Host": "other.example.com"}}, {"headers"}),
    ({"url": URL + "x" * 2000, "active": "often", "events": [7]}, {"url", "active", "events"}),
]

WRONG_URLS = [
    *(
        "ftp://example.com/a",
        "example.com/a",
        "//example.com/a",
        "https://",
        "https:///a",
        "mailto:a@b.example",
    ),
    *("https://user@example.com/", "https://user:pass@example.com/", "https://example.com/#part"),
    *("https://exa mple.com/", "https://example.com/a b", "https://example.com:99999/", "https://[::1"),
    *("http://example.com/", "http://203.0.113.9/", "https://127.0.0.1/", "https://10.0.0.1/"),
    *("https://localhost/", "https://[::1]/", "https://169.254.169.254/latest", "javascript:alert(1)", " "),
]


def _of_number(stack: Stack) -> str:
    return f"/whatsapp/phone_numbers/{stack.project.phone_number_id}/webhooks"


def _body(**fields: Any) -> dict[str, Any]:
    return {"whatsapp_webhook": fields}


def _wanted(**fields: Any) -> dict[str, Any]:
    return _body(**{"url": URL, "secret_key": SECRET, "events": [RECEIVED, SENT], **fields})


class TestWebhooks:
    async def test_one_of_a_number_is_created_read_changed_and_deleted(self, stack: Stack) -> None:
        api, path = PlatformApi(stack), _of_number(stack)
        made = await api.create(path, _wanted(headers={"X-Key": "a credential"}, inactivity_minutes=5, unknown=1))
        assert set(made) == FIELDS
        assert made["project_id"] == str(stack.project.id)
        assert made["phone_number_id"] == stack.project.phone_number_id
        assert (made["secret_key"], made["headers"]) == (SECRET, {"X-Key": "a credential"})
        assert (made["kind"], made["active"], made["payload_version"]) == ("kapso", True, "v2")
        assert (made["buffer_enabled"], made["buffer_window_seconds"], made["max_buffer_size"]) == (False, 5, 50)
        assert (made["buffer_events"], made["inactivity_minutes"]) == ([], 5)
        hidden = {**made, "secret_key": None, "headers": {"X-Key": "…"}}
        for one in (f"{path}/{made['id']}", f"{ALL}/{made['id']}"):
            assert (await api.get(one))["data"] == hidden
        changed = await api.change(f"{path}/{made['id']}", _body(active=False, events=[SENT]))
        assert changed == {**hidden, "active": False, "events": [SENT], "updated_at": changed["updated_at"]}
        assert changed["updated_at"] > made["updated_at"]
        assert await api.change(f"{ALL}/{made['id']}", _body(active=True, inactive_after_minutes=9)) == {
            **changed,
            "active": True,
            "inactivity_minutes": 9,
            "updated_at": (await api.get(f"{path}/{made['id']}"))["data"]["updated_at"],
        }
        await api.remove(f"{path}/{made['id']}")
        for method, body in (("GET", None), ("PATCH", _body()), ("DELETE", None)):
            answer = await api.answer(method, f"{path}/{made['id']}", body)
            assert (answer.status_code, answer.json()["error"]) == (404, "Webhook not found")
        assert await audit_lines(stack) == [
            (
                "webhook.created",
                made["id"],
                {
                    "url": [None, URL],
                    "events": [None, [RECEIVED, SENT]],
                    "inactivity_minutes": [None, 5],
                    "phone_number_id": [None, stack.project.phone_number_id],
                },
            ),
            ("webhook.updated", made["id"], {"active": [True, False], "events": [[RECEIVED, SENT], [SENT]]}),
            ("webhook.updated", made["id"], {"active": [False, True], "inactivity_minutes": [5, 9]}),
            ("webhook.deleted", made["id"], {}),
        ]

    async def test_who_sends_back_what_was_shown_changes_nothing(self, stack: Stack) -> None:
        api, path = PlatformApi(stack), _of_number(stack)
        made = await api.create(path, _wanted(headers={"X-Key": "a credential", "X-Other": "b"}))
        shown = (await api.get(f"{path}/{made['id']}"))["data"]
        await api.change(f"{path}/{made['id']}", {"whatsapp_webhook": shown})
        await api.change(f"{path}/{made['id']}", _body(headers={"X-Key": "…", "X-New": "c"}))
        shown = (await api.get(f"{path}/{made['id']}"))["data"]
        assert shown["headers"] == {"X-Key": "…", "X-New": "…"}
        lines = await audit_lines(stack)
        assert lines[-1] == ("webhook.updated", made["id"], {"headers": ["(hidden)", "(hidden)"]})

    async def test_secrets_are_encrypted_in_the_database(self, stack: Stack) -> None:
        api = PlatformApi(stack)
        await api.create(_of_number(stack), _wanted(headers={"X-Key": "a credential"}))
        async with stack.engine.connect() as connection:
            row = (await connection.execute(text("SELECT secret_key, headers FROM webhook_endpoint"))).one()
        assert SECRET.encode() not in row.secret_key
        assert b"credential" not in row.headers

    async def test_one_of_the_project_needs_no_secret(self, stack: Stack) -> None:
        api = PlatformApi(stack)
        made = await api.create(ALL, _body(url=URL, events=["workflow.execution.handoff"]))
        assert (made["phone_number_id"], made["secret_key"], made["headers"]) == (None, None, {})
        answer = await api.answer("GET", f"{_of_number(stack)}/{made['id']}")
        assert answer.status_code == 404

    async def test_with_a_number_the_projects_path_makes_one_of_the_number(self, stack: Stack) -> None:
        api = PlatformApi(stack)
        made = await api.create(ALL, _wanted(phone_number_id=stack.project.phone_number_id))
        assert made["phone_number_id"] == stack.project.phone_number_id
        assert (await api.get(_of_number(stack)))["data"][0]["id"] == made["id"]
        answer = await api.answer("POST", ALL, _wanted(phone_number_id="1"))
        assert (answer.status_code, answer.json()["error"]) == (404, "Phone number not found")

    async def test_every_documented_event_is_taken_where_it_is_documented_and_only_there(self, stack: Stack) -> None:
        api = PlatformApi(stack)
        made = await api.create(_of_number(stack), _wanted(events=list(NUMBER_EVENTS)))
        assert made["events"] == list(NUMBER_EVENTS)
        assert (await api.create(ALL, _body(url=URL, events=list(PROJECT_EVENTS))))["events"] == list(PROJECT_EVENTS)
        answer = await api.answer("POST", _of_number(stack), _wanted(events=[RECEIVED, "project.event", "nonsense"]))
        assert (answer.status_code, answer.json()["errors"]) == (
            422,
            {"events": ["project.event is an event for webhooks of the project", "nonsense is not an event"]},
        )
        answer = await api.answer("POST", ALL, _body(url=URL, events=[RECEIVED]))
        assert answer.json()["errors"] == {"events": [f"{RECEIVED} is an event for webhooks of a number"]}

    async def test_every_wrong_field_is_named(self, stack: Stack) -> None:
        api = PlatformApi(stack)
        for fields, wrong in WRONG:
            assert await api.wrong_fields("POST", _of_number(stack), _wanted(**fields)) == wrong, fields
        assert await stack.count("webhook_endpoint") == 0

    async def test_a_url_that_cannot_or_may_not_be_posted_to_is_refused(self, stack: Stack) -> None:
        for url in WRONG_URLS:
            assert await PlatformApi(stack).wrong_fields("POST", _of_number(stack), _wanted(url=url)) == {"url"}, url

    async def test_the_kind_meta_is_one_for_a_number_ignores_events_and_stays_what_it_is(self, stack: Stack) -> None:
        api, path = PlatformApi(stack), _of_number(stack)
        made = await api.create(path, _wanted(kind="meta", events=["whatever"]))
        assert (made["kind"], made["events"]) == ("meta", [])
        answer = await api.answer("POST", path, _body(url=URL, secret_key=SECRET, kind="meta"))
        assert (answer.status_code, set(answer.json()["errors"])) == (422, {"kind"})
        assert await api.wrong_fields("POST", ALL, _body(url=URL, kind="meta")) == {"kind"}
        assert await api.wrong_fields("PATCH", f"{path}/{made['id']}", _body(kind="kapso")) == {"kind"}
        assert await api.wrong_fields("PATCH", f"{path}/{made['id']}", _body(buffer_enabled=True)) == {"buffer_enabled"}
        assert (await api.change(f"{path}/{made['id']}", _body(kind="meta", events=["whatever"])))["events"] == []

    async def test_a_change_keeps_to_the_same_rules(self, stack: Stack) -> None:
        api, path = PlatformApi(stack), _of_number(stack)
        made = await api.create(path, _wanted())
        this = f"{path}/{made['id']}"
        wrong = _body(url="ftp://x", events=["nonsense"], kind="meta", secret_key="", headers={"Host": "x"})
        assert await api.wrong_fields("PATCH", this, wrong) == {"url", "events", "kind", "secret_key", "headers"}
        assert await api.wrong_fields("PATCH", this, _body(events=[])) == {"events"}
        assert (await api.get(this))["data"]["updated_at"] == made["updated_at"]
        assert (await api.change(this, _body(buffer_enabled=True)))["buffer_events"] == [RECEIVED]

    async def test_filters(self, stack: Stack) -> None:
        api, path = PlatformApi(stack), _of_number(stack)
        one = (await api.create(path, _wanted(url="https://one.example.com/50%_of")))["id"]
        two = (await api.create(path, _wanted(url="https://two.example.com/", active=False)))["id"]
        meta = (await api.create(path, _body(url=URL, secret_key=SECRET, kind="meta")))["id"]
        own = (await api.create(ALL, _body(url=URL, events=["project.event"])))["id"]

        async def found(where: str, **query: Any) -> list[str]:
            return [row["id"] for row in (await api.get(where, **query))["data"]]

        assert await found(path) == [meta, two, one]
        assert await found(ALL) == [own, meta, two, one]
        assert await found(ALL, phone_number_id=stack.project.phone_number_id) == [meta, two, one]
        assert await found(path, url_contains="TWO.example") == [two]
        assert await found(path, url_contains="0%_o") == [one]
        assert await found(path, url_contains="%") == [one]
        assert await found(ALL, kind="meta") == [meta]
        assert await found(ALL, active="false") == [two]
        assert await found(path, active="true") == [meta, one]
        at = (await api.get(f"{path}/{two}"))["data"]["created_at"]
        assert await found(path, created_after=at) == [meta, two]
        assert await found(path, created_before=at) == [two, one]
        assert await api.wrong_fields("GET", path, kind="graph", active="maybe") == {"kind", "active"}

    async def test_one_that_was_paused_says_so_until_it_is_switched_on_again(self, stack: Stack) -> None:
        api, reason = PlatformApi(stack), "38 of 40 deliveries within 15 minutes have failed."
        path = f"{_of_number(stack)}/{(await api.create(_of_number(stack), _wanted()))['id']}"
        async with stack.engine.begin() as connection:
            await connection.execute(
                text("UPDATE webhook_endpoint SET active = false, failing_since = now(), paused_at = now(),"
                     " pause_reason = :reason"),
                {"reason": reason},
            )  # fmt: skip
        shown = (await api.get(path))["data"]
        assert (shown["active"], shown["pause_reason"]) == (False, reason)
        assert shown["paused_at"] == shown["failing_since"]
        assert shown["paused_at"] is not None
        moved = await api.change(path, _body(url=f"{URL}/2"))
        assert (moved["failing_since"], moved["pause_reason"]) == (None, reason)
        again = await api.change(path, _body(active=True))
        assert (again["active"], again["paused_at"], again["pause_reason"]) == (True, None, None)

    async def test_those_of_another_project_do_not_exist(self, stack: Stack) -> None:
        async with stack.engine.begin() as connection:
            other = await make_project(connection, stack.settings, "Other")
        api, others = PlatformApi(stack), PlatformApi(stack, other.api_key)
        theirs = f"/whatsapp/phone_numbers/{other.phone_number_id}/webhooks"
        made = await others.create(theirs, _wanted())
        answers = [
            await api.answer("GET", theirs),
            await api.answer("POST", theirs, _wanted()),
            await api.answer("POST", f"{ALL}/{made['id']}/test", {}),
            await api.answer("POST", f"{ALL}/{made['id']}/replay", {"since": "2026-01-01T00:00:00Z"}),
            await api.answer("GET", f"/whatsapp/phone_numbers/{stack.project.phone_number_id}/webhooks/{made['id']}"),
        ]
        for where in (theirs, ALL, _of_number(stack)):
            for method, body in (("GET", None), ("PATCH", _body(active=False)), ("DELETE", None)):
                answers.append(await api.answer(method, f"{where}/{made['id']}", body))
        assert {answer.status_code for answer in answers} == {404}
        assert (await api.get(ALL))["data"] == []
        assert (await api.get("/webhook_deliveries", webhook_id=made["id"]))["data"] == []
        assert (await others.get(f"{theirs}/{made['id']}"))["data"]["active"] is True


@every_page_size
async def test_pages_hold_each_webhook_once(stack: Stack, rows: int, per_page: int) -> None:
    async with stack.engine.begin() as connection:
        await connection.execute(text("DELETE FROM webhook_endpoint"))
    api = PlatformApi(stack)
    made = [(await api.create(_of_number(stack), _wanted()))["id"] for _ in range(rows)]
    pages = await numbered_pages(api, _of_number(stack), per_page)
    assert [row["id"] for page in pages for row in page] == made[::-1]


class TestAddresses:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(settings, allow_private_addresses=True)

    async def test_where_private_addresses_are_allowed_they_need_no_https(self, stack: Stack) -> None:
        for url in ("http://10.0.0.1/", "http://localhost:8080/", "http://crm.internal/hook", URL):
            assert (await PlatformApi(stack).create(_of_number(stack), _wanted(url=url)))["url"] == url

    async def test_public_ones_need_it_all_the_same(self, stack: Stack) -> None:
        wanted = _wanted(url="http://93.184.216.34/")
        assert await PlatformApi(stack).wrong_fields("POST", _of_number(stack), wanted) == {"url"}


class TestDeliveries:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(settings, allow_private_addresses=True)

    @pytest.fixture
    async def receiver(self) -> AsyncIterator[Receiver]:
        async with receiving() as receiver:
            yield receiver

    async def test_a_test_is_delivered_and_listed(self, stack: Stack, receiver: Receiver) -> None:
        api = PlatformApi(stack)
        made = await api.create(_of_number(stack), _wanted(url=f"{receiver.url}/hook"))
        for body in (None, {}, {"event_type": SENT}):
            answer = await api.answer("POST", f"{ALL}/{made['id']}/test", body)
            assert (answer.status_code, answer.json()) == (200, {"data": {"success": True}})
        assert [one.event for one in await receiver.count(3)] == [RECEIVED, RECEIVED, SENT]

        async def delivered() -> Any:
            rows = (await api.get("/webhook_deliveries"))["data"]
            return rows if {row["status"] for row in rows} == {"delivered"} else None

        rows = await eventually(delivered)
        assert [row["event"] for row in rows] == [SENT, RECEIVED, RECEIVED]
        for row in rows:
            assert set(row) == DELIVERY_FIELDS
            assert (row["webhook_id"], row["webhook_url"]) == (made["id"], f"{receiver.url}/hook")
            assert (row["response_status"], row["attempt_count"], row["problem"]) == (200, 1, None)
            assert row["whatsapp_config_id"] == str(stack.project.whatsapp_config_id)
            assert row["phone_number_id"] == stack.project.phone_number_id

    async def test_a_test_of_something_else_or_of_one_that_is_off_is_refused(self, stack: Stack) -> None:
        api = PlatformApi(stack)
        made = await api.create(_of_number(stack), _wanted(active=False))
        path = f"{ALL}/{made['id']}/test"
        assert await api.wrong_fields("POST", path, {"event_type": "project.event"}) == {"event_type"}
        answer = await api.answer("POST", path)
        assert (answer.status_code, answer.json()["code"]) == (422, "webhook_inactive")

    async def test_a_webhook_of_metas_own_is_tested_with_one_of_metas(self, stack: Stack, receiver: Receiver) -> None:
        api = PlatformApi(stack)
        made = await api.create(_of_number(stack), _wanted(url=f"{receiver.url}/hook", kind="meta"))
        assert (await api.answer("POST", f"{ALL}/{made['id']}/test")).status_code == 200
        (one,) = await receiver.count(1)
        assert one.json()["object"] == "whatsapp_business_account"

    async def test_filters(self, stack: Stack) -> None:
        api = PlatformApi(stack)
        first, second = [(await api.create(_of_number(stack), _wanted(active=False)))["id"] for _ in range(2)]
        rows = [
            (first, RECEIVED, "delivered", None, timedelta(0)),
            (first, SENT, "failed", "HTTP 500", timedelta(hours=25)),
            (second, RECEIVED, "failed", "HTTP 500", timedelta(days=8)),
            (second, RECEIVED, "pending", "HTTP 500", timedelta(days=20)),
            (second, SENT, "pending", None, timedelta(days=31)),
        ]
        async with stack.engine.begin() as connection:
            for number, (webhook_id, event, status, problem, age) in enumerate(rows):
                await connection.execute(
                    text(
                        "INSERT INTO webhook_delivery (id, project_id, endpoint_id, event, body, idempotency_key,"
                        " status, problem, created_at, leased_until)"
                        " VALUES (gen_random_uuid(), :project, :webhook, :event, '', :key,"
                        " :status, :problem, now() - CAST(:age AS interval), now() + interval '1 hour')"
                    ),
                    {
                        "project": stack.project.id,
                        "webhook": webhook_id,
                        "event": event,
                        "key": str(number),
                        "status": status,
                        "problem": problem,
                        "age": age,
                    },
                )

        async def found(**query: Any) -> list[int]:
            ids = {row["id"] for row in (await api.get("/webhook_deliveries", **query))["data"]}
            async with stack.engine.connect() as connection:
                keys = await connection.execute(text("SELECT id, idempotency_key FROM webhook_delivery"))
                return sorted(int(row.idempotency_key) for row in keys if str(row.id) in ids)

        assert await found() == [0, 1, 2, 3, 4]
        assert await found(status="delivered") == [0]
        assert await found(status="failed") == [1, 2]
        assert await found(status="pending") == [3, 4]
        assert await found(errors_only="true") == [1, 2, 3]
        assert await found(event=SENT) == [1, 4]
        assert await found(webhook_id=second) == [2, 3, 4]
        assert await found(period="24h") == [0]
        assert await found(period="7d") == [0, 1]
        assert await found(period="30d", webhook_id=second, errors_only="true") == [2, 3]
        assert await api.wrong_fields(
            "GET", "/webhook_deliveries", status="lost", period="1y", webhook_id="x", errors_only="some"
        ) == {"status", "period", "webhook_id", "errors_only"}
        for limit in (1, 2, 3):
            pages = await cursor_pages(api, "/webhook_deliveries", limit)
            assert [len(page) for page in pages][:-1] == [limit] * (len(pages) - 1)
            assert sum(map(len, pages)) == 5
