"""The demo's project, "Alder & Finch": made, found again, and shown to the WhatsApp simulator."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import insert, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cli.demo_conversations import add_conversations
from cli.demo_script import read_project
from cli.simulator.config import SimulatedNumber
from shared.crypto import encrypt
from shared.ids import new_id
from shared.models import CannedReply, Customer, PhoneNumber, Project, TeamMember

TRANSCRIPT_LENGTH = 50


class SeededUser(msgspec.Struct, frozen=True):
    user_id: UUID
    name: str
    email: str


class SeededNumber(msgspec.Struct, frozen=True):
    """`name` is ours ("Support"), `verified_name` the one that WhatsApp shows to customers."""

    phone_number_id: str
    whatsapp_config_id: UUID
    business_account_id: str
    display_phone_number: str
    name: str
    verified_name: str


class Seeded(msgspec.Struct, frozen=True):
    """The ids of the demo's project; the customer owns the number "Orders"."""

    project_id: UUID
    customer_id: UUID
    users: list[SeededUser]
    phone_numbers: list[SeededNumber]


async def seed(
    engine: AsyncEngine,
    *,
    secret_key: str,
    access_token: str,
    with_conversations: bool,
    now: datetime | None = None,
) -> Seeded:
    """Make the project with all that belongs to it, and unless told otherwise its conversations.

    All or nothing, in one transaction. Raises IntegrityError if the database has them: ask `load_seeded` first. The
    conversations' times count back from `now`.
    """
    async with engine.begin() as connection:
        await _add_project(connection, encrypt(access_token, secret_key))
        seeded = await _load(connection)
        assert seeded is not None
        if with_conversations:
            await add_conversations(
                connection,
                seeded.project_id,
                {number.name: _simulated(number) for number in seeded.phone_numbers},
                {user.name: user.user_id for user in seeded.users},
                now or datetime.now(UTC),
            )
    return seeded


async def load_seeded(engine: AsyncEngine) -> Seeded | None:
    """What an earlier run seeded in this database, None if none did."""
    async with engine.connect() as connection:
        return await _load(connection)


async def phone_transcripts(engine: AsyncEngine) -> list[dict[str, Any]]:
    """Every customer's phone, as the simulator's `POST /_sim/users` takes it; per number at most the last 50 messages,
    and the customer's files:

    {"wa_id", "name", "transcript": {phone_number_id: [{"direction": "inbound"|"outbound" (as the business sees it),
    "type", "content": Meta's object, "wamid", "timestamp": unix seconds, "status": "sent"|"delivered"|"read",
    "context": {"message_id"}|None}]}}

    What never reached the phone, and what is no bubble of its own there, such as a reaction, is left out.
    """
    async with engine.connect() as connection:
        rows = (await connection.execute(_TRANSCRIPTS, {"length": TRANSCRIPT_LENGTH})).all()
    phones: dict[str, dict[str, Any]] = {}
    for row in rows:
        phone = phones.setdefault(row.wa_id, {"wa_id": row.wa_id, "name": row.name, "transcript": {}})
        if row.phone_number_id is not None:
            phone["transcript"].setdefault(row.phone_number_id, []).append(
                {
                    "direction": row.direction,
                    "type": row.type,
                    "content": row.content,
                    "wamid": row.wamid,
                    "timestamp": row.timestamp,
                    "status": row.status,
                    "context": None if row.reply_to is None else {"message_id": row.reply_to},
                }
            )
    return list(phones.values())


