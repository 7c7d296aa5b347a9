"""Fills a database by COPY, as months of use would: the contacts of the benchmark's webhooks are among the many."""

from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from tests.factories import ProjectRows

MESSAGES_OF_A_CONTACT = 20
IN_AN_ENDED_CONVERSATION = 15  # of those; the rest are in the active one
EVENTS_KEPT = 10  # one webhook for so many messages is still there as it came
LINES_AT_ONCE = 2_000
WORDS = ("order", "parcel", "invoice", "delivery", "tomorrow", "street", "refund", "colour", "size", "thank", "you")


def _id(table: int, number: int) -> str:
    return f"018f{table:04x}-0000-7000-8000-{number:012x}"


def _time(number: int) -> str:
    """A message every ten seconds, the first of them months ago."""
    day, second = divmod(number * 10, 86_400)
    return (
        f"2025-{1 + day // 28 % 12:02}-{1 + day % 28:02}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"
    )


class _Tables:
    """The lines of each table, in CSV."""

    def __init__(self, project: ProjectRows, messages: int) -> None:
        self._project = str(project.id)
        self._number = project.phone_number_id
        self._messages = messages
        self._contacts = max(1, messages // MESSAGES_OF_A_CONTACT)

    def contact(self) -> Iterator[str]:
        yield "id,project_id,profile_name,phone_number"
        for contact in range(self._contacts):
            yield f"{_id(1, contact)},{self._project},Customer {contact},1555{contact:07d}"

    def contact_identity(self) -> Iterator[str]:
        yield "project_id,kind,value,contact_id"
        for contact in range(self._contacts):
            yield f"{self._project},wa_id,1555{contact:07d},{_id(1, contact)}"

    def conversation(self) -> Iterator[str]:
        yield "id,project_id,phone_number_id,contact_id,status,messages_count,last_active_at,last_inbound_at,ended_at"
        for contact in range(self._contacts):
            at = _time(self._messages - self._contacts + contact)
            common = f"{self._project},{self._number},{_id(1, contact)}"
            yield f"{_id(2, contact)},{common},ended,{IN_AN_ENDED_CONVERSATION},{at},{at},{at}"
            left = MESSAGES_OF_A_CONTACT - IN_AN_ENDED_CONVERSATION
            yield f"{_id(3, contact)},{common},active,{left},{at},{at},"

    def message(self) -> Iterator[str]:
        yield (
            "id,project_id,conversation_id,phone_number_id,wamid,wamid_key,direction,type,content,text,preview,status,"
            "sent_at"
        )
        for number in range(self._messages):
            turn, contact = divmod(number, self._contacts)
            conversation = _id(2 if turn < IN_AN_ENDED_CONVERSATION else 3, contact)
            words = " ".join(WORDS[number * step % len(WORDS)] for step in (1, 3, 5, 7, 11)) + f" {number}"
            side = "inbound" if turn % 2 else "outbound"
            yield (
                f"{_id(4, number)},{self._project},{conversation},{self._number},wamid.FILL{number},FILL{number},"
                f'{side},text,"{{""body"": ""{words}""}}",{words},{words},'
                f"{'received' if turn % 2 else 'read'},{_time(number)}"
            )

    def inbound_event(self) -> Iterator[str]:
        yield "body,state,received_at,processed_at"
        body = "\\x" + (b'{"object": "whatsapp_business_account", "entry": []}' + b" " * 700).hex()
        for number in range(0, self._messages, EVENTS_KEPT):
            yield f"{body},done,{_time(number)},{_time(number)}"


async def fill(engine: AsyncEngine, project: ProjectRows, messages: int) -> None:
    """Write so many messages and what belongs to them, and have PostgreSQL look at the tables."""
    tables = _Tables(project, messages)
    async with engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        for lines in (
            tables.contact,
            tables.contact_identity,
            tables.conversation,
            tables.message,
            tables.inbound_event,
        ):
            rows = lines()
            columns = next(rows).split(",")
            await driver.copy_to_table(
                lines.__name__, source=_chunks(rows), columns=columns, format="csv", timeout=1800
            )
        await driver.execute("VACUUM (ANALYZE)", timeout=600)
        await driver.execute("CHECKPOINT", timeout=600)


async def _chunks(lines: Iterator[str]) -> AsyncIterator[bytes]:
    while some := list(islice(lines, LINES_AT_ONCE)):
        yield "\n".join((*some, "")).encode()
