"""The overview in the dashboard, read: its figures by their names, and its tables; and messages of chosen moments."""

import re
from datetime import datetime
from html import unescape
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text

from shared.ids import new_id
from shared.models import Message
from tests.dashboard import Browser
from tests.stack import Stack


def tiles_of(html: str) -> dict[str, tuple[str, str]]:
    """{name: (figure, what is said of it)}"""
    found = re.findall(r"<dt>(.*?)</dt>\s*<dd[^>]*>(.*?)</dd>\s*<dd[^>]*>(.*?)</dd>", html, re.DOTALL)
    return {name: (figure, re.sub(r"<[^>]+>", "", said).strip()) for name, figure, said in found}


def table_of(html: str, part: str) -> list[list[str]]:
    """The cells of the table in one of the parts."""
    rest = html.split(f'id="{part}"', 1)[1].split("</table>", 1)[0]
    body = rest.split("<tbody>", 1)[1] if "<tbody>" in rest else ""
    return [
        [
            " ".join(unescape(re.sub(r"<[^>]+>", " ", cell)).split())
            for cell in re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row)
        ]
        for row in re.findall(r"<tr>(.*?)</tr>", body.replace("\n", ""))
    ]


async def overview(browser: Browser, **query: Any) -> str:
    return await browser.get(f"{browser.root}/overview", **query)


async def said_at(stack: Stack, direction: str, *moments: datetime, **fields: Any) -> list[UUID]:
    """Messages of these moments in the one conversation that there is; their ids."""
    async with stack.engine.begin() as connection:
        place = (await connection.execute(text("SELECT id, project_id, phone_number_id FROM conversation"))).one()
        rows = [
            {
                "id": new_id(),
                "project_id": place.project_id,
                "conversation_id": place.id,
                "phone_number_id": place.phone_number_id,
                "direction": direction,
                "type": "text",
                "content": {},
                "preview": "",
                "status": "read",
                "sent_at": moment,
                **fields,
            }
            for moment in moments
        ]
        await connection.execute(insert(Message), rows)
    return [row["id"] for row in rows]
