"""How long customers waited for a person: against a slow, obvious model, and by the ways that replies go out."""

from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.ids import new_id
from shared.models import Contact, Conversation, Message
from shared.operations.note_first_responses import note_first_responses
from tests.applying import apply
from tests.conversations import customer_wrote
from tests.desk import Desk
from tests.factories import ProjectRows
from tests.meta_api import ANA, MetaApi
from tests.meta_payloads import change, echo, inbound
from tests.stack import Stack

MIGRATION = import_module("shared.migrations.versions.0014_the_overview")
START = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=12)
Answers = dict[UUID, tuple[datetime, datetime]]

_SAID = st.lists(
    st.tuples(
        st.sampled_from(["customer", "customer", "person", "person", "program", "reaction"]),
        st.integers(0, 3),  # seconds since the message before: some are of one second
        st.booleans(),  # whether it comes in one batch with the next one
    ),
    max_size=14,
)


async def _conversation(connection: AsyncConnection, project: ProjectRows) -> dict[str, Any]:
    contact_id, conversation_id = new_id(), new_id()
    await connection.execute(insert(Contact).values(id=contact_id, project_id=project.id, phone_number="15550001"))
    place = {"project_id": project.id, "phone_number_id": project.phone_number_id}
    await connection.execute(
        insert(Conversation).values(**place, id=conversation_id, contact_id=contact_id, last_active_at=START)
    )
    return place | {"conversation_id": conversation_id}


def _row(place: dict[str, Any], who: str, at: datetime) -> dict[str, Any]:
    row = {"id": new_id(), "type": "text", "content": {}, "preview": "", "sent_at": at, "status": "read", **place}
    row["direction"] = "outbound" if who in ("person", "program") else "inbound"
    row["type"] = "reaction" if who == "reaction" else "text"
    row["client_id"] = str(row["id"]) if who == "person" else None
    return row


async def _answers(connection: AsyncConnection) -> Answers:
    rows = await connection.execute(text("SELECT message_id, asked_at, answered_at FROM first_response"))
    return {row.message_id: (row.asked_at, row.answered_at) for row in rows}


@given(said=_SAID)
@hypothesis_settings(
    deadline=None,
    max_examples=60,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_a_wait_goes_from_the_first_unanswered_message_to_a_persons_reply(
    engine: AsyncEngine, project: ProjectRows, said: list[tuple[str, int, bool]]
) -> None:
    expected: Answers = {}
    asked, at = None, START
    async with engine.connect() as connection:  # never committed
        place = await _conversation(connection, project)
        rows: list[dict[str, Any]] = []
        replies: list[UUID] = []
        for who, seconds, with_next in said:
            at += timedelta(seconds=seconds)
            rows.append(_row(place, who, at))
            if who == "customer":
                asked = asked or at
            elif who == "person":
                replies.append(rows[-1]["id"])
                if asked is not None:
                    expected[replies[-1]] = (asked, at)
                asked = None
            if not with_next:
                await connection.execute(insert(Message), rows)
                for _ in range(2):  # noted twice, it is kept once
                    await note_first_responses(connection, replies)
                rows, replies = [], []
        if rows:
            await connection.execute(insert(Message), rows)
            await note_first_responses(connection, replies)
        assert await _answers(connection) == expected

        # What the migration makes of messages that were there before it.
        await connection.execute(text("DELETE FROM first_response"))
        await connection.execute(text(MIGRATION.FILL))
        assert await _answers(connection) == expected


async def test_a_person_in_an_inbox_answers_and_a_program_does_not(stack: Stack) -> None:
    conversation_id = await customer_wrote(stack, "Anybody there?", wa_id=ANA)
    await stack.customer_writes(ANA, "Hello?")  # for the simulator, which opens its window
    await MetaApi(stack).send_text("A person will answer soon.")
    assert await stack.count("first_response") == 0
    desk = Desk(stack, await stack.embed(), conversation_id)
    first = await desk.sent("text", {"body": "Here I am."})
    await desk.sent("text", {"body": "What is it about?"})
    assert await stack.count("first_response") == 1
    assert await stack.count("first_response", f"message_id = '{first['id']}' AND asked_at <= answered_at") == 1
    assert await stack.count("first_response", f"project_id = '{stack.project.id}'") == 1


async def test_a_person_at_the_businesss_phone_answers_too(engine: AsyncEngine, project: ProjectRows) -> None:
    number, at = project.phone_number_id, int(START.timestamp())
    await apply(engine, [change(number, messages=[inbound("text", {"body": "Hello?"}, at=at)])])
    replies = [echo("text", {"body": body}, at=at + 60 + place) for place, body in enumerate(("Yes", "Tell me"))]
    for _ in range(2):  # WhatsApp may say it twice
        await apply(engine, [change(number, field="smb_message_echoes", message_echoes=replies)])
    async with engine.connect() as connection:
        assert list((await _answers(connection)).values()) == [(START, START + timedelta(minutes=1))]
