"""Every wrong field of a body is named in one 422: what is wrong by itself, and what the database is against."""

from typing import Any

import pytest

from tests.platform_api import PlatformApi
from tests.stack import Stack

NOBODY = "018f0000-0000-7000-8000-000000000000"


@pytest.fixture
def api(stack: Stack) -> PlatformApi:
    return PlatformApi(stack)


async def test_of_an_embed(stack: Stack, api: PlatformApi) -> None:
    wrong = {
        "scope_type": "phone_number",
        "scope_id": "999",
        "assigned_user_id": NOBODY,
        "default_mode": "pink",
        "name": 7,
        "expires_at": "2020-01-01T00:00:00Z",
    }
    fields = {"scope_id", "assigned_user_id", "default_mode", "name", "expires_at"}
    assert await api.wrong_fields("POST", "/inbox_embeds", {"inbox_embed": wrong}) == fields
    customer = {"scope_type": "customer", "scope_id": NOBODY, "language": "xx"}
    assert await api.wrong_fields("POST", "/inbox_embeds", {"inbox_embed": customer}) == {"scope_id", "language"}
    no_scope = {"scope_type": "everything", "assigned_user_id": NOBODY}
    assert await api.wrong_fields("POST", "/inbox_embeds", {"inbox_embed": no_scope}) == {
        "scope_type",
        "assigned_user_id",
    }
    made = await api.create("/inbox_embeds", {"inbox_embed": {"scope_type": "project"}})
    changes = {"inbox_embed": {"assigned_user_id": NOBODY, "language": "xx", "expires_at": 7}}
    path = f"/inbox_embeds/{made['id']}"
    assert await api.wrong_fields("PATCH", path, changes) == {"assigned_user_id", "language", "expires_at"}
    good = {"inbox_embed": {"assigned_user_id": str(stack.project.user_id), "language": "xx"}}
    assert await api.wrong_fields("PATCH", path, good) == {"language"}


async def test_each_of_an_embeds_origins(api: PlatformApi) -> None:
    origins = ["https://app.example.com", 7, "ftp://x", None, "http://crm.example.com"]
    body = {"inbox_embed": {"scope_type": "project", "allowed_origins": origins, "name": 7}}
    answer = await api.answer("POST", "/inbox_embeds", body)
    assert answer.status_code == 422
    assert answer.json()["errors"] == {
        "name": ["must be `str | null`, got `int`"],
        "allowed_origins": [
            "must be `str`, got `int` at `[1]`",
            "must be `str`, got `null` at `[3]`",
            "ftp://x: must be https; plain http is for localhost only",
            "http://crm.example.com: must be https; plain http is for localhost only",
        ],
    }


async def test_of_a_contact(api: PlatformApi) -> None:
    await api.create("/whatsapp/contacts", {"contact": {"wa_id": "15550100"}})
    other = await api.create("/whatsapp/contacts", {"contact": {"wa_id": "15550101"}})
    wrong = {"contact": {"wa_id": "15550100", "customer_id": NOBODY, "display_name": 7}}
    fields = {"wa_id", "customer_id", "display_name"}
    assert await api.wrong_fields("POST", "/whatsapp/contacts", wrong) == fields
    assert await api.wrong_fields("PATCH", f"/whatsapp/contacts/{other['id']}", wrong) == fields
    own = {"contact": {"wa_id": "15550101", "metadata": []}}
    assert await api.wrong_fields("PATCH", "/whatsapp/contacts/15550101", own) == {"metadata"}
    assert await api.wrong_fields("PATCH", f"/whatsapp/contacts/{NOBODY}", own) == {"metadata"}


async def test_of_a_customer_and_a_person(api: PlatformApi) -> None:
    for path, kind, field, value in (
        ("/customers", "customer", "external_customer_id", "crm-1"),
        ("/users", "user", "email", "Ana.R@example.com"),
    ):
        first = await api.create(path, {kind: {"name": "A", field: value}})
        second = await api.create(path, {kind: {"name": "B", field: f"x{value}"}})
        wrong = {kind: {"name": 7, field: value.lower()}}
        identity = {key: second.get(key) for key in ("user_id", "id")}
        assert await api.wrong_fields("POST", path, wrong) == {"name", field}
        assert await api.wrong_fields("PATCH", f"{path}/{identity['user_id'] or identity['id']}", wrong) == {
            "name",
            field,
        }
        assert await api.wrong_fields("PATCH", f"{path}/{first.get('user_id') or first['id']}", wrong) == {"name"}


async def test_of_a_number(stack: Stack, api: PlatformApi) -> None:
    wrong = {"whatsapp_phone_number": {"customer_id": NOBODY, "name": ""}}
    path = f"/whatsapp/phone_numbers/{stack.project.phone_number_id}"
    assert await api.wrong_fields("PATCH", path, wrong) == {"customer_id", "name"}


async def test_of_an_assignment(stack: Stack, api: PlatformApi) -> None:
    path = f"/whatsapp/conversations/{NOBODY}/assignments"
    wrong = {"assignment": {"user_id": NOBODY, "notes": 7}}
    assert await api.wrong_fields("POST", path, wrong) == {"user_id", "notes"}
    wrong["assignment"]["active"] = "perhaps"
    assert await api.wrong_fields("PATCH", f"{path}/{NOBODY}", wrong) == {"user_id", "notes", "active"}
    wrong["assignment"] = {"user_id": str(stack.project.user_id), "notes": 7}
    assert await api.wrong_fields("POST", path, wrong) == {"notes"}


async def test_of_a_webhook(stack: Stack, api: PlatformApi) -> None:
    of_number = f"/whatsapp/phone_numbers/{stack.project.phone_number_id}/webhooks"
    wrong: dict[str, Any] = {"url": "http://example.com", "events": ["nonsense"], "inactivity_minutes": 0}
    body = {"whatsapp_webhook": wrong}
    assert await api.wrong_fields("POST", of_number, body) == {"url", "events", "inactivity_minutes", "secret_key"}
    elsewhere = {"whatsapp_webhook": {**wrong, "phone_number_id": "999"}}
    fields = {"url", "events", "inactivity_minutes", "secret_key", "phone_number_id"}
    assert await api.wrong_fields("POST", "/whatsapp/webhooks", elsewhere) == fields
    good = {"url": "https://example.com/hook", "events": ["whatsapp.message.received"], "secret_key": "s3cret"}
    made = await api.create(of_number, {"whatsapp_webhook": good})
    for path in (of_number, "/whatsapp/webhooks"):
        assert await api.wrong_fields("PATCH", f"{path}/{made['id']}", body) == {"url", "events", "inactivity_minutes"}
    only_number = {"whatsapp_webhook": {**good, "phone_number_id": "999"}}
    assert (await api.answer("POST", "/whatsapp/webhooks", only_number)).status_code == 404


async def test_of_a_workflow_and_an_execution(api: PlatformApi) -> None:
    wrong = {"workflow": {"name": "", "status": "perhaps"}}
    assert await api.wrong_fields("POST", "/workflows", wrong) == {"name", "status"}
    made = await api.create("/workflows", {"workflow": {"name": "Orders"}})
    assert await api.wrong_fields("PATCH", f"/workflows/{made['id']}", wrong) == {"name", "status"}
    execution = {"phone_number": "x", "phone_number_id": "999", "variables": 7}
    path = f"/workflows/{made['id']}/executions"
    fields = {"phone_number", "phone_number_id", "variables"}
    assert await api.wrong_fields("POST", path, {"workflow_execution": execution}) == fields
