"""Calls of the Meta-compatible path, as a client written for Meta or for Kapso makes them."""

from typing import Any

import httpx

from tests.stack import Stack
from tests.waiting import eventually

ANA = "5215555550100"
TEMPLATE = {"name": "hello_world", "language": {"code": "en_US"}}

_CARD = [{"name": {"formatted_name": "Ana P", "first_name": "Ana"}, "phones": [{"phone": "+1 555 0100"}]}]
_INTERACTIVE: dict[str, Any] = {
    "button": {"buttons": [{"type": "reply", "reply": {"id": "yes", "title": "Yes"}}]},
    "list": {"button": "Choose", "sections": [{"rows": [{"id": "1", "title": "Ten o'clock"}]}]},
    "cta_url": {"name": "cta_url", "parameters": {"display_text": "Open", "url": "https://shop.example"}},
    "location_request_message": {"name": "send_location"},
}
CONTENTS: list[tuple[str, Any]] = [
    ("text", {"body": "Good morning", "preview_url": False}),
    ("image", {"link": "https://shop.example/a.jpg", "caption": "Look"}),
    ("video", {"link": "https://shop.example/a.mp4"}),
    ("audio", {"link": "https://shop.example/a.ogg", "voice": True}),
    ("document", {"link": "https://shop.example/a.pdf", "filename": "a.pdf"}),
    ("sticker", {"link": "https://shop.example/a.webp"}),
    ("location", {"latitude": 19.43, "longitude": -99.13, "name": "The shop"}),
    ("contacts", _CARD),
    ("template", TEMPLATE),
    *(("interactive", {"type": kind, "body": {"text": "So?"}, "action": one}) for kind, one in _INTERACTIVE.items()),
]
"""A message of every type that a business may send, and of every kind that the simulator knows how to show."""


class GraphRefusedError(Exception):
    """An error answer as Kapso's SDK reads it: `error` is Graph's object, or a sentence."""

    def __init__(self, answer: httpx.Response) -> None:
        error = answer.json()["error"]
        flat = isinstance(error, str)
        super().__init__(error if flat else error["message"])
        self.status = answer.status_code
        self.code = None if flat else error["code"]
        self.type = None if flat else error["type"]
        self.details = "" if flat else (error.get("error_data") or {}).get("details", "")
        self.body = answer.json()


class MetaApi:
    """`get`, `post`, `patch` and `send` raise GraphRefusedError for an error answer; `answer` gives what came."""

    def __init__(self, stack: Stack, api_key: str | None = None, number: str | None = None) -> None:
        self._http = stack.http
        self._headers = {"X-API-Key": api_key or stack.project.api_key}
        self.number = number or stack.project.phone_number_id

    async def answer(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **query: Any
    ) -> httpx.Response:
        return await self._http.request(
            method,
            f"/meta/whatsapp/v24.0{path}",
            json=body,
            params=query,
            headers={**self._headers, **(headers or {})},
            timeout=30,
        )

    async def get(self, path: str, **query: Any) -> Any:
        return _checked(await self.answer("GET", path, **query))

    async def post(self, path: str, body: Any, **headers: str) -> Any:
        return _checked(await self.answer("POST", path, body, headers))

    async def patch(self, path: str, body: Any) -> Any:
        return _checked(await self.answer("PATCH", path, body))

    async def list(self, resource: str, **query: Any) -> Any:
        """The rows of the number's list."""
        return (await self.get(f"/{self.number}/{resource}", **query))["data"]

    async def send(self, kind: str, content: Any, to: str = ANA, *, key: str | None = None, **fields: Any) -> Any:
        """Meta's answer to a message; `key` is an Idempotency-Key."""
        headers = {} if key is None else {"Idempotency-Key": key}
        return await self.post(f"/{self.number}/messages", message(kind, content, to, **fields), **headers)

    async def send_text(self, body: str, to: str = ANA, **fields: Any) -> str:
        """The wamid of a text."""
        wamid: str = (await self.send("text", {"body": body}, to, **fields))["messages"][0]["id"]
        return wamid

    async def send_template(self, to: str = ANA, **fields: Any) -> str:
        """The wamid of a template, which anybody may be sent at any time."""
        wamid: str = (await self.send("template", TEMPLATE, to, **fields))["messages"][0]["id"]
        return wamid


def message(kind: str, content: Any, to: str | None = ANA, **fields: Any) -> dict[str, Any]:
    """The body of a send."""
    whom = {} if to is None else {"to": to}
    return {"messaging_product": "whatsapp", **whom, "type": kind, kind: content, **fields}


async def customer_wrote_on_phone(stack: Stack, body: str = "Hola", wa_id: str = ANA) -> str:
    """Somebody writes on the simulated phone; the wamid, once it is stored."""
    wamid = await stack.customer_writes(wa_id, body)

    async def stored() -> bool:
        return await stack.count("message", f"wamid = '{wamid}'") == 1

    await eventually(stored)
    return wamid


async def received(stack: Stack) -> list[dict[str, Any]]:
    """All that reached the simulated WhatsApp, in its order."""
    data: list[dict[str, Any]] = (await stack.simulator.get("/_sim/received")).json()["data"]
    return data


async def set_faults(stack: Stack, **faults: Any) -> None:
    """Let the simulated WhatsApp misbehave in these ways, and in no other."""
    answer = await stack.simulator.put("/_sim/faults", json=faults)
    assert answer.is_success, answer.text


def _checked(answer: httpx.Response) -> Any:
    if answer.status_code != 200:
        raise GraphRefusedError(answer)
    return answer.json()
