"""Embeds: made through the Platform API, checked on the page, the API and the socket."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from shared.crypto import token_hash
from shared.embeds import embed_rows
from shared.ids import new_id
from shared.models import InboxEmbed
from tests.factories import make_project
from tests.stack import Stack
from tests.waiting import eventually


async def _create(stack: Stack, fields: dict[str, Any], key: str | None = None) -> Any:
    return await stack.http.post(
        "/platform/v1/inbox_embeds",
        json={"inbox_embed": fields},
        headers={"X-API-Key": key or stack.project.api_key},
    )


async def test_the_create_response_shows_the_token_once_and_the_database_holds_only_its_hash(stack: Stack) -> None:
    answer = await _create(
        stack,
        {
            "name": "Support inbox",
            "scope_type": "phone_number",
            "scope_id": stack.project.phone_number_id,
            "assigned_user_id": str(stack.project.user_id),
            "allowed_origins": ["https://App.example.com/", "*.example.org"],
            "default_mode": "dark",
            "language": "es",
        },
    )
    assert answer.status_code == 201, answer.text
    embed = answer.json()["data"]
    assert len(embed["token"]) == 43
    assert embed["embed_url"] == f"{stack.base_url}/embed/{embed['token']}"
    assert embed["allowed_origins"] == ["https://app.example.com", "*.example.org"]
    assert (embed["status"], embed["assigned_user_name"]) == ("active", "Ana Ribeiro")
    assert embed["scope_name"].startswith("+1 555")

    headers = {"X-API-Key": stack.project.api_key}
    again = (await stack.http.get(f"/platform/v1/inbox_embeds/{embed['id']}", headers=headers)).json()["data"]
    assert "token" not in again
    assert "embed_url" not in again
    async with stack.engine.connect() as connection:
        stored = (await connection.execute(text("SELECT * FROM inbox_embed"))).one()
    assert stored.token_hash == token_hash(embed["token"])
    assert embed["token"] not in str(stored)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, {"scope_type"}),
        (
            {"scope_type": "galaxy", "default_mode": "neon", "language": "tlh", "name": 7},
            {"scope_type", "default_mode", "language", "name"},
        ),
        ({"scope_type": "project", "scope_id": "1"}, {"scope_id"}),
        ({"scope_type": "customer"}, {"scope_id"}),
        ({"scope_type": "customer", "scope_id": "x"}, {"scope_id"}),
        (
            {"scope_type": "project", "expires_at": "2020-01-01T00:00:00Z", "allowed_origins": ["http://a.example"]},
            {"expires_at", "allowed_origins"},
        ),
        (
            {
                "scope_type": "customer",
                "scope_id": "nope",
                "default_mode": "pink",
                "expires_at": "2020-01-01T00:00:00Z",
                "allowed_origins": ["http://a.example"],
            },
            {"scope_id", "default_mode", "expires_at", "allowed_origins"},
        ),
        (
            {"scope_type": "bad", "scope_id": "1", "expires_at": "2020-01-01T00:00:00Z", "allowed_origins": ["x y"]},
            {"scope_type", "expires_at", "allowed_origins"},
        ),
        (
            {"scope_type": "phone_number", "scope_id": 7, "allowed_origins": [7], "expires_at": 7},
            {"scope_id", "allowed_origins", "expires_at"},
        ),
        (
            {
                "scope_type": "customer",
                "scope_id": "018f0000-0000-7000-8000-000000000000",
                "assigned_user_id": "018f0000-0000-7000-8000-000000000000",
            },
            {"scope_id", "assigned_user_id"},
        ),
        ({"scope_type": "project", "expires_at": "tomorrow"}, {"expires_at"}),
        ({"scope_type": "project", "assigned_user_id": "018f0000-0000-7000-8000-000000000000"}, {"assigned_user_id"}),
    ],
)
async def test_every_wrong_field_is_named_in_one_answer(stack: Stack, fields: dict[str, Any], wrong: set[str]) -> None:
    answer = await _create(stack, fields)
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == wrong
    assert await stack.count("inbox_embed") == 0


async def test_scopes_and_embeds_of_another_project_do_not_exist(stack: Stack) -> None:
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other")
    for fields in (
        {"scope_type": "phone_number", "scope_id": other.phone_number_id},
        {"scope_type": "customer", "scope_id": str(other.customer_id)},
    ):
        assert (await _create(stack, fields)).status_code == 404
        assert (await _create(stack, fields, other.api_key)).status_code == 201
    mine = (await _create(stack, {"scope_type": "project"})).json()["data"]["id"]
    for call in (stack.http.get, stack.http.delete):
        answer = await call(f"/platform/v1/inbox_embeds/{mine}", headers={"X-API-Key": other.api_key})
        assert answer.status_code == 404


async def test_a_value_that_is_not_one_of_a_few_is_answered_with_those(stack: Stack) -> None:
    answer = await _create(stack, {"scope_type": "project", "default_mode": "pink"})
    assert answer.json()["errors"] == {"default_mode": ["must be one of `system`, `light`, `dark`"]}
    headers = {"X-API-Key": stack.project.api_key}
    answer = await stack.http.get("/platform/v1/inbox_embeds", params={"status": "pink"}, headers=headers)
    assert (answer.status_code, set(answer.json()["errors"])) == (422, {"status"})
    assert answer.json()["errors"]["status"][0].startswith("must be one of `active`, ")


@pytest.mark.parametrize("key", [None, "", "nonsense", "x" * 300])
async def test_without_a_good_key_the_platform_api_is_401(stack: Stack, key: str | None) -> None:
    headers = {"X-API-Key": key} if key is not None else {}
    answer = await stack.http.post("/platform/v1/inbox_embeds", json={}, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (401, "Invalid or missing API key")


async def test_the_page_says_in_its_headers_who_may_frame_it_and_runs_nothing_inline(stack: Stack) -> None:
    token = await stack.embed(allowed_origins=["https://crm.example.com", "*.example.org"])
    page = await stack.http.get(f"/embed/{token}")
    policy = page.headers["content-security-policy"]
    assert page.status_code == 200
    assert "frame-ancestors 'self' https://crm.example.com https://*.example.org" in policy
    assert "unsafe" not in policy
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["cache-control"] == "no-store"
    assert token not in page.text
    anywhere = await stack.http.get(f"/embed/{await stack.embed()}")
    assert "frame-ancestors *" in anywhere.headers["content-security-policy"]


async def test_an_origin_that_is_not_allowed_is_refused_by_the_api_and_by_the_socket(stack: Stack) -> None:
    token = await stack.embed(allowed_origins=["https://crm.example.com"])
    for origin, status in (
        ("https://crm.example.com", 200),
        (stack.base_url, 200),
        (None, 200),
        ("https://evil-crm.example.com", 403),
        (stack.base_url.replace("http", "https"), 403),
        ("null", 403),
    ):
        headers = {"Authorization": f"Bearer {token}"} | ({"Origin": origin} if origin else {})
        answer = await stack.http.get("/inbox/v1/session", headers=headers)
        assert answer.status_code == status, origin
    port = stack.base_url.rpartition(":")[2]
    for host, status in ((f"localhost:{port}", 200), ("localhost:1", 200), ("evil.example", 403)):
        headers = {"Authorization": f"Bearer {token}", "Host": host, "Origin": f"http://{host}"}
        answer = await stack.http.get("/inbox/v1/session", headers=headers)
        assert answer.status_code == status, host
    async with stack.iframe(token, Origin="https://evil.example") as iframe:
        assert [refusal["data"]["code"] for refusal in iframe.refused] == ["forbidden_origin"]
    async with stack.iframe(token, Origin="https://crm.example.com") as iframe:
        assert iframe.client.connected


async def test_revoking_an_embed_closes_its_iframes_and_its_doors(stack: Stack) -> None:
    embed = (await _create(stack, {"scope_type": "project", "language": "de"})).json()["data"]
    token, headers = embed["token"], {"X-API-Key": stack.project.api_key}
    async with stack.iframe(token) as iframe, stack.iframe(await stack.embed()) as another:
        for _ in range(2):
            deleted = await stack.http.delete(f"/platform/v1/inbox_embeds/{embed['id']}", headers=headers)
            assert deleted.status_code == 204

        async def closed() -> bool:
            return bool(iframe.closed) and not iframe.client.connected

        await eventually(closed)
        assert iframe.closed == [{"code": "revoked_token"}]
        assert another.client.connected
    page = await stack.http.get(f"/embed/{token}")
    assert page.status_code == 401
    assert 'lang="de"' in page.text
    answer = await stack.http.get("/inbox/v1/session", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "revoked_token")
    async with stack.iframe(token) as iframe:
        assert [refusal["data"]["code"] for refusal in iframe.refused] == ["revoked_token"]


async def test_an_embed_closes_its_iframes_at_the_moment_it_expires(stack: Stack) -> None:
    expires = (datetime.now(UTC) + timedelta(seconds=4)).isoformat()
    token = await stack.embed(expires_at=expires)
    async with stack.iframe(token) as iframe:
        assert iframe.client.connected

        async def closed() -> bool:
            return iframe.closed == [{"code": "expired_token"}]

        await eventually(closed)
    assert (await stack.http.get(f"/embed/{token}")).status_code == 401


@pytest.mark.parametrize("auth", [None, {}, {"token": ""}, {"token": 7}, {"token": "nonsense"}, "token", ["token"]])
async def test_the_socket_refuses_whoever_has_no_good_token(stack: Stack, auth: Any) -> None:
    async with stack.iframe("", auth=auth) as iframe:
        assert [refusal["data"]["code"] for refusal in iframe.refused] == ["invalid_token"]


async def test_a_process_with_very_many_embeds_reads_all_of_them_again(stack: Stack) -> None:
    for _ in range(3):
        await stack.embed()
    async with stack.engine.connect() as connection:
        mine = (await connection.execute(select(InboxEmbed.id))).scalars().all()
        ids = [*mine[:2], *(new_id() for _ in range(40_000)), mine[2]]
        assert (await embed_rows(connection, ids)).keys() == set(mine)
