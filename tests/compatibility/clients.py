"""The published clients, pointed at a running Porthole, and the customer at the other end."""

import asyncio
import sys
from pathlib import Path
from typing import Any

from kapso_whatsapp import KapsoPlatformClient, WhatsAppClient

from tests.stack import Stack
from tests.waiting import eventually

ANA = "5215555550100"
HERE = Path(__file__).parent
NODE = str(Path(sys.executable).with_name("node"))


def whatsapp_client(stack: Stack, key: str | None = None) -> WhatsAppClient:
    """The client of the Meta-compatible path. It offers history only where its base URL contains "kapso.ai"; as the
    user's name in the URL, that changes nothing for the server.
    """
    base_url = f"{stack.base_url}/meta/whatsapp".replace("://", "://kapso.ai@")
    return WhatsAppClient(kapso_api_key=key or stack.project.api_key, base_url=base_url, max_retries=0)


def platform_client(stack: Stack, key: str | None = None) -> KapsoPlatformClient:
    """The client of the Platform API."""
    base_url = f"{stack.base_url}/platform/v1"
    return KapsoPlatformClient(api_key=key or stack.project.api_key, base_url=base_url, max_retries=0)


async def run(*command: str) -> str:
    """What a command prints, in the folder of the npm packages."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=HERE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return output.decode()


class Customer:
    """A customer's phone, as the WhatsApp simulator plays it, and the number that it writes to."""

    wa_id = ANA

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.number = stack.project.phone_number_id

    async def writes(self, text: str = "hola") -> str:
        """Write a text; returns its wamid once Porthole has stored it."""
        return await self._stored(await self.stack.customer_writes(self.wa_id, text))

    async def sends(self, kind: str, content: Any = None, **fields: Any) -> str:
        """Send Meta's object of a type, a sample file without one; returns the wamid once Porthole has stored it."""
        message = {"phone_number_id": self.number, "type": kind, **fields}
        if content is not None:
            message[kind] = content
        answer = await self.stack.simulator.post(f"/_sim/users/{self.wa_id}/messages", json=message)
        assert answer.status_code == 201, answer.text
        return await self._stored(answer.json()["wamid"])

    async def has_received(self, count: int) -> list[dict[str, Any]]:
        """The messages from the business, in their order, once there are so many."""

        async def find() -> list[dict[str, Any]] | None:
            received: list[dict[str, Any]] = (await self.stack.simulator.get("/_sim/received")).json()["data"]
            return received if len(received) >= count else None

        received = await eventually(find)
        assert received is not None
        assert len(received) == count
        return received

    async def sees(self, wamid: str) -> dict[str, Any]:
        """A message as the chat on the phone shows it."""
        query = {"phone_number_id": self.number, "wa_id": self.wa_id}
        chat = (await self.stack.simulator.get("/_sim/messages", params=query)).json()
        found: dict[str, Any] = next(message for message in chat if message["wamid"] == wamid)
        return found

    async def _stored(self, wamid: str) -> str:
        async def find() -> bool:
            return await self.stack.count("message", f"wamid = '{wamid}'") == 1

        await eventually(find)
        return wamid
