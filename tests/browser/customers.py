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
        await self._post("/users", {"wa_id": customer.wa_id, "name": customer.name})
        return customer

    async def send(self, wa_id: str, message: dict[str, Any]) -> None:
        await self._post(f"/users/{wa_id}/messages", {"phone_number_id": self.phone_number_id} | message)

    async def _post(self, path: str, body: dict[str, Any]) -> None:
        answer = await self.simulator.post(f"/_sim{path}", json=body)
        answer.raise_for_status()


class Customer(NamedTuple):
    everyone: Customers
    wa_id: str
    name: str

    @property
    def phone_path(self) -> str:
        """The phone page with this customer's chat open."""
        return f"/#{self.wa_id}@{self.everyone.phone_number_id}"

    async def says(self, text: str, **more: Any) -> None:
        await self.everyone.send(self.wa_id, {"text": {"body": text}} | more)


_numbers = itertools.count(1)
