"""Workflows of an engine outside: their executions, and what these do to a conversation."""

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from shared.operations.update_execution import MOST_JSON
from shared.queries.executions import MOST_EVENTS
from tests.conversations import customer_wrote, iframes, new_wa_id, scopes_of, updated
from tests.executions import change_body, execution_of, log_of, register_workflow, start_body, started, view_of
from tests.factories import make_project
from tests.platform_api import PlatformApi, audit_lines, cursor_pages
from tests.stack import Stack

NOBODY = "018f0000-0000-7000-8000-000000000000"
MODES = {"running": "running", "waiting": "running", "handoff": "handoff", "failed": "failed", "ended": None}
# What follows from what, written down once more.
ALLOWED = {
    "running": {"running", "waiting", "handoff", "ended", "failed"},
    "waiting": {"running", "waiting", "handoff", "ended", "failed"},
    "handoff": {"running", "waiting", "handoff", "ended", "failed"},
    "failed": {"ended", "failed"},
    "ended": {"ended"},
}


class TestWorkflows:
    async def test_they_are_registered_renamed_and_archived(self, stack: Stack) -> None:
        api = PlatformApi(stack)
        made = await api.create("/workflows", {"workflow": {"name": "Order status"}})
        assert set(made) == {"id", "name", "status", "created_at", "updated_at"}
        assert (made["name"], made["status"]) == ("Order status", "active")
        second = await api.create("/workflows", {"workflow": {"name": "Returns", "status": "draft"}})
        assert await api.get("/workflows") == {"data": [second, made]}
        path = f"/workflows/{made['id']}"
        assert (await api.change(path, {"workflow": {"status": "archived"}}))["name"] == "Order status"
        assert (await api.change(path, {"workflow": {"name": "Orders"}}))["status"] == "archived"
        await api.change(path, {"workflow": {}})
        shown = (await api.get(path))["data"]
        assert (shown["name"], shown["status"]) == ("Orders", "archived")
        assert await audit_lines(stack) == [
            ("workflow.created", made["id"], {"name": [None, "Order status"], "status": [None, "active"]}),
            ("workflow.created", second["id"], {"name": [None, "Returns"], "status": [None, "draft"]}),
            ("workflow.updated", made["id"], {"status": ["active", "archived"]}),
            ("workflow.updated", made["id"], {"name": ["Order status", "Orders"]}),
        ]

    @pytest.mark.parametrize(
        ("body", "fields"),
        [
            ({}, {"workflow"}),
            ({"workflow": {}}, {"name"}),
            ({"workflow": {"name": "", "status": "on"}}, {"name", "status"}),
            ({"workflow": {"name": "x" * 201}}, {"name"}),
        ],
    )
    async def test_every_wrong_field_is_named(self, stack: Stack, body: Any, fields: set[str]) -> None:
        assert await PlatformApi(stack).wrong_fields("POST", "/workflows", body) == fields


