"""What the lists of the dashboard say of what is in them, and where nothing is."""

import re
from html import unescape
from typing import Any

from sqlalchemy import text

from tests.dashboard import signed_in
from tests.stack import Stack
from tests.waiting import eventually


def _cells(html: str, name: str) -> dict[str, str]:
    """The words of each cell in the row of that name."""
    row = re.search(rf">{name}</a>.*?</tr>", html, re.DOTALL)
    assert row is not None, html
    cells = re.findall(r'<td data-label="([^"]+)">(.*?)</td>', row[0], re.DOTALL)
    return {label: " ".join(unescape(re.sub("<[^>]+>", " ", cell)).split()) for label, cell in cells}


async def test_an_embed_says_what_it_shows_where_it_may_stand_how_long_it_lives_and_when_it_was_used(
    stack: Stack,
) -> None:
    token = await stack.embed(
        name="Hotels",
        scope_type="customer",
        scope_id=str(stack.project.customer_id),
        assigned_user_id=str(stack.project.user_id),
        allowed_origins=["https://crm.example.com", "https://erp.example.com", "https://shop.example.com"],
        expires_at="2099-01-02T03:04:00Z",
    )
    await stack.embed(name="Bare")
    async with await signed_in(stack, "viewer") as browser:
        path = f"{browser.root}/embeds"
        html = await browser.get(path)
        assert _cells(html, "Hotels") == {
            "Shows": "Customer Larch Hotels",
            "Assigned to": "Ana Ribeiro",
            "May stand on": "https://crm.example.com and 2 more",
            "Expires": "02 Jan 2099, 03:04 UTC",
            "Last used": "Never",
            "Open now": "Nobody",
        }
        assert _cells(html, "Bare") == {
            "Shows": "Whole project",
            "Assigned to": "Everybody",
            "May stand on": "Any website",
            "Expires": "Never",
            "Last used": "Never",
            "Open now": "Nobody",
        }
        assert (await browser.http.get(f"/embed/{token}")).status_code == 200

        async def last_used() -> Any:
            async with stack.engine.connect() as connection:
                return await connection.scalar(text("SELECT last_used_at FROM inbox_embed WHERE name = 'Hotels'"))

        at = await eventually(last_used)
        html = await browser.get(path)
        assert _cells(html, "Hotels")["Last used"] == f"{at:%d %b %Y, %H:%M} UTC"
        assert _cells(html, "Bare")["Last used"] == "Never"


async def test_an_installation_without_a_project_says_what_to_do(stack: Stack) -> None:
    async with await signed_in(stack) as browser:
        assert "No project yet" not in await browser.get("/dashboard/projects")
        async with stack.engine.begin() as connection:
            await connection.execute(text("DELETE FROM project"))
        assert "No project yet" in await browser.get("/dashboard/projects")
        assert (await browser.http.get("/dashboard")).headers["location"] == "/dashboard/projects"
        assert "All was applied" in await browser.get("/dashboard/events")
