"""Embeds are listed, changed and rotated, and their open iframes follow within a second."""

import asyncio
import contextlib
import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from shared.crypto import new_token, token_hash
from tests.factories import make_project
from tests.stack import Iframe, Stack
from tests.waiting import eventually

EMBEDS = "/platform/v1/inbox_embeds"
SELDOM = 6.0


async def _call(
    stack: Stack, method: str, path: str = "", fields: dict[str, Any] | None = None, **query: Any
) -> httpx.Response:
    body = None if fields is None else {"inbox_embed": fields}
    headers = {"X-API-Key": stack.project.api_key}
    return await stack.http.request(method, f"{EMBEDS}{path}", json=body, params=query, headers=headers)


async def _create(stack: Stack, **fields: Any) -> dict[str, Any]:
    answer = await _call(stack, "POST", fields={"scope_type": "project", **fields})
    assert answer.status_code == 201, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


async def _change(stack: Stack, embed: dict[str, Any], **fields: Any) -> httpx.Response:
    return await _call(stack, "PATCH", f"/{embed['id']}", fields)


async def _rotate(stack: Stack, embed: dict[str, Any], **fields: Any) -> dict[str, Any]:
    answer = await _call(stack, "POST", f"/{embed['id']}/rotate", fields)
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


async def _execute(stack: Stack, statement: str) -> None:
    async with stack.engine.begin() as connection:
        await connection.execute(text(statement))


async def _closed(iframe: Iframe, code: str, seconds: float = 20.0) -> None:
    async def closed() -> bool:
        return bool(iframe.closed) and not iframe.client.connected

    await eventually(closed, seconds)
    assert iframe.closed == [{"code": code}]


async def _is_heard(stack: Stack, iframe: Iframe) -> None:
    """The iframe is still connected once everything that was published before has been delivered."""
    before = len(iframe.events)
    await stack.customer_writes("5215555550100", "still there?")

    async def heard() -> bool:
        return len(iframe.events) > before

    await eventually(heard)
    assert iframe.closed == []


async def _status(stack: Stack, token: str) -> tuple[int, int, str]:
    """Of the page, of the API, and the API's code."""
    page = await stack.http.get(f"/embed/{token}")
    answer = await stack.http.get("/inbox/v1/session", headers={"Authorization": f"Bearer {token}"})
    return page.status_code, answer.status_code, answer.json().get("code", "")


def _in(**period: float) -> str:
    return (datetime.now(UTC) + timedelta(**period)).isoformat()


# Lists and views


async def test_the_list_is_newest_first_and_filtered_by_each_of_kapsos_parameters(stack: Stack) -> None:
    project = stack.project
    whole = await _create(stack, name="whole")
    number = await _create(stack, scope_type="phone_number", scope_id=project.phone_number_id)
    customer = await _create(stack, scope_type="customer", scope_id=str(project.customer_id))
    person = await _create(stack, assigned_user_id=str(project.user_id))
    assert (await _call(stack, "DELETE", f"/{whole['id']}")).status_code == 204
    names = {embed["id"]: name for name, embed in
             {"whole": whole, "number": number, "customer": customer, "person": person}.items()}  # fmt: skip

    async def listed(**query: Any) -> list[str]:
        answer = await _call(stack, "GET", **query)
        assert answer.status_code == 200, answer.text
        return [names[embed["id"]] for embed in answer.json()["data"]]

    assert await listed() == ["person", "customer", "number", "whole"]
    assert await listed(status="active") == ["person", "customer", "number"]
    assert await listed(status="revoked") == ["whole"]
    assert await listed(scope_type="project") == ["person", "whole"]
    assert await listed(scope_type="phone_number") == ["number"]
    assert await listed(scope_id=project.phone_number_id) == ["number"]
    assert await listed(scope_id=str(project.customer_id)) == ["customer"]
    assert await listed(scope_id="somebody else") == []
    assert await listed(assigned_user_id=str(project.user_id)) == ["person"]
    assert await listed(status="active", scope_type="project") == ["person"]
    assert await listed(page=2, per_page=3) == ["whole"]
    meta = (await _call(stack, "GET", status="active", per_page=2)).json()["meta"]
    assert meta == {"page": 1, "per_page": 2, "total_pages": 2, "total_count": 3}
    wrong = await _call(stack, "GET", status="expired", scope_type="galaxy", assigned_user_id="ana")
    assert (wrong.status_code, set(wrong.json()["errors"])) == (422, {"status", "scope_type", "assigned_user_id"})


