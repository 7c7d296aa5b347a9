"""docs/examples/bot.py, as docs/examples/README.md says to run it, with the whole product and a simulated WhatsApp."""

import asyncio
import contextlib
import os
import re
import runpy
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from cli.serve import bind, port_of
from shared.settings import Settings
from tests.conversations import new_wa_id
from tests.platform_api import PlatformApi
from tests.receiver import SECRET
from tests.samples import samples_of
from tests.stack import Stack
from tests.waiting import eventually

BOT = Path(__file__).resolve().parents[2] / "docs" / "examples" / "bot.py"
OPEN = "We are open Monday to Saturday, from 9:00 to 18:00."


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The bot is on loopback."""
    return msgspec.structs.replace(settings, allow_private_addresses=True)


@contextlib.asynccontextmanager
async def running_bot(stack: Stack, **environ: str) -> AsyncIterator[str]:
    """Give the number a webhook that leads to the bot, and start it; its URL."""
    with bind("127.0.0.1", 0) as sock:
        port = port_of(sock)
    url, number = f"http://localhost:{port}/", stack.project.phone_number_id
    wanted = {"url": url, "secret_key": SECRET, "events": ["whatsapp.message.received"]}
    await PlatformApi(stack).create(f"/whatsapp/phone_numbers/{number}/webhooks", {"whatsapp_webhook": wanted})
    given = {
        "PORTHOLE_URL": stack.base_url,
        "PORTHOLE_API_KEY": stack.project.api_key,
        "PHONE_NUMBER_ID": number,
        "WEBHOOK_SECRET": SECRET,
        "PORT": str(port),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, BOT), env=os.environ | given | environ, stderr=asyncio.subprocess.DEVNULL
    )

    async def listens() -> bool:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            await writer.wait_closed()
            return True
        return False

    try:
        await eventually(listens, 30)
        yield url
    finally:
        process.terminate()
        await process.wait()


class Phone:
    """A customer's phone, and the inbox that shows the conversation."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.api = PlatformApi(stack)
        self.wa_id = new_wa_id()

    async def writes(self, words: str) -> None:
        """Write, and wait until the bot has taken note of it."""
        await self.stack.customer_writes(self.wa_id, words)

        async def come() -> bool:
            return await self.stack.count("message", f"text = '{words}'") == 1

        await eventually(come)
        await self.settled()

    async def settled(self) -> None:
        """Wait until every webhook has been answered, so that who is silent now has nothing to say."""

        async def none_waits() -> bool:
            return await self.stack.count("webhook_delivery", "status <> 'delivered'") == 0

        await eventually(none_waits, 30)

    async def conversation(self) -> dict[str, Any]:
        (found,) = (await self.stack.get("/inbox/v1/conversations", await self.stack.embed()))["data"]
        return dict(found)

    async def answers(self) -> list[str]:
        """What the bot has said, oldest first."""
        path = f"/inbox/v1/conversations/{(await self.conversation())['id']}/messages"
        thread = (await self.stack.get(path, await self.stack.embed()))["data"]
        return [one["text"]["body"] for one in reversed(thread) if one["direction"] == "outbound"]

    async def press(self, button: str) -> None:
        headers = {"Authorization": f"Bearer {await self.stack.embed()}"}
        path = f"/inbox/v1/conversations/{(await self.conversation())['id']}/{button}"
        answer = await self.stack.http.post(path, headers=headers)
        assert answer.status_code == 200, answer.text


async def test_it_greets_answers_hands_off_is_silent_and_goes_on_after_a_hand_back(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PHONE_NUMBER_ID", "WEBHOOK_SECRET", "PORTHOLE_API_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("PORTHOLE_URL", stack.base_url)
    words = runpy.run_path(str(BOT))
    words["porthole"].close()
    phone = Phone(stack)
    async with running_bot(stack):
        await phone.writes("Hi")
        assert (await phone.conversation())["mode"] == "running"
        await phone.writes("When are you open?")
        await phone.writes("Where is order AF-1042?")
        said = [words["HELLO"], *words["ANSWERS"].values()]
        assert await phone.answers() == said
        assert OPEN in said
        await phone.writes("I want a HUMAN")
        said.append(words["HUMAN"])
        assert await phone.answers() == said
        assert (await phone.conversation())["mode"] == "handoff"
        await phone.writes("Are you open, anybody?")
        assert await phone.answers() == said, "a person has it"
        await phone.press("hand_back")
        await phone.writes("And are you open on Sunday?")
        assert await phone.answers() == [*said, OPEN]
        assert (await phone.conversation())["mode"] == "running"
        await phone.press("handoff")
        await phone.writes("Open?")
        assert await phone.answers() == [*said, OPEN], "a person took it"


async def test_what_it_is_told_twice_it_answers_once(stack: Stack) -> None:
    phone = Phone(stack)
    async with running_bot(stack):
        await phone.writes("Are you open?")
        (delivery,) = (await phone.api.get("/webhook_deliveries"))["data"]
        assert (await phone.api.answer("POST", f"/webhook_deliveries/{delivery['id']}/replay")).status_code == 201
        await phone.settled()
        assert await phone.answers() == [OPEN]
        assert await stack.count("workflow_execution") == await stack.count("workflow") == 1


async def test_it_answers_those_only_whom_it_shall_answer(stack: Stack) -> None:
    phone = Phone(stack)
    async with running_bot(stack, ONLY_FROM=f"15550000000 {phone.wa_id}1"):
        await phone.writes("Are you open?")
        assert await phone.answers() == []
        assert (await phone.conversation())["mode"] is None


async def test_it_believes_nobody_who_does_not_know_the_secret(stack: Stack) -> None:
    phone = Phone(stack)
    async with running_bot(stack) as url, httpx.AsyncClient() as client:
        await phone.writes("Hi")
        before = await phone.answers()
        conversation = {"id": (await phone.conversation())["id"]}
        message = {"from": phone.wa_id, "kapso": {"content": "human"}}
        headers = {"X-Webhook-Event": "whatsapp.message.received", "X-Idempotency-Key": "1"}
        for signature in ({}, {"X-Webhook-Signature": "0" * 64}):
            answer = await client.post(
                url, json={"message": message, "conversation": conversation}, headers=headers | signature
            )
            assert answer.status_code == 401
        assert await phone.answers() == before
        assert (await phone.conversation())["mode"] == "running"


def test_its_readme_sets_the_variables_that_it_reads() -> None:
    (shown,) = (one.text for one in samples_of(BOT.with_name("README.md")) if one.way == "tested")
    variables = set(re.findall(r"\b([A-Z_]+)=", shown))
    assert variables == set(re.findall(r'os\.environ(?:\.get\(|\[)"([A-Z_]+)"', BOT.read_text())) - {"PORT"}
    assert shown.endswith(f"python {BOT.name}\n")
