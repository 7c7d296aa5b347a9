"""Rows and webhooks that tests start from."""

import itertools
import time
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.ids import new_id
from shared.models import Customer, TeamMember
from shared.operations.connect_number import NewNumber, connect_number
from shared.operations.create_embed import create_embed, read_new_embed
from shared.operations.create_project import create_key, create_project
from shared.settings import Settings

ACCESS_TOKEN = "graph-access-token"
SECRET_KEY = "a secret key for the tests"
_numbers = itertools.count(206_540_352_242_900)  # not those of the documents, which are connected too
_wamids = itertools.count(1)


class ProjectRows(msgspec.Struct):
    """A project with one number of its own and one of a customer's, one team member, and an API key."""

    id: UUID
    api_key: str
    phone_number_id: str
    whatsapp_config_id: UUID
    customer_id: UUID
    customer_phone_number_id: str
    user_id: UUID


async def make_project(connection: AsyncConnection, settings: Settings, name: str = "Alder & Finch") -> ProjectRows:
    project_id = await create_project(connection, name)
    _, api_key = await create_key(connection, project_id, "tests")
    customer_id, user_id = new_id(), new_id()
    await connection.execute(insert(Customer).values(id=customer_id, project_id=project_id, name="Larch Hotels"))
    await connection.execute(
        insert(TeamMember).values(id=user_id, project_id=project_id, name="Ana Ribeiro", email="ana@example.com")
    )
    own_id, own = await _number(connection, settings, project_id, None)
    _, customers = await _number(connection, settings, project_id, customer_id)
    return ProjectRows(project_id, api_key, own, own_id, customer_id, customers, user_id)


async def _number(
    connection: AsyncConnection, settings: Settings, project_id: UUID, customer_id: UUID | None
) -> tuple[UUID, str]:
    phone_number_id = str(next(_numbers))
    number = NewNumber(
        phone_number_id=phone_number_id,
        business_account_id="900100",
        display_phone_number=f"+1 555 {phone_number_id[-4:]}",
        name="Support" if customer_id is None else "Hotels",
        access_token=ACCESS_TOKEN,
        customer_id=customer_id,
    )
    return await connect_number(connection, project_id, number, settings.secret_key), phone_number_id


async def make_embed(connection: AsyncConnection, project_id: UUID, **fields: Any) -> str:
    """An embed's token; of the whole project unless `fields` say otherwise."""
    wanted = read_new_embed({"scope_type": "project", **fields})
    return (await create_embed(connection, project_id, wanted, SECRET_KEY)).token


def new_wamid() -> str:
    return f"wamid.TEST{next(_wamids):08d}"


def text_message(body: str, *, wa_id: str = "5215555550100", wamid: str | None = None, at: int | None = None) -> Any:
    """A customer's text in Meta's shape; `at` is in Unix seconds."""
    return {
        "from": wa_id,
        "id": wamid or new_wamid(),
        "timestamp": str(at or int(time.time())),
        "type": "text",
        "text": {"body": body},
    }


def status_update(wamid: str, status: str, **fields: Any) -> Any:
    return {
        "id": wamid,
        "status": status,
        "timestamp": str(int(time.time())),
        "recipient_id": "5215555550100",
        **fields,
    }


def webhook(
    phone_number_id: str, *, messages: list[Any] | None = None, statuses: list[Any] | None = None, name: str = "Ana"
) -> bytes:
    """A webhook body with one change of field `messages`."""
    value: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550100", "phone_number_id": phone_number_id},
    }
    if messages is not None:
        senders = dict.fromkeys(message["from"] for message in messages)
        value["contacts"] = [{"profile": {"name": name}, "wa_id": wa_id} for wa_id in senders]
        value["messages"] = messages
    if statuses is not None:
        value["statuses"] = statuses
    return msgspec.json.encode(
        {
            "object": "whatsapp_business_account",
            "entry": [{"id": "900100", "changes": [{"field": "messages", "value": value}]}],
        }
    )