async def test_a_view_says_when_the_embed_was_revoked_and_revoking_it_again_changes_nothing(stack: Stack) -> None:
    embed = await _create(stack)
    assert (embed["status"], embed["revoked_at"]) == ("active", None)
    await _call(stack, "DELETE", f"/{embed['id']}")
    first = (await _call(stack, "GET", f"/{embed['id']}")).json()["data"]
    assert (first["status"], first["revoked_at"]) == ("revoked", first["updated_at"])
    assert (await _call(stack, "DELETE", f"/{embed['id']}")).status_code == 204
    assert (await _call(stack, "GET", f"/{embed['id']}")).json()["data"] == first
    assert await stack.count("audit_event", "action = 'inbox_embed.revoked'") == 1


async def test_the_iframe_is_ready_to_be_pasted_whatever_the_embeds_name_holds(stack: Stack) -> None:
    embed = await _create(stack, name='"><script>alert(1)</script>&')
    src, title, style, allow = re.fullmatch(
        r'<iframe src="([^"]*)" title="([^"]*)" style="([^"]*)" allow="([^"]*)"></iframe>', embed["iframe"]
    ).groups()  # type: ignore[union-attr]
    assert html.unescape(src) == embed["embed_url"]
    assert html.unescape(title) == embed["name"]
    assert "<" not in title
    assert (style, allow) == ("width: 100%; height: 100%; border: 0;", "clipboard-write; microphone")
    assert 'title="WhatsApp inbox"' in (await _create(stack))["iframe"]


async def test_the_secrets_are_in_the_answer_that_makes_them_and_nowhere_else(stack: Stack) -> None:
    created = await _create(stack)
    rotated = await _rotate(stack, created, rotate_signing_secret=True)
    for embed in (created, rotated):
        assert len(embed["signing_secret"]) == 43
        shown = (await _call(stack, "GET", f"/{embed['id']}")).text + (await _call(stack, "GET")).text
        async with stack.engine.connect() as connection:
            rows = [str((await connection.execute(text(f"SELECT * FROM {table}"))).all())
                    for table in ("inbox_embed", "audit_event")]  # fmt: skip
        for secret in (embed["token"], embed["signing_secret"]):
            assert secret not in shown + "".join(rows)


# PATCH


async def test_a_patch_changes_what_it_names_and_null_clears(stack: Stack) -> None:
    embed = await _create(stack, name="Old", assigned_user_id=str(stack.project.user_id), expires_at=_in(days=1))
    answer = await _change(
        stack,
        embed,
        name="New",
        allowed_origins=["https://App.example.com/", "*.example.org"],
        default_mode="dark",
        language="fr",
    )
    assert answer.status_code == 200, answer.text
    changed = answer.json()["data"]
    expected = {
        "name": "New",
        "allowed_origins": ["https://app.example.com", "*.example.org"],
        "default_mode": "dark",
        "language": "fr",
    }
    kept = {name: value for name, value in embed.items() if name in changed and name not in {*expected, "updated_at"}}
    assert changed == {**kept, **expected, "updated_at": changed["updated_at"]}
    assert changed["updated_at"] > embed["updated_at"]
    cleared = (await _change(stack, embed, name=None, assigned_user_id=None, expires_at=None)).json()["data"]
    assert (cleared["name"], cleared["assigned_user_id"], cleared["expires_at"]) == (None, None, None)
    assert cleared["language"] == "fr"
    everywhere = (await _change(stack, embed, allowed_origins=["*"])).json()["data"]
    assert everywhere["allowed_origins"] == []