class TestStart:
    async def test_the_answer_is_kapsos_and_the_conversation_is_opened_and_shown_at_once(self, stack: Stack) -> None:
        api, wa_id = PlatformApi(stack), new_wa_id()
        workflow_id = await register_workflow(api)
        async with iframes(stack, scopes_of(stack, stack.project.phone_number_id)) as watching:
            body = start_body(
                stack, f"+{wa_id}", variables={"order": 7}, context={"locale": "es"}, initial_data={"a": [1]}
            )
            answer = await api.answer("POST", f"/workflows/{workflow_id}/executions", body)
            assert answer.status_code == 202
            accepted = answer.json()["data"]
            assert set(accepted) == {"message", "workflow_id", "id", "tracking_id"}
            assert accepted["workflow_id"] == workflow_id
            execution = await execution_of(api, accepted["id"])
            for iframe in watching.values():
                view = await updated(iframe, execution["whatsapp_conversation_id"], mode="running")
                assert view["contact"]["phone_number"] == wa_id
        assert (execution["status"], execution["tracking_id"]) == ("running", accepted["tracking_id"])
        assert (execution["ended_at"], execution["error_details"], execution["current_step"]) == (None, None, None)
        assert execution["workflow"] == {"id": workflow_id, "name": "Order status", "status": "active"}
        kept = execution["execution_context"]
        assert (kept["vars"], kept["context"]) == ({"order": 7}, {"locale": "es"})
        assert kept["metadata"] == {"initial_data": {"a": [1]}}
        assert kept["system"]["phone_number_id"] == stack.project.phone_number_id
        assert execution["resumable_execution_id"] is None
        assert [line["event_type"] for line in execution["events"]] == ["execution_started"]
        assert ("workflow_execution.started", accepted["id"], {}) in await audit_lines(stack)

    async def test_it_joins_the_active_conversation_of_the_person(self, stack: Stack) -> None:
        wa_id = new_wa_id()
        conversation_id = await customer_wrote(stack, wa_id=wa_id)
        execution = await started(stack, wa_id)
        assert execution["whatsapp_conversation_id"] == conversation_id
        assert (await view_of(stack, conversation_id))["mode"] == "running"

    async def test_a_person_without_a_number_is_named_by_a_business_scoped_user_id(self, stack: Stack) -> None:
        api = PlatformApi(stack)
        path = f"/workflows/{await register_workflow(api)}/executions"
        body = {"recipient": "US.13491208655302741918", "phone_number_id": stack.project.phone_number_id}
        answer = await api.answer("POST", path, {"workflow_execution": body})
        assert answer.status_code == 202
        conversation_id = (await execution_of(api, answer.json()["data"]["id"]))["whatsapp_conversation_id"]
        shown = (await api.get(f"/whatsapp/conversations/{conversation_id}"))["data"]
        assert (shown["phone_number"], shown["business_scoped_user_id"]) == (None, "US.13491208655302741918")

    async def test_the_only_number_of_a_project_need_not_be_named(self, stack: Stack) -> None:
        api, wa_id = PlatformApi(stack), new_wa_id()
        path = f"/workflows/{await register_workflow(api)}/executions"
        body = {"workflow_execution": {"phone_number": wa_id}}
        assert await api.wrong_fields("POST", path, body) == {"phone_number_id"}
        async with stack.engine.begin() as connection:
            await connection.execute(
                text("DELETE FROM phone_number WHERE phone_number_id = :id"),
                {"id": stack.project.customer_phone_number_id},
            )
        assert (await api.answer("POST", path, body)).status_code == 202

    @pytest.mark.parametrize(
        ("fields", "wrong"),
        [
            ({"phone_number": None}, {"phone_number"}),
            ({"phone_number": "Ana"}, {"phone_number"}),
            ({"phone_number_id": "1"}, {"phone_number_id"}),
            ({"phone_number": "x", "phone_number_id": "1", "context": {"a": "x" * MOST_JSON}},
             {"phone_number", "phone_number_id", "context"}),
            ({"variables": {"a": "x" * MOST_JSON}, "initial_data": {"a": "x" * MOST_JSON}},
             {"variables", "initial_data"}),
            ({"variables": [], "context": "x", "initial_data": 1}, {"variables", "context", "initial_data"}),
        ],
    )  # fmt: skip
    async def test_every_wrong_field_is_named_and_nothing_is_made(
        self, stack: Stack, fields: dict[str, Any], wrong: set[str]
    ) -> None:
        api = PlatformApi(stack)
        path = f"/workflows/{await register_workflow(api)}/executions"
        assert await api.wrong_fields("POST", path, start_body(stack, "15550200001", **fields)) == wrong
        assert await stack.count("conversation") == await stack.count("contact") == 0

    async def test_a_number_of_another_project_is_none_of_ours(self, stack: Stack) -> None:
        api = PlatformApi(stack)
        async with stack.engine.begin() as connection:
            other = await make_project(connection, stack.settings, "Other business")
        path = f"/workflows/{await register_workflow(api)}/executions"
        body = start_body(stack, new_wa_id(), phone_number_id=other.phone_number_id)
        assert await api.wrong_fields("POST", path, body) == {"phone_number_id"}
        answer = await PlatformApi(stack, other.api_key).answer("POST", path, body)
        assert (answer.status_code, answer.json()["error"]) == (404, "Workflow not found")

    @pytest.mark.parametrize("status", ["draft", "archived"])
    async def test_only_an_active_workflow_starts(self, stack: Stack, status: str) -> None:
        api = PlatformApi(stack)
        path = f"/workflows/{await register_workflow(api, status=status)}/executions"
        answer = await api.answer("POST", path, start_body(stack, new_wa_id()))
        assert (answer.status_code, answer.json()["code"]) == (422, "workflow_not_active")

    async def test_one_at_a_time_is_open_on_a_conversation(self, stack: Stack) -> None:
        api, wa_id = PlatformApi(stack), new_wa_id()
        first = await started(stack, wa_id)
        path = f"/workflows/{await register_workflow(api)}/executions"
        for status in ("running", "waiting", "handoff"):
            await api.change(f"/workflow_executions/{first['id']}", change_body(status=status))
            answer = await api.answer("POST", path, start_body(stack, wa_id))
            assert (answer.status_code, answer.json()["code"]) == (409, "execution_open"), status
            assert answer.json()["error"] == "A workflow execution is open on this conversation already."
        await api.change(f"/workflow_executions/{first['id']}", change_body(status="failed"))
        assert (await api.answer("POST", path, start_body(stack, wa_id))).status_code == 202
        assert (await view_of(stack, first["whatsapp_conversation_id"]))["mode"] == "running"
        await api.change(f"/workflow_executions/{first['id']}", change_body(status="ended"))
        assert (await view_of(stack, first["whatsapp_conversation_id"]))["mode"] == "running", "of the newer one"

    async def test_of_several_at_once_one_starts(self, stack: Stack) -> None:
        api = PlatformApi(stack)
        path = f"/workflows/{await register_workflow(api)}/executions"
        for _ in range(3):
            body = start_body(stack, new_wa_id())
            answers = await asyncio.gather(*(api.answer("POST", path, body) for _ in range(4)))
            assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409]
        assert await stack.count("conversation") == await stack.count("workflow_execution") == 3