async def _add_project(connection: AsyncConnection, access_token: bytes) -> None:
    demo = read_project()
    project_id, customer_id = new_id(), new_id()
    await connection.execute(insert(Project), {"id": project_id, "name": demo.name})
    customer = {"id": customer_id, "project_id": project_id, **msgspec.to_builtins(demo.customer)}
    await connection.execute(insert(Customer), customer)
    members = [{"id": new_id(), "project_id": project_id, **msgspec.to_builtins(member)} for member in demo.members]
    await connection.execute(insert(TeamMember), members)
    replies = [{"id": new_id(), "project_id": project_id, **msgspec.to_builtins(one)} for one in demo.canned_replies]
    await connection.execute(insert(CannedReply), replies)
    numbers = [
        {
            "id": new_id(),
            "project_id": project_id,
            "customer_id": customer_id if number.of_customer else None,
            "phone_number_id": number.phone_number_id,
            "business_account_id": number.business_account_id,
            "name": number.name,
            "display_phone_number": number.display_phone_number,
            "access_token": access_token,
        }
        for number in demo.numbers
    ]
    await connection.execute(insert(PhoneNumber), numbers)


async def _load(connection: AsyncConnection) -> Seeded | None:
    demo = read_project()
    # Known by its numbers, which no other project can have.
    found = await connection.execute(
        select(
            PhoneNumber.id,
            PhoneNumber.project_id,
            PhoneNumber.phone_number_id,
            PhoneNumber.business_account_id,
            PhoneNumber.display_phone_number,
            PhoneNumber.name,
        )
        .where(PhoneNumber.phone_number_id.in_([number.phone_number_id for number in demo.numbers]))
        .order_by(PhoneNumber.id)
    )
    numbers = found.all()
    if not numbers:
        return None
    project_id = numbers[0].project_id
    customers = await connection.execute(
        select(Customer.id).where(
            Customer.project_id == project_id,
            Customer.external_customer_id == demo.customer.external_customer_id,
        )
    )
    users = await connection.execute(
        select(TeamMember.id, TeamMember.name, TeamMember.email)
        .where(TeamMember.project_id == project_id)
        .order_by(TeamMember.id)
    )
    return Seeded(
        project_id,
        customers.scalar_one(),
        [SeededUser(user.id, user.name, user.email) for user in users],
        [
            SeededNumber(
                phone_number_id=number.phone_number_id,
                whatsapp_config_id=number.id,
                business_account_id=number.business_account_id,
                display_phone_number=number.display_phone_number,
                name=number.name,
                verified_name=f"{demo.name} {number.name}",
            )
            for number in numbers
        ],
    )


def _simulated(number: SeededNumber) -> SimulatedNumber:
    return SimulatedNumber(
        number.phone_number_id, number.business_account_id, number.display_phone_number, number.verified_name
    )


# A customer's own message counts as read once somebody of the team has seen it.
_TRANSCRIPTS = text("""
    SELECT c.phone_number AS wa_id, coalesce(c.profile_name, '+' || c.phone_number) AS name, m.*
    FROM contact c
    LEFT JOIN (
        SELECT v.contact_id, m.phone_number_id, m.direction, m.type, m.content, m.wamid, m.reply_to,
            CAST(extract(epoch FROM m.sent_at) AS bigint) AS timestamp,
            CASE
                WHEN m.direction = 'outbound' THEN
                    CASE m.status WHEN 'accepted' THEN 'sent' WHEN 'played' THEN 'read' ELSE m.status END
                WHEN row_number() OVER (PARTITION BY v.id, m.direction ORDER BY m.sent_at DESC, m.id DESC)
                    <= v.unread_count THEN 'delivered'
                ELSE 'read'
            END AS status,
            row_number() OVER (PARTITION BY v.contact_id, m.phone_number_id ORDER BY m.sent_at DESC, m.id DESC) AS place
        FROM conversation v
        JOIN message m ON m.conversation_id = v.id
        WHERE m.status NOT IN ('queued', 'failed')
            AND m.type NOT IN ('reaction', 'edit', 'revoke', 'system', 'request_welcome')
    ) m ON m.contact_id = c.id
        AND (m.place <= :length OR m.direction = 'inbound' AND m.content ->> 'sha256' IS NOT NULL)
    WHERE c.phone_number IS NOT NULL
    ORDER BY c.id, m.phone_number_id, m.place DESC
""").columns(content=JSONB)