async def test_a_patch_that_changes_nothing_leaves_no_trace_and_a_sent_scope_is_ignored(stack: Stack) -> None:
    embed = await _create(stack, name="Same", language="de")
    async with stack.iframe(embed["token"]) as iframe:
        for fields in (
            {},
            {"name": "Same", "language": "de", "allowed_origins": []},
            {"scope_type": "customer", "scope_id": str(stack.project.customer_id), "status": "revoked", "token": "x"},
        ):
            answer = await _change(stack, embed, **fields)
            assert answer.status_code == 200
            after = answer.json()["data"]
            assert {**after, "last_used_at": None} == {name: embed[name] for name in after}
        await _is_heard(stack, iframe)
    assert await stack.count("audit_event", "action = 'inbox_embed.updated'") == 0


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"expires_at": "2020-01-01T00:00:00Z"}, {"expires_at"}),
        ({"expires_at": "2099-01-01T00:00:00"}, {"expires_at"}),
        ({"name": "x" * 201, "language": "tlh", "default_mode": None}, {"name", "language", "default_mode"}),
        ({"allowed_origins": None}, {"allowed_origins"}),
        ({"allowed_origins": ["*", "https://a.example"]}, {"allowed_origins"}),
        ({"allowed_origins": ["https://a.example"] * 51}, {"allowed_origins"}),
        (
            {"allowed_origins": ["http://a.example"], "expires_at": "2020-01-01T00:00:00Z", "language": "tlh"},
            {"allowed_origins", "expires_at", "language"},
        ),
        ({"assigned_user_id": "018f0000-0000-7000-8000-000000000000"}, {"assigned_user_id"}),
    ],
)
async def test_every_wrong_field_of_a_patch_is_named_and_nothing_is_changed(
    stack: Stack, fields: dict[str, Any], wrong: set[str]
) -> None:
    embed = await _create(stack)
    answer = await _change(stack, embed, **{"name": "x", **fields})
    assert (answer.status_code, set(answer.json()["errors"])) == (422, wrong)
    assert (await _call(stack, "GET", f"/{embed['id']}")).json()["data"]["name"] is None


async def test_each_wrong_origin_is_refused_with_its_reason(stack: Stack) -> None:
    origins = ["http://a.example", "https://ok.example", "*.com", "https://a.example/path"]
    answer = await _call(stack, "POST", fields={"scope_type": "project", "allowed_origins": origins})
    assert answer.json()["errors"]["allowed_origins"] == [
        "http://a.example: must be https; plain http is for localhost only",
        "*.com: a wildcard is *. and a domain, without a scheme, a port or a path, such as *.example.com",
        "https://a.example/path: must end after the name and the port: an origin has no path",
    ]


async def test_a_revoked_embed_is_neither_changed_nor_rotated(stack: Stack) -> None:
    embed = await _create(stack)
    await _call(stack, "DELETE", f"/{embed['id']}")
    for answer in (
        await _change(stack, embed, name="x"),
        await _call(stack, "POST", f"/{embed['id']}/rotate", {}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "embed_revoked")
        assert "revoked" in answer.json()["error"]


async def test_embeds_of_another_project_do_not_exist(stack: Stack) -> None:
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other")
    embed = await _create(stack, name="mine")
    headers, path = {"X-API-Key": other.api_key}, f"{EMBEDS}/{embed['id']}"
    for answer in (
        await stack.http.get(path, headers=headers),
        await stack.http.patch(path, json={"inbox_embed": {"name": "theirs"}}, headers=headers),
        await stack.http.post(f"{path}/rotate", json={}, headers=headers),
        await stack.http.delete(path, headers=headers),
    ):
        assert answer.status_code == 404
    answer = await _change(stack, embed, assigned_user_id=str(other.user_id))
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["assigned_user_id"])
    assert (await _status(stack, embed["token"]))[:2] == (200, 200)


