"""Who is looking: a claim on the page's calls and on its socket, and the name on what it sends."""

import time
from typing import Any

import jwt
import msgspec
import pytest

from shared.settings import Settings
from tests.platform_api import PlatformApi
from tests.receiver import SECRET, receiving
from tests.stack import Stack
from tests.waiting import eventually

EMBEDS = "/platform/v1/inbox_embeds"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The receiver of webhooks is on loopback."""
    return msgspec.structs.replace(settings, allow_private_addresses=True)


async def _embed(stack: Stack, **fields: Any) -> dict[str, Any]:
    body = {"inbox_embed": {"scope_type": "project", **fields}}
    answer = await stack.http.post(EMBEDS, json=body, headers={"X-API-Key": stack.project.api_key})
    data: dict[str, Any] = answer.json()["data"]
    return data


def _claim(embed: dict[str, Any], name: str = "Ana Ribeiro", sub: str = "42", seconds: int = 3600) -> str:
    claims = {"sub": sub, "name": name, "exp": int(time.time()) + seconds}
    return jwt.encode(claims, embed["signing_secret"], algorithm="HS256")


def _headers(embed: dict[str, Any], claim: str | None = None) -> dict[str, str]:
    return {"Authorization": f"Bearer {embed['token']}"} | ({} if claim is None else {"X-Porthole-User": claim})


async def _conversation_id(stack: Stack, token: str) -> str:
    async def listed() -> Any:
        return (await stack.get("/inbox/v1/conversations", token))["data"]

    return str((await eventually(listed))[0]["id"])


async def _reply(stack: Stack, path: str, text: str, headers: dict[str, str]) -> Any:
    body = {"client_id": text, "type": "text", "text": {"body": text}}
    answer = await stack.http.post(path, json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


async def test_a_session_says_who_is_looking_or_nobody(stack: Stack) -> None:
    embed = await _embed(stack)
    answer = await stack.http.get("/inbox/v1/session", headers=_headers(embed, _claim(embed, "José Ángel 🌲")))
    assert answer.json()["data"]["user"] == {"id": "42", "name": "José Ángel 🌲"}
    answer = await stack.http.get("/inbox/v1/session", headers=_headers(embed))
    assert answer.json()["data"]["user"] is None


async def test_a_message_keeps_who_sent_it_in_its_answer_the_thread_the_push_and_the_catch_up(stack: Stack) -> None:
    embed = await _embed(stack)
    await stack.customer_writes("5215555550100", "hi")
    conversation_id = await _conversation_id(stack, embed["token"])
    path = f"/inbox/v1/conversations/{conversation_id}/messages"
    cursor = (await stack.get("/inbox/v1/session", embed["token"]))["data"]["cursor"]
    async with stack.iframe(await stack.embed()) as colleague:
        sent = await _reply(stack, path, "from Ana", _headers(embed, _claim(embed)))
        pushed = await colleague.event("message.created")
    anonymous = await _reply(stack, path, "from nobody", _headers(embed))
    ana = {"id": "42", "name": "Ana Ribeiro"}
    assert (sent["sent_by"], pushed["message"]["sent_by"], anonymous["sent_by"]) == (ana, ana, None)
    thread = (await stack.get(path, embed["token"]))["data"]
    assert {row["text"]["body"]: row["sent_by"] for row in thread} == {"from Ana": ana, "from nobody": None, "hi": None}
    changed = (await stack.get("/inbox/v1/changes", embed["token"], since=cursor))["data"]["messages"]
    assert ana in [row["sent_by"] for row in changed]


async def test_both_apis_and_webhooks_name_who_sent_a_message_or_nobody(stack: Stack) -> None:
    embed, api = await _embed(stack), PlatformApi(stack)
    await stack.customer_writes("5215555550100", "hi")
    path = f"/inbox/v1/conversations/{await _conversation_id(stack, embed['token'])}/messages"
    ana = {"id": "42", "name": "Ana Ribeiro"}
    sent = {"from Ana": ana, "from nobody": None}
    async with receiving() as receiver:
        webhook = {"url": f"{receiver.url}/hook", "secret_key": SECRET, "events": ["whatsapp.message.sent"]}
        number = stack.project.phone_number_id
        await api.create(f"/whatsapp/phone_numbers/{number}/webhooks", {"whatsapp_webhook": webhook})
        await _reply(stack, path, "from Ana", _headers(embed, _claim(embed)))
        await _reply(stack, path, "from nobody", _headers(embed))

        async def told() -> bool:
            return len(receiver.came) == 2

        await eventually(told, 20)
    messages = [one.json()["message"] for one in receiver.came]
    assert {row["text"]["body"]: row["kapso"]["sent_by"] for row in messages} == sent
    for listed in ("/platform/v1/whatsapp/messages", f"/meta/whatsapp/v24.0/{number}/messages"):
        answer = await stack.http.get(listed, headers={"X-API-Key": stack.project.api_key})
        assert {row["text"]["body"]: row["kapso"]["sent_by"] for row in answer.json()["data"]} == sent | {"hi": None}


async def test_a_repeated_send_keeps_the_first_sender(stack: Stack) -> None:
    embed = await _embed(stack)
    await stack.customer_writes("5215555550100", "hi")
    path = f"/inbox/v1/conversations/{await _conversation_id(stack, embed['token'])}/messages"
    body = {"client_id": "c", "type": "text", "text": {"body": "once"}}
    for name in ("Ana", "Ben"):
        answer = await stack.http.post(path, json=body, headers=_headers(embed, _claim(embed, name)))
        assert answer.json()["data"]["sent_by"]["name"] == "Ana"


@pytest.mark.parametrize("path", ["/session", "/conversations", "/changes?since=0"])
async def test_a_bad_claim_is_401_on_every_call_and_none_at_all_is_fine(stack: Stack, path: str) -> None:
    embed, other = await _embed(stack), await _embed(stack)
    for claim, code in (
        ("nonsense", "invalid_user_claim"),
        ("", "invalid_user_claim"),
        (_claim(other), "invalid_user_claim"),
        (_claim(embed, name=""), "invalid_user_claim"),
        (_claim(embed, name="x" * 201), "invalid_user_claim"),
        (jwt.encode({"sub": "1", "name": "A", "exp": 2**40}, "", algorithm="none"), "invalid_user_claim"),
        (_claim(embed, seconds=-1), "expired_user_claim"),
    ):
        answer = await stack.http.get(f"/inbox/v1{path}", headers=_headers(embed, claim))
        assert (answer.status_code, answer.json()["code"]) == (401, code)
    for good in (None, _claim(embed)):
        assert (await stack.http.get(f"/inbox/v1{path}", headers=_headers(embed, good))).status_code == 200


async def test_a_bad_claim_sends_nothing(stack: Stack) -> None:
    embed = await _embed(stack)
    await stack.customer_writes("5215555550100", "hi")
    path = f"/inbox/v1/conversations/{await _conversation_id(stack, embed['token'])}/messages"
    body = {"client_id": "c", "type": "text", "text": {"body": "no"}}
    answer = await stack.http.post(path, json=body, headers=_headers(embed, _claim(embed, seconds=-1)))
    assert answer.status_code == 401
    assert await stack.count("message", "direction = 'outbound'") == 0


async def test_the_socket_takes_a_good_claim_or_none_and_refuses_a_bad_one(stack: Stack) -> None:
    embed, other = await _embed(stack), await _embed(stack)
    for user in (None, _claim(embed)):
        async with stack.iframe("", auth={"token": embed["token"], "user": user}) as iframe:
            assert iframe.client.connected
    refused: list[tuple[Any, str]] = [
        (_claim(other), "invalid_user_claim"),
        (_claim(embed, seconds=-1), "expired_user_claim"),
        ("", "invalid_user_claim"),
        (7, "invalid_user_claim"),
        ({"id": "42", "name": "Ana"}, "invalid_user_claim"),
    ]
    for user, code in refused:
        async with stack.iframe("", auth={"token": embed["token"], "user": user}) as iframe:
            assert [refusal["data"]["code"] for refusal in iframe.refused] == [code]


async def test_a_new_signing_secret_ends_the_claims_of_the_old_one_and_the_embeds_iframes(stack: Stack) -> None:
    embed = await _embed(stack)
    claim = _claim(embed)
    body = {"inbox_embed": {"rotate_signing_secret": True, "grace_seconds": 60}}
    async with stack.iframe("", auth={"token": embed["token"], "user": claim}) as iframe:
        rotated = await stack.http.post(
            f"{EMBEDS}/{embed['id']}/rotate", json=body, headers={"X-API-Key": stack.project.api_key}
        )

        async def closed() -> bool:
            return iframe.closed == [{"code": "embed_changed"}]

        await eventually(closed)
    answer = await stack.http.get("/inbox/v1/session", headers=_headers(embed, claim))
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_user_claim")
    fresh = _claim(rotated.json()["data"])
    assert (await stack.http.get("/inbox/v1/session", headers=_headers(embed, fresh))).status_code == 200