class TestTransitions:
    @settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(targets=st.lists(st.sampled_from(sorted(ALLOWED)), max_size=8))
    async def test_an_execution_moves_by_the_table_and_its_conversation_follows(
        self, stack: Stack, targets: list[str]
    ) -> None:
        api, status = PlatformApi(stack), "running"
        execution = await started(stack)
        path, conversation_id = f"/workflow_executions/{execution['id']}", execution["whatsapp_conversation_id"]
        log = ["execution_started"]
        for target in targets:
            answer = await api.answer("PATCH", path, change_body(status=target))
            if target not in ALLOWED[status]:
                assert (answer.status_code, answer.json()["error"]) == (
                    422, f"Invalid transition from {status} to {target}"
                )  # fmt: skip
                continue
            assert answer.status_code == 200
            if target != status:
                log.append("execution_resumed" if target == "running" else f"execution_{target}")
            status = target
            shown = answer.json()["data"]
            assert (shown["status"], shown["ended_at"] is None) == (status, status not in {"ended", "failed"})
            assert (await view_of(stack, conversation_id))["mode"] == MODES[status]
        assert [line["event_type"] for line in await log_of(api, execution["id"])] == log

    async def test_the_base_object_is_kapsos(self, stack: Stack) -> None:
        api, execution = PlatformApi(stack), await started(stack)
        shown = await api.change(f"/workflow_executions/{execution['id']}", change_body(status="handoff"))
        assert set(shown) == {
            "id", "status", "started_at", "ended_at", "last_event_at", "tracking_id", "whatsapp_conversation_id",
            "workflow", "current_step", "error_details", "handed_off_by",
        }  # fmt: skip
        assert shown["last_event_at"] > execution["last_event_at"]

    async def test_iframes_of_every_scope_hear_of_every_mode_at_once(self, stack: Stack) -> None:
        api, wa_id, number = PlatformApi(stack), new_wa_id(), stack.project.customer_phone_number_id
        user_id = str(stack.project.user_id)
        conversation_id = await customer_wrote(stack, wa_id=wa_id, number=number)
        await api.create(f"/whatsapp/conversations/{conversation_id}/assignments", {"assignment": {"user_id": user_id}})
        token = await stack.embed()
        cursor = (await stack.get("/inbox/v1/session", token))["data"]["cursor"]
        async with iframes(stack, scopes_of(stack, number) | scopes_of(stack, number, user_id)) as watching:
            assert len(watching) == 6
            path = f"/workflow_executions/{(await started(stack, wa_id, phone_number_id=number))['id']}"
            for status, mode in (("running", "running"), ("handoff", "handoff"), ("failed", "failed"), ("ended", None)):
                await api.change(path, change_body(status=status))
                for iframe in watching.values():
                    await updated(iframe, conversation_id, mode=mode)
                changes = (await stack.get("/inbox/v1/changes", token, since=cursor))["data"]
                assert [row["mode"] for row in changes["conversations"]] == [mode]
            assert {len(iframe.events) for iframe in watching.values()} == {4}

    async def test_a_failure_keeps_its_details(self, stack: Stack) -> None:
        api, execution = PlatformApi(stack), await started(stack)
        path = f"/workflow_executions/{execution['id']}"
        details = {"message": "No such order", "node": {"id": 7}}
        failed = await api.change(path, change_body(status="failed", error_details=details))
        assert failed["error_details"] == details
        assert (await log_of(api, execution["id"]))[-1]["payload"] == {"from": "running", "error_details": details}
        assert ("workflow_execution.updated", execution["id"], {"status": ["running", "failed"]}) in await audit_lines(
            stack
        )

    async def test_an_engine_reports_its_step(self, stack: Stack) -> None:
        api, execution = PlatformApi(stack), await started(stack)
        path = f"/workflow_executions/{execution['id']}"
        step = {"id": "9", "identifier": "ask", "stepable_type": "SendTextNode", "position": {"x": 1.5, "y": 2.0}}
        for _ in range(2):
            assert (await api.change(path, change_body(current_step=step)))["current_step"] == step
        await api.change(path, change_body(status="waiting"))
        other = {"id": None, "identifier": "answer", "stepable_type": None, "position": 3.0}
        await api.change(path, change_body(status="ended", current_step={"identifier": "answer", "position": 3}))
        await api.change(path, change_body(current_step=step))
        assert (await execution_of(api, execution["id"]))["current_step"] == other, "an ended one stands where it ended"
        assert [(line["event_type"], line["step"]) for line in await log_of(api, execution["id"])] == [
            ("execution_started", None),
            ("step_entered", step),
            ("execution_waiting", step),
            ("step_entered", other),
            ("execution_ended", other),
        ]

    @pytest.mark.parametrize(
        ("body", "fields"),
        [
            ({}, {"workflow_execution"}),
            (change_body(status="paused", current_step=7), {"status", "current_step"}),
            (change_body(status="handoff", error_details={"message": "x"}), {"error_details"}),
            (change_body(error_details={"message": "x"}), {"error_details"}),
            (change_body(status="failed", error_details={"message": "x" * MOST_JSON}), {"error_details"}),
        ],
    )
    async def test_every_wrong_field_is_named(self, stack: Stack, body: Any, fields: set[str]) -> None:
        api, execution = PlatformApi(stack), await started(stack)
        path = f"/workflow_executions/{execution['id']}"
        answer = await api.answer("PATCH", path, body)
        assert answer.status_code == 422
        assert {field.partition(".")[0] for field in answer.json()["errors"]} == fields
        assert (await execution_of(api, execution["id"]))["status"] == "running"

    async def test_the_end_of_a_conversation_ends_what_is_open_on_it_and_clears_its_banner(self, stack: Stack) -> None:
        api, execution = PlatformApi(stack), await started(stack)
        conversation_id = execution["whatsapp_conversation_id"]
        path = f"/whatsapp/conversations/{conversation_id}"
        for status in ("waiting", "failed"):
            await api.change(f"/workflow_executions/{execution['id']}", change_body(status=status))
            await api.change(path, {"whatsapp_conversation": {"status": "ended"}})
            ended = await execution_of(api, execution["id"])
            assert ended["status"] == ("ended" if status == "waiting" else "failed")
            assert ended["ended_at"] is not None
            assert (await view_of(stack, conversation_id))["mode"] is None
            await api.change(path, {"whatsapp_conversation": {"status": "active"}})
            execution = await started(stack, (await view_of(stack, conversation_id))["contact"]["phone_number"])
            assert execution["whatsapp_conversation_id"] == conversation_id


