"""The customers' side, by the simulator's control API."""

import itertools
from typing import Any, NamedTuple

import httpx


class Customers:
    def __init__(self, simulator: httpx.AsyncClient, phone_number_id: str) -> None:
        self.simulator = simulator
        self.phone_number_id = phone_number_id

    async def new(self, name: str | None = None) -> "Customer":
        """Somebody that no other test knows."""
        number = next(_numbers)
        customer = Customer(self, f"4917155{number:06d}", name or f"Visitor {number:03d}")
        await self.post("/users", {"wa_id": customer.wa_id, "name": customer.name})
        return customer

    async def send(self, wa_id: str, message: dict[str, Any], path: str = "messages") -> Any:
        return await self.post(f"/users/{wa_id}/{path}", {"phone_number_id": self.phone_number_id} | message)

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        answer = await self.simulator.post(f"/_sim{path}", json=body)
        answer.raise_for_status()
        return answer.json()


class Customer(NamedTuple):
    everyone: Customers
    wa_id: str
    name: str

    @property
    def phone_path(self) -> str:
        """The phone page with this customer's chat open."""
        return f"/#{self.wa_id}@{self.everyone.phone_number_id}"

    async def says(self, text: str, **more: Any) -> str:
        return await self.sends("text", {"body": text}, **more)

    async def sends(self, kind: str, content: Any = None, *, path: str = "messages", **more: Any) -> str:
        """A message of any type, by its content; its wamid."""
        message = {"type": kind} | ({} if content is None else {kind: content}) | more
        wamid: str = (await self.everyone.send(self.wa_id, message, path))["wamid"]
        return wamid

    async def gets(self, kind: str, content: Any, **more: Any) -> str:
        """What the business types on its own phone; its wamid."""
        return await self.sends(kind, content, path="echoes", **more)

    async def is_saved_as(self, name: str) -> None:
        """In the address book of the business's phone."""
        contact = {"phone_number": self.wa_id, "full_name": name, "first_name": name}
        await self.everyone.post("/contacts", {"phone_number_id": self.everyone.phone_number_id, "contacts": [contact]})

    async def calls(self, **call: Any) -> None:
        await self.everyone.send(self.wa_id, call, "calls")


_numbers = itertools.count(1)
