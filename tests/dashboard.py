"""The dashboard as a browser without scripts has it: pages, and forms that are sent from them."""

import re
from html import unescape
from typing import Any
from uuid import UUID

import httpx
from argon2 import PasswordHasher

from shared.audit import Actor
from shared.operators.accounts import NewOperator, Role, create_operator
from shared.operators.sessions import start_session
from tests.stack import Stack

PASSWORD = "a few words in a row"
COOKIE = "porthole_session"
# As light as it gets: a hash says itself how it is to be compared, and many tests sign in.
_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


async def make_operator(stack: Stack, role: Role = "owner", email: str = "olga@example.com") -> UUID:
    """An operator with PASSWORD."""
    wanted = NewOperator(name=f"Olga {role}", email=email, password=PASSWORD)
    async with stack.engine.begin() as connection:
        return await create_operator(connection, wanted, role, _HASH, Actor(type="cli"))


class Browser:
    """Keeps cookies, and sends forms with what their pages hold."""

    def __init__(self, stack: Stack) -> None:
        self.origin = stack.base_url
        self.http = httpx.AsyncClient(base_url=stack.base_url, timeout=20)
        self.root = f"/dashboard/{stack.project.id}"

    async def get(self, path: str, expect: int = 200, **query: Any) -> str:
        """A page's HTML. It must have what every page has."""
        answer = await self.http.get(path, params=query or None)
        assert answer.status_code == expect, answer.text
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        return answer.text

    async def send(self, path: str, page: str | None = None, **fields: Any) -> httpx.Response:
        """Send a form: of the page at `page`, or of the one at `path`. Hidden fields go with it."""
        form = hidden_fields(await self.get(page or path))
        return await self.http.post(path, data={**form, **fields}, headers={"Origin": self.origin})

    async def __aenter__(self) -> "Browser":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()


def hidden_fields(html: str) -> dict[str, str]:
    """Of all forms of a page: our pages give them the same names only where they have the same value."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html)
    return {name: unescape(value) for name, value in found if name not in ("back", "username")}


async def signed_in(stack: Stack, role: Role = "owner", email: str | None = None) -> Browser:
    """The browser of a new operator, who has a session."""
    operator_id = await make_operator(stack, role, email or f"{role}@example.com")
    browser = Browser(stack)
    async with stack.engine.begin() as connection:
        browser.http.cookies.set(COOKIE, await start_session(connection, operator_id))
    return browser
