"""The phone page, its event stream, and an orderly end."""

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx

from cli.simulator.app import create_app
from tests.integration.simulator_support import (
    ANA,
    NUMBER,
    World,
    config_for,
    loopback_socket,
    serving,
    until,
)

pytest_plugins = ("tests.integration.simulator_fixtures",)


def events(stream: httpx.Response) -> Iterator[dict[str, Any]]:
    for line in stream.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def test_the_page_and_its_parts_have_a_strict_policy(world: World) -> None:
    parts = re.findall(r'(?:href|src)="(/assets/[^"]+)"', world.sim.get("/").text)
    assert {part.rpartition(".")[2] for part in parts} == {"css", "js", "svg"}
    for path in ("/", *parts):
        answer = world.sim.get(path)
        assert answer.status_code == 200
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'self'")
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_page_has_no_inline_script_or_style(world: World) -> None:
    html = world.sim.get("/").text
    assert "<style" not in html
    assert " style=" not in html
    assert "<script>" not in html
    assert not re.search(r"<[^>]*\son\w+=", html)


def test_a_file_that_could_run_is_a_download(world: World) -> None:
    world.customer_sends("document", {"data": "PHNjcmlwdD4=", "mime_type": "text/html"})
    media_id = until(world.business.messages)[0]["document"]["id"]
    answer = world.sim.get(f"/_sim/media/{media_id}")
    assert answer.headers["content-disposition"] == "attachment"
    assert world.sim.get("/_sim/media/1").status_code == 404


def test_the_stream_brings_messages_and_statuses(world: World) -> None:
    world.open_window()
    with world.sim.stream("GET", "/_sim/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        world.send_text("live")
        found = next(event for event in events(stream) if event["message"]["direction"] == "outbound")
    assert (found["phone_number_id"], found["wa_id"]) == (NUMBER, ANA)
    assert found["message"]["text"] == {"body": "live"}
    assert [status["status"] for status in found["message"]["statuses"]] == ["sent", "delivered"]


def test_the_stream_brings_what_the_business_types_and_changes_on_its_own_phone(world: World) -> None:
    wamid = world.app_sends()
    world.settled("sent", "delivered")
    with world.sim.stream("GET", "/_sim/events") as stream:
        world.app_sends("edit", {"original_message_id": wamid, "message": {"text": {"body": "at ten"}}})
        world.app_sends("revoke", {"original_message_id": wamid})
        call = {"phone_number_id": NUMBER, "outcome": "failed"}
        world.sim.post(f"/_sim/users/{ANA}/calls", json=call).raise_for_status()
        found = events(stream)
        edited, revoked, missed = (next(found)["message"] for _ in range(3))
    assert (edited["wamid"], edited["text"], edited["edited"]) == (wamid, {"body": "at ten"}, True)
    assert (revoked["wamid"], revoked["revoked"], revoked["origin"]) == (wamid, True, "app")
    assert missed["call"] == {"direction": "USER_INITIATED", "outcome": "failed", "duration": 0}


def test_an_open_chat_reads_what_was_there_and_what_comes(world: World) -> None:
    world.open_window()
    world.send_text()
    world.settled("sent", "delivered")
    with world.sim.stream("GET", "/_sim/events", params={"phone_number_id": NUMBER, "wa_id": ANA}) as stream:
        lines = stream.iter_lines()
        assert next(lines)
        world.settled("sent", "delivered", "read")
        world.send_text()
        world.settled("sent", "delivered", "read", "sent", "delivered", "read")


def test_the_stream_shows_that_the_business_types(world: World) -> None:
    wamid = world.open_window()
    with world.sim.stream("GET", "/_sim/events") as stream:
        world.post(status="read", message_id=wamid, typing_indicator={"type": "text"})
        found = next(event for event in events(stream) if event["type"] == "typing")
    assert (found["phone_number_id"], found["wa_id"]) == (NUMBER, ANA)


async def test_it_ends_with_a_page_open_and_a_webhook_on_its_way() -> None:
    before = asyncio.all_tasks()
    sock = loopback_socket()
    url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    # Bound but not listening: every webhook is refused and tried again.
    with loopback_socket() as nobody:
        webhook_url = f"http://127.0.0.1:{nobody.getsockname()[1]}/webhooks/whatsapp"
        async with httpx.AsyncClient(base_url=url) as client:
            async with serving(create_app(config_for(url, webhook_url)), sock):
                page = await client.send(client.build_request("GET", "/_sim/events"), stream=True)
                lines = page.aiter_lines()
                assert await anext(lines)
                await client.post("/_sim/users", json={"wa_id": ANA})
                message = {"phone_number_id": NUMBER, "text": {"body": "hi"}}
                await client.post(f"/_sim/users/{ANA}/messages", json=message)
            await page.aclose()
    assert asyncio.all_tasks() <= before