class TestResume:
    async def _resume(self, api: PlatformApi, execution_id: str, **body: Any) -> Any:
        return await api.answer("POST", f"/workflow_executions/{execution_id}/resume", body)

    async def test_a_waiting_execution_gets_its_input_and_runs(self, stack: Stack) -> None:
        api, execution = PlatformApi(stack), await started(stack, variables={"order": 7, "tries": 0})
        path = f"/workflow_executions/{execution['id']}"
        await api.change(path, change_body(status="waiting"))
        assert (await execution_of(api, execution["id"]))["resumable_execution_id"] == execution["id"]
        answer = await self._resume(
            api, execution["id"], message={"data": {"answer": ["yes", None]}}, variables={"tries": 1}
        )
        assert answer.status_code == 200
        shown = answer.json()["data"]
        assert set(shown) == {
            "id", "status", "started_at", "ended_at", "last_event_at", "tracking_id", "whatsapp_conversation_id",
            "workflow", "current_step", "requested_execution_id", "parent_flow_execution_id",
        }  # fmt: skip
        assert (shown["status"], shown["requested_execution_id"]) == ("running", execution["id"])
        assert shown["parent_flow_execution_id"] is None
        log = await log_of(api, execution["id"])
        assert [(line["event_type"], line["direction"]) for line in log[2:]] == [
            ("user_input_received", "inbound"),
            ("variables_merged", None),
            ("execution_resumed", None),
        ]
        assert log[2]["payload"] == {"kind": "payload", "data": {"answer": ["yes", None]}}
        after = await execution_of(api, execution["id"])
        assert (after["execution_context"]["vars"], after["resumable_execution_id"]) == ({"order": 7, "tries": 1}, None)
        assert ("workflow_execution.resumed", execution["id"], {}) in await audit_lines(stack)

    @pytest.mark.parametrize("status", ["running", "handoff", "ended", "failed"])
    async def test_one_that_does_not_wait_is_refused(self, stack: Stack, status: str) -> None:
        api, execution = PlatformApi(stack), await started(stack)
        await api.change(f"/workflow_executions/{execution['id']}", change_body(status=status))
        answer = await self._resume(api, execution["id"], message={"data": 1})
        assert (answer.status_code, answer.json()["code"]) == (422, "not_waiting")

    async def test_of_two_at_once_one_gives_the_input(self, stack: Stack) -> None:
        api, execution = PlatformApi(stack), await started(stack)
        for _ in range(5):
            await api.change(f"/workflow_executions/{execution['id']}", change_body(status="waiting"))
            answers = await asyncio.gather(
                *(self._resume(api, execution["id"], message={"data": index}) for index in range(2))
            )
            assert sorted(answer.status_code for answer in answers) == [200, 422]
        assert len(await log_of(api, execution["id"], event_type="user_input_received")) == 5

    @pytest.mark.parametrize(
        ("body", "fields"),
        [
            ({}, {"message"}),
            ({"message": {"kind": "", "data": 1}, "variables": []}, {"message", "variables"}),
            ({"message": {"data": "x" * MOST_JSON}}, {"message"}),
            ({"message": {"data": 1}, "variables": {"a": "x" * MOST_JSON}}, {"variables"}),
        ],
    )
    async def test_every_wrong_field_is_named(self, stack: Stack, body: Any, fields: set[str]) -> None:
        api, execution = PlatformApi(stack), await started(stack)
        await api.change(f"/workflow_executions/{execution['id']}", change_body(status="waiting"))
        answer = await self._resume(api, execution["id"], **body)
        assert answer.status_code == 422
        assert {field.partition(".")[0] for field in answer.json()["errors"]} == fields