async def test_the_audit_says_what_was_changed_from_what_to_what(stack: Stack) -> None:
    embed = await _create(stack, name="Old", allowed_origins=["https://crm.example.com"])
    await _change(stack, embed, name="New", language="en", assigned_user_id=str(stack.project.user_id))
    await _rotate(stack, embed, grace_seconds=60)
    await _rotate(stack, embed, rotate_signing_secret=True)
    async with stack.engine.connect() as connection:
        rows = (await connection.execute(text("SELECT action, changes FROM audit_event ORDER BY id"))).all()
    assert [tuple(row) for row in rows] == [
        (
            "inbox_embed.created",
            {
                "scope_type": [None, "project"],
                "name": [None, "Old"],
                "allowed_origins": [None, ["https://crm.example.com"]],
                "default_mode": [None, "system"],
                "language": [None, "en"],
            },
        ),
        ("inbox_embed.updated", {"name": ["Old", "New"], "assigned_user_id": [None, str(stack.project.user_id)]}),
        ("inbox_embed.rotated", {"grace_seconds": [None, 60]}),
        ("inbox_embed.rotated", {"grace_seconds": [None, 0], "signing_secret": ["(hidden)", "(hidden)"]}),
    ]


# Live iframes of a changed embed


@pytest.mark.parametrize(
    "fields",
    [
        {"assigned_user_id": "of the project"},
        {"allowed_origins": ["https://crm.example.com"]},
        {"default_mode": "dark"},
        {"language": "ar"},
        {"name": "Renamed"},
    ],
)
async def test_a_change_renews_the_embeds_iframes_and_no_others(stack: Stack, fields: dict[str, Any]) -> None:
    fields = {
        name: str(stack.project.user_id) if name == "assigned_user_id" else value for name, value in fields.items()
    }
    embed, other = await _create(stack), await _create(stack)
    async with stack.iframe(embed["token"]) as iframe, stack.iframe(other["token"]) as another:
        assert (await _change(stack, embed, **fields)).status_code == 200
        await _closed(iframe, "embed_changed")
        await _is_heard(stack, another)
    async with stack.iframe(embed["token"]) as again:
        assert again.client.connected


async def test_a_narrowed_iframe_hears_only_what_it_may_see_from_then_on(stack: Stack) -> None:
    embed = await _create(stack)
    await _change(stack, embed, assigned_user_id=str(stack.project.user_id))
    async with stack.iframe(embed["token"]) as narrowed, stack.iframe(await stack.embed()) as wide:
        await stack.customer_writes("5215555550100", "for everybody")
        await wide.event("message.created")
        assert narrowed.events == []


async def test_an_end_that_moves_nearer_closes_the_iframe_then(stack: Stack) -> None:
    embed = await _create(stack)
    async with stack.iframe(embed["token"]) as iframe:
        await _change(stack, embed, expires_at=_in(seconds=1.2))
        await _closed(iframe, "expired_token")
    assert await _status(stack, embed["token"]) == (401, 401, "expired_token")


async def test_an_end_that_moves_away_leaves_the_iframe_open(stack: Stack) -> None:
    embed = await _create(stack, expires_at=_in(seconds=4))
    async with stack.iframe(embed["token"]) as iframe:
        await _change(stack, embed, expires_at=_in(seconds=9))
        await asyncio.sleep(4)  # past the first end
        await _is_heard(stack, iframe)
        await _closed(iframe, "expired_token")


async def test_an_embed_that_had_expired_lives_again_with_a_new_end(stack: Stack) -> None:
    embed = await _create(stack, expires_at=_in(days=1))
    await _execute(stack, "UPDATE inbox_embed SET expires_at = now() - interval '1 day'")
    assert await _status(stack, embed["token"]) == (401, 401, "expired_token")
    await _change(stack, embed, expires_at=None)
    assert (await _status(stack, embed["token"]))[:2] == (200, 200)


