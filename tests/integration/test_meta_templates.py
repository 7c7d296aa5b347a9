"""Templates and what Meta keeps of a number, through the Meta-compatible path to the simulated Graph."""

from typing import Any

import httpx
import pytest
from sqlalchemy import text

from tests.factories import make_project
from tests.stack import Stack

META = "/meta/whatsapp/v24.0"
ACCOUNT = f"{META}/900100/message_templates"
BODY = {"type": "BODY", "text": "Hello"}
NEW: dict[str, Any] = {"name": "autumn_sale", "language": "en_US", "category": "MARKETING", "components": [BODY]}


async def _call(stack: Stack, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
    headers = {"X-API-Key": stack.project.api_key}
    return await stack.http.request(method, path, json=body, params=query, headers=headers)


async def _templates(stack: Stack, **query: Any) -> list[Any]:
    answer = await _call(stack, "GET", ACCOUNT, **query)
    assert answer.status_code == 200, answer.text
    data: list[Any] = answer.json()["data"]
    return data


async def test_pages_lead_by_cursor_through_every_template_and_show_no_url_of_graph(stack: Stack) -> None:
    whole = await _templates(stack, limit=100)
    found: list[Any] = []
    after: dict[str, str] = {}
    while True:
        answer = (await _call(stack, "GET", ACCOUNT, limit=3, **after)).json()
        assert set(answer["paging"]) == {"cursors", "next", "previous"}
        assert "http" not in str(answer["paging"])
        found += answer["data"]
        if answer["paging"]["next"] is None:
            break
        after = {"after": answer["paging"]["next"]}
    assert found == whole
    assert len(whole) > 6


async def test_a_template_is_made_found_changed_and_deleted_and_the_audit_log_knows(stack: Stack) -> None:
    made = await _call(stack, "POST", ACCOUNT, NEW)
    assert (made.status_code, made.json()["status"]) == (200, "PENDING")
    template_id = made.json()["id"]
    assert [one["id"] for one in await _templates(stack, name="autumn_sale")] == [template_id]
    one = await _call(stack, "GET", f"{ACCOUNT}/{template_id}")
    assert one.json()["components"] == [BODY]
    changed = await _call(stack, "POST", ACCOUNT, {"components": [{**BODY, "text": "Hi"}]}, hsm_id=template_id)
    assert changed.json() == {"success": True}
    assert (await _call(stack, "DELETE", ACCOUNT, hsm_id=template_id)).json() == {"success": True}
    assert await _templates(stack, name="autumn_sale") == []
    audited = (await _call(stack, "GET", "/platform/v1/audit_events", object_id=template_id)).json()["data"]
    assert [line["action"] for line in audited] == [
        f"message_template.{verb}" for verb in ("deleted", "updated", "created")
    ]


async def test_what_meta_refuses_is_passed_on_as_meta_says_it(stack: Stack) -> None:
    await _call(stack, "POST", ACCOUNT, NEW)
    twice = await _call(stack, "POST", ACCOUNT, NEW)
    assert (twice.status_code, twice.json()["error"]["error_subcode"]) == (400, 2388024)
    unknown = await _call(stack, "DELETE", ACCOUNT, name="nowhere")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, 100)


@pytest.mark.parametrize(
    ("method", "path", "query", "error"),
    [
        ("DELETE", "", {}, "hsm_id is required"),
        ("DELETE", "", {"hsm_id": "x/../y"}, "invalid template_id"),
        ("GET", "/not-a-number", {}, "invalid template_id"),
        ("POST", "", {"hsm_id": "abc"}, "invalid template_id"),
    ],
)
async def test_what_kapso_refuses_in_its_own_flat_shape_is_flat_here_too(
    stack: Stack, method: str, path: str, query: dict[str, str], error: str
) -> None:
    answer = await _call(stack, method, ACCOUNT + path, {"components": []} if method == "POST" else None, **query)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_the_account_of_another_project_is_not_there(stack: Stack) -> None:
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other")
    assert (await _call(stack, "GET", f"{META}/111/message_templates")).status_code == 404
    for path in ("settings", "whatsapp_business_profile"):
        answer = await _call(stack, "GET", f"{META}/{other.phone_number_id}/{path}")
        assert answer.status_code == 404, path
        assert answer.json()["error"]["message"].startswith("WhatsApp phone number not found")


async def test_a_numbers_settings_profile_and_registration_reach_meta(stack: Stack) -> None:
    number = f"{META}/{stack.project.phone_number_id}"
    about = {"messaging_product": "whatsapp", "about": "Open until six"}
    assert (await _call(stack, "POST", f"{number}/whatsapp_business_profile", about)).json() == {"success": True}
    shown = (await _call(stack, "GET", f"{number}/whatsapp_business_profile", fields="about")).json()
    assert shown["data"][0]["about"] == "Open until six"
    calls = {
        "settings": {"calling": {"status": "DISABLED"}},
        "request_code": {"code_method": "SMS", "language": "en_US"},
        "verify_code": {"code": "123456"},
        "register": {"messaging_product": "whatsapp", "pin": "123456"},
        "deregister": {},
    }
    for what, body in calls.items():
        answer = await _call(stack, "POST", f"{number}/{what}", body)
        assert (answer.status_code, answer.json()) == (200, {"success": True}), what
    assert (await _call(stack, "GET", f"{number}/settings")).json()["calling"] == {"status": "DISABLED"}
    wrong = await _call(stack, "POST", f"{number}/verify_code", {"code": "999999"})
    assert (wrong.status_code, wrong.json()["error"]["error_subcode"]) == (400, 136025)
    audited = (await _call(stack, "GET", "/platform/v1/audit_events")).json()
    assert "123456" not in str(audited)


@pytest.mark.parametrize("path", ["106/calls", "106/call_permissions", "900100/flows", "77/assets"])
async def test_what_is_not_offered_says_so(stack: Stack, path: str) -> None:
    for method in ("GET", "POST"):
        answer = await _call(stack, method, f"{META}/{path}", {} if method == "POST" else None)
        assert answer.status_code == 501
        assert "not offered" in answer.json()["error"]["message"]


async def test_a_path_of_no_version_is_nowhere(stack: Stack) -> None:
    assert (await _call(stack, "GET", "/meta/whatsapp/latest/900100/message_templates")).status_code == 404


async def test_a_token_stored_under_another_secret_key_is_named_and_is_not_the_callers_fault(stack: Stack) -> None:
    async with stack.engine.begin() as connection:
        await connection.execute(text("UPDATE phone_number SET access_token = 'damaged'"))
    number = f"{META}/{stack.project.phone_number_id}"
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.X"}
    for answer in (
        await _call(stack, "GET", ACCOUNT),
        await _call(stack, "GET", f"{number}/settings"),
        await _call(stack, "POST", f"{number}/messages", read),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (502, 190)
        assert "PORTHOLE_SECRET_KEY" in answer.json()["error"]["message"]