class TestLists:
    async def test_executions_of_a_workflow_and_of_a_conversation_by_every_filter(self, stack: Stack) -> None:
        api, wa_ids = PlatformApi(stack), [new_wa_id() for _ in range(3)]
        workflow_id = await register_workflow(api)
        path = f"/workflows/{workflow_id}/executions"
        answers = [await api.answer("POST", path, start_body(stack, wa_id)) for wa_id in wa_ids]
        made = [answer.json()["data"]["id"] for answer in answers]
        await api.change(f"/workflow_executions/{made[0]}", change_body(status="ended"))
        made.append((await api.answer("POST", path, start_body(stack, wa_ids[0]))).json()["data"]["id"])
        await started(stack)
        first = await execution_of(api, made[0])
        assert [row["id"] for rows in await cursor_pages(api, path, 3) for row in rows] == made[::-1]
        for query, expected in (
            ({"status": "ended"}, [0]),
            ({"status": "running"}, [3, 2, 1]),
            ({"whatsapp_conversation_id": first["whatsapp_conversation_id"]}, [3, 0]),
            ({"whatsapp_conversation_id": NOBODY}, []),
            ({"created_before": first["started_at"]}, [0]),
            ({"created_after": first["started_at"], "status": "ended"}, [0]),
            ({"created_after": "2999-01-01T00:00:00Z"}, []),
        ):
            shown = [row["id"] for row in (await api.get(path, **query))["data"]]
            assert shown == [made[index] for index in expected], query
        own = f"/whatsapp/conversations/{first['whatsapp_conversation_id']}/flow_executions"
        (shown,) = await cursor_pages(api, own, 5)
        assert [row["id"] for row in shown] == [made[3], made[0]]
        assert set(shown[0]) == {
            "id", "status", "started_at", "ended_at", "last_event_at", "tracking_id", "whatsapp_conversation_id",
            "workflow", "current_step",
        }  # fmt: skip
        assert [row["id"] for row in (await api.get(own, status="ended"))["data"]] == [made[0]]
        assert await api.wrong_fields("GET", path, status="done", created_after="x") == {"status", "created_after"}
        assert await api.wrong_fields("GET", own, status="done", limit="0") == {"status", "limit"}

    async def test_the_log_pages_newest_first_and_the_detail_holds_its_newest_lines(self, stack: Stack) -> None:
        api, execution = PlatformApi(stack), await started(stack)
        path = f"/workflow_executions/{execution['id']}"
        async with stack.engine.begin() as connection:
            await connection.execute(
                text("INSERT INTO workflow_event (id, execution_id, event_type)"
                     " SELECT gen_random_uuid(), :id, 'step_entered' FROM generate_series(1, :lines)"),
                {"id": execution["id"], "lines": MOST_EVENTS},
            )  # fmt: skip
        pages = await cursor_pages(api, f"{path}/events", 40)
        assert [len(rows) for rows in pages] == [40, 40, 21]
        assert set(pages[0][0]) == {"id", "event_type", "direction", "edge_label", "created_at", "payload", "step"}
        assert pages[-1][-1]["event_type"] == "execution_started"
        assert (await execution_of(api, execution["id"]))["events"] == [row for rows in pages for row in rows][:-1]
        assert [row["event_type"] for row in await log_of(api, execution["id"], event_type="execution_started")] == [
            "execution_started"
        ]

    async def test_nothing_of_another_project_is_there(self, stack: Stack) -> None:
        execution = await started(stack)
        async with stack.engine.begin() as connection:
            other = await make_project(connection, stack.settings, "Other business")
        theirs = PlatformApi(stack, other.api_key)
        assert await theirs.get("/workflows") == {"data": []}
        workflow, one = f"/workflows/{execution['workflow']['id']}", f"/workflow_executions/{execution['id']}"
        for method, path, body in (
            ("GET", workflow, None),
            ("PATCH", workflow, {"workflow": {"name": "Mine"}}),
            ("GET", f"{workflow}/executions", None),
            ("GET", one, None),
            ("PATCH", one, change_body(status="ended")),
            ("POST", f"{one}/resume", {"message": {"data": 1}}),
            ("GET", f"{one}/events", None),
            ("GET", f"/whatsapp/conversations/{execution['whatsapp_conversation_id']}/flow_executions", None),
        ):
            answer = await theirs.answer(method, path, body)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (method, path)
        assert await execution_of(PlatformApi(stack), execution["id"]) == execution