async def test_every_answer_names_the_version_that_the_page_was_loaded_with(stack: Stack) -> None:
    """For a page that is not connected when its embed changes: asleep, offline, behind a proxy without WebSockets."""
    embed = await _create(stack)

    async def versions() -> set[str]:
        page = await stack.http.get(f"/embed/{embed['token']}")
        bootstrap = re.search(r'id="bootstrap">(.*?)</script>', page.text)
        assert bootstrap is not None
        headers = {"Authorization": f"Bearer {embed['token']}"}
        paths = ("/inbox/v1/session", "/inbox/v1/changes?since=x", "/inbox/v1/changes?since=0")
        answers = [await stack.http.get(path, headers=headers) for path in paths]
        return {msgspec.json.decode(bootstrap[1])["version"], *(one.headers["x-embed-version"] for one in answers)}

    seen = [await versions()]
    for fields in ({"language": "fr"}, {"name": "New"}, {"allowed_origins": [stack.base_url]}, {"default_mode": "dark"},
                   {"assigned_user_id": str(stack.project.user_id)}):  # fmt: skip
        await _change(stack, embed, **fields)
        seen.append(await versions())
    assert all(len(one) == 1 for one in seen)
    assert len(set.union(*seen)) == len(seen)
    await _change(stack, embed, expires_at=_in(days=1))
    embed["token"] = (await _rotate(stack, embed))["token"]
    assert await versions() == seen[-1]
    embed["token"] = (await _rotate(stack, embed, rotate_signing_secret=True))["token"]
    assert await versions() != seen[-1]


# Rotation


@pytest.mark.parametrize("body", [None, {}, {"inbox_embed": {}}, {"inbox_embed": {"grace_seconds": 0}}])
async def test_a_rotation_replaces_the_token_at_once(stack: Stack, body: Any) -> None:
    embed = await _create(stack, name="Support")
    async with stack.iframe(embed["token"]) as iframe:
        answer = await stack.http.post(
            f"{EMBEDS}/{embed['id']}/rotate",
            headers={"X-API-Key": stack.project.api_key},
            **({} if body is None else {"json": body}),
        )
        assert answer.status_code == 200, answer.text
        rotated = answer.json()["data"]
        await _closed(iframe, "revoked_token")
    assert rotated["token"] != embed["token"]
    assert rotated["embed_url"] == f"{stack.base_url}/embed/{rotated['token']}"
    assert rotated["embed_url"] in rotated["iframe"]
    assert "signing_secret" not in rotated
    assert await _status(stack, embed["token"]) == (401, 401, "revoked_token")
    assert (await _status(stack, rotated["token"]))[:2] == (200, 200)
    async with stack.iframe(embed["token"]) as refused, stack.iframe(rotated["token"]) as again:
        assert [refusal["data"]["code"] for refusal in refused.refused] == ["revoked_token"]
        assert again.client.connected


async def test_during_its_grace_the_old_token_works_and_its_iframes_close_at_the_end_of_it(stack: Stack) -> None:
    embed = await _create(stack)
    async with stack.iframe(embed["token"]) as before:
        rotated = await _rotate(stack, embed, grace_seconds=6)
        async with stack.iframe(embed["token"]) as during, stack.iframe(rotated["token"]) as new:
            assert (await _status(stack, embed["token"]))[:2] == (200, 200)
            await _is_heard(stack, before)
            await asyncio.gather(*(_closed(old, "expired_token") for old in (before, during)))
            assert await _status(stack, embed["token"]) == (401, 401, "expired_token")
            await _is_heard(stack, new)


async def test_a_second_rotation_during_a_grace_kills_the_oldest_token_at_once(stack: Stack) -> None:
    first = await _create(stack)
    second = await _rotate(stack, first, grace_seconds=3600)
    async with stack.iframe(first["token"]) as oldest, stack.iframe(second["token"]) as old:
        third = await _rotate(stack, first, grace_seconds=3600)
        await _closed(oldest, "revoked_token")
        await _is_heard(stack, old)
    assert (await _status(stack, first["token"]))[:2] == (401, 401)
    for token in (second["token"], third["token"]):
        assert (await _status(stack, token))[:2] == (200, 200)
    async with stack.iframe(second["token"]) as old:
        await _rotate(stack, first)
        await _closed(old, "revoked_token")


async def test_an_embeds_own_end_comes_before_the_end_of_a_grace(stack: Stack) -> None:
    embed = await _create(stack, expires_at=_in(seconds=4))
    await _rotate(stack, embed, grace_seconds=3600)
    async with stack.iframe(embed["token"]) as iframe:
        await _closed(iframe, "expired_token")


async def test_revoking_and_changing_an_embed_reach_the_iframes_of_both_its_tokens(stack: Stack) -> None:
    embed = await _create(stack)
    rotated = await _rotate(stack, embed, grace_seconds=3600)
    tokens = (embed["token"], rotated["token"])
    async with stack.iframe(tokens[0]) as old, stack.iframe(tokens[1]) as new:
        await _change(stack, embed, language="es")
        await _closed(old, "embed_changed")
        await _closed(new, "embed_changed")
    async with stack.iframe(tokens[0]) as old, stack.iframe(tokens[1]) as new:
        await _call(stack, "DELETE", f"/{embed['id']}")
        await _closed(old, "revoked_token")
        await _closed(new, "revoked_token")
    for token in tokens:
        assert await _status(stack, token) == (401, 401, "revoked_token")


async def test_an_expired_embed_may_be_rotated_and_stays_expired(stack: Stack) -> None:
    embed = await _create(stack, expires_at=_in(days=1))
    await _execute(stack, "UPDATE inbox_embed SET expires_at = now() - interval '1 day'")
    rotated = await _rotate(stack, embed)
    assert await _status(stack, rotated["token"]) == (401, 401, "expired_token")
    await _change(stack, embed, expires_at=_in(days=1))
    assert (await _status(stack, rotated["token"]))[:2] == (200, 200)


async def test_a_new_signing_secret_is_made_when_asked_for_or_when_there_is_none(stack: Stack) -> None:
    embed = await _create(stack)
    asked = await _rotate(stack, embed, rotate_signing_secret=True)
    assert asked["signing_secret"] != embed["signing_secret"]
    assert "signing_secret" not in await _rotate(stack, embed)
    await _execute(stack, "UPDATE inbox_embed SET signing_secret = NULL")  # as it is in embeds of an older version
    assert len((await _rotate(stack, embed))["signing_secret"]) == 43


@pytest.mark.parametrize(
    "fields",
    [{"grace_seconds": -1}, {"grace_seconds": 604_801}, {"grace_seconds": "soon"}, {"grace_seconds": None}],
)
async def test_a_rotation_with_a_wrong_grace_changes_nothing(stack: Stack, fields: dict[str, Any]) -> None:
    embed = await _create(stack)
    answer = await _call(stack, "POST", f"/{embed['id']}/rotate", fields)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["grace_seconds"])
    assert (await _status(stack, embed["token"]))[:2] == (200, 200)


async def test_of_simultaneous_rotations_each_gives_a_token_and_the_last_two_count(stack: Stack) -> None:
    embed = await _create(stack)
    rotated = await asyncio.gather(*(_rotate(stack, embed, grace_seconds=3600) for _ in range(5)))
    good = [one for one in rotated if (await _status(stack, one["token"]))[0] == 200]
    assert len(good) == 2
    assert (await _status(stack, embed["token"]))[0] == 401


# When nobody says that something has changed


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweep comes often, when it is asked for before the stack."""
    monkeypatch.setattr("realtime.server.CHECK_SECONDS", 0.2)


@pytest.fixture
def seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.server.CHECK_SECONDS", SELDOM)


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE inbox_embed SET revoked_at = now()", "revoked_token"),
        ("DELETE FROM inbox_embed", "revoked_token"),
        ("UPDATE inbox_embed SET expires_at = now() - interval '1 second'", "expired_token"),
        ("UPDATE inbox_embed SET language = 'fr'", "embed_changed"),
        ("UPDATE inbox_embed SET allowed_origins = '{https://crm.example.com}'", "embed_changed"),
        ("UPDATE inbox_embed SET signing_secret = 'x'", "embed_changed"),
        ("UPDATE inbox_embed SET previous_token_hash = token_hash, token_hash = '\\x01'", "revoked_token"),
        ("UPDATE inbox_embed SET previous_token_hash = '\\x02', token_hash = '\\x01'", "revoked_token"),
        (
            "UPDATE inbox_embed SET previous_token_hash = token_hash, token_hash = '\\x01',"
            " previous_token_expires_at = now() - interval '1 second'",
            "expired_token",
        ),
    ],
)
async def test_what_was_never_published_is_noticed_by_the_sweep(
    often: None, stack: Stack, statement: str, code: str
) -> None:
    async with stack.iframe(await stack.embed()) as iframe:
        await _execute(stack, statement)
        await _closed(iframe, code)


async def test_being_used_is_no_change_and_an_end_that_moved_unheard_of_counts_too(often: None, stack: Stack) -> None:
    async with stack.iframe(await stack.embed(expires_at=_in(seconds=4))) as iframe:
        await _execute(stack, "UPDATE inbox_embed SET last_used_at = now() + interval '1 hour', updated_at = now()")
        await _execute(stack, "UPDATE inbox_embed SET expires_at = now() + interval '1 hour'")
        await asyncio.sleep(4.5)  # past some rounds of the sweep, and past the first end
        await _is_heard(stack, iframe)


async def test_a_change_during_which_the_subscription_was_cut_is_noticed_when_it_is_back(stack: Stack) -> None:
    redis: Redis = Redis.from_url(stack.settings.redis_url)
    try:
        async with stack.iframe(await stack.embed()) as iframe:
            await _execute(stack, "UPDATE inbox_embed SET language = 'fr'")
            await redis.client_kill_filter(_type="pubsub")
            await _closed(iframe, "embed_changed")
    finally:
        await redis.aclose()


async def test_whoever_connects_while_the_embed_is_changed_needs_no_sweep(seldom: None, stack: Stack) -> None:
    """The changes fall before, into and after the handshakes; nobody may be left with what the embed was."""
    embed = await _create(stack)
    async with contextlib.AsyncExitStack() as opened:

        async def change() -> None:
            for language in ("de", "fr", "es", "pt", "ar", "en") * 2:
                assert (await _change(stack, embed, language=language)).status_code == 200

        async def connect() -> list[Iframe]:
            return [await opened.enter_async_context(stack.iframe(embed["token"])) for _ in range(10)]

        _, *connected = await asyncio.gather(change(), connect(), connect(), connect())
        iframes = [iframe for some in connected for iframe in some]
        for iframe in iframes:
            assert [refusal["data"]["code"] for refusal in iframe.refused] in ([], ["embed_changed"])
        iframes += await connect()
        await asyncio.sleep(1)
        still_open = [iframe for iframe in iframes if iframe.client.connected]
        assert 10 <= len(still_open) < len(iframes)
        await asyncio.sleep(SELDOM)
        assert [iframe.closed for iframe in still_open] == [[]] * len(still_open)


async def test_a_change_between_the_look_at_the_token_and_the_subscription_refuses_the_handshake(
    seldom: None, stack: Stack
) -> None:
    """Nobody listens yet when it is published, so the handshake has to look twice."""
    embed = await _create(stack)
    redis: Redis = Redis.from_url(stack.settings.redis_url)

    async def connect() -> list[str]:
        async with stack.iframe(embed["token"]) as iframe:
            return [refusal["data"]["code"] for refusal in iframe.refused]

    async def looked() -> bool:
        return await stack.count("inbox_embed", "last_used_at IS NOT NULL") == 1

    try:
        await redis.client_pause(2000)  # the subscription waits
        connecting = asyncio.create_task(connect())
        await eventually(looked)
        await _execute(stack, "UPDATE inbox_embed SET language = 'fr'")
        assert not connecting.done()
        assert await connecting == ["embed_changed"]
    finally:
        await redis.aclose()


async def test_a_hash_that_is_not_the_embeds_opens_nothing(stack: Stack) -> None:
    token = new_token()
    assert await stack.count("inbox_embed", f"token_hash = '\\x{token_hash(token).hex()}'") == 0
    assert await _status(stack, token) == (401, 401, "invalid_token")
