"""Put the demo's conversations into the database, the inbound half on the path that webhooks take."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from cli.demo_messages import DemoMessage, Messenger, webhook_body
from cli.demo_script import Thread, read_threads
from cli.simulator.config import SimulatedNumber
from shared.ids import new_id
from shared.models import Assignment, ContactIdentity, Conversation, Message
from shared.operations.apply_statuses import apply_statuses, keep_statuses
from shared.operations.apply_webhooks import apply_webhooks
from shared.operations.create_workflow import NewWorkflow, create_workflow
from shared.operations.note_first_responses import note_first_responses
from shared.operations.start_execution import NewExecution, start_execution
from shared.operations.update_execution import ExecutionChange, update_execution
from shared.whatsapp.content import preview_of, text_of
from shared.whatsapp.wamid import wamid_key
from shared.whatsapp.webhook import decode_webhook


class _Written(msgspec.Struct):
    thread: Thread
    number: SimulatedNumber
    messages: list[DemoMessage]

    @property
    def key(self) -> tuple[str, str]:
        return self.number.phone_number_id, self.thread.wa_id


async def add_conversations(
    connection: AsyncConnection,
    project_id: UUID,
    numbers: dict[str, SimulatedNumber],
    members: dict[str, UUID],
    now: datetime,
) -> None:
    """`numbers` and `members` (their ids) are by name."""
    messenger = Messenger("Alder & Finch", now)
    written = [
        _Written(thread, numbers[name], messenger.write(numbers[name], thread)) for name, thread in read_threads()
    ]
    # The ended ones first: a contact has one active conversation per number, and messages go into that one.
    for ended in (True, False):
        batch = [one for one in written if (one.thread.ended is not None) == ended]
        await _add(connection, project_id, batch, members, now)
    await _automate(connection, project_id, written)


async def _add(
    connection: AsyncConnection, project_id: UUID, batch: list[_Written], members: dict[str, UUID], now: datetime
) -> None:
    numbers = {one.number.phone_number_id: one.number for one in batch}
    decoded = decode_webhook(webhook_body(numbers, [sent for one in batch for sent in one.messages]))
    if decoded.problems:
        raise ValueError(f"the demo's data is not what WhatsApp sends: {decoded.problems}")
    statuses, decoded.statuses = decoded.statuses, []  # of replies that are not there yet
    await apply_webhooks(connection, [(decoded, now)])
    ids = await _active_conversations(connection, project_id)
    replies = [
        _reply_row(project_id, ids[one.key], sent) for one in batch for sent in one.messages if sent.message.outbound
    ]
    await connection.execute(insert(Message), replies)
    await note_first_responses(connection, [reply["id"] for reply in replies])
    await apply_statuses(connection, await keep_statuses(connection, statuses, {}))
    await _settle(connection, batch, ids, members, now)


async def _active_conversations(connection: AsyncConnection, project_id: UUID) -> dict[tuple[str, str], UUID]:
    """{(phone_number_id, wa_id): conversation id}"""
    rows = await connection.execute(
        select(Conversation.phone_number_id, ContactIdentity.value, Conversation.id)
        .join(ContactIdentity, ContactIdentity.contact_id == Conversation.contact_id)
        .where(Conversation.project_id == project_id, Conversation.status == "active", ContactIdentity.kind == "wa_id")
    )
    return {(row.phone_number_id, row.value): row.id for row in rows}


def _reply_row(project_id: UUID, conversation_id: UUID, sent: DemoMessage) -> dict[str, Any]:
    """As it stood when Meta had accepted it; the statuses take it from there."""
    message = sent.message
    return {
        "id": new_id(),
        "project_id": project_id,
        "conversation_id": conversation_id,
        "phone_number_id": message.phone_number_id,
        "wamid": sent.wamid,
        "wamid_key": wamid_key(sent.wamid),
        "direction": "outbound",
        "type": message.type,
        "content": message.content,
        "text": text_of(message.type, message.content),
        "preview": preview_of(message.type, message.content),
        "reply_to": sent.quoted_wamid,
        "reply_to_key": wamid_key(sent.quoted_wamid) if sent.quoted_wamid else None,
        "status": "accepted",
        "sent_at": datetime.fromtimestamp(message.timestamp, UTC),
    }


async def _settle(
    connection: AsyncConnection,
    batch: list[_Written],
    ids: dict[tuple[str, str], UUID],
    members: dict[str, UUID],
    now: datetime,
) -> None:
    """What the threads say of themselves, and the counters as the messages make them."""
    rows = [
        {
            "id": ids[one.key],
            "status": "active" if one.thread.ended is None else "ended",
            "ended_at": None if one.thread.ended is None else now - timedelta(minutes=one.thread.ended),
            "assignee_id": None if one.thread.assignee is None else members[one.thread.assignee],
            "unread_count": one.thread.unread_count,
        }
        for one in batch
    ]
    await connection.execute(_SETTLE, {"rows": msgspec.json.encode(rows).decode()})
    assigned = [
        {
            "id": new_id(),
            "conversation_id": ids[one.key],
            "user_id": members[one.thread.assignee],
            "created_at": datetime.fromtimestamp(one.messages[0].message.timestamp, UTC),
        }
        for one in batch
        if one.thread.assignee is not None
    ]
    await connection.execute(insert(Assignment), assigned)


async def _automate(connection: AsyncConnection, project_id: UUID, written: list[_Written]) -> None:
    """The workflow executions that give the threads their modes."""
    workflow_id = await create_workflow(connection, project_id, NewWorkflow("First answers"))
    for one in written:
        mode = one.thread.mode
        if mode is None:
            continue
        wanted = NewExecution(phone_number=one.thread.wa_id, phone_number_id=one.number.phone_number_id)
        started = await start_execution(connection, project_id, workflow_id, wanted)
        if mode != "running":
            await update_execution(connection, project_id, started.id, ExecutionChange(status=mode))


_SETTLE = text("""
    UPDATE conversation c SET
        status = g.status, ended_at = g.ended_at, assignee_id = g.assignee_id,
        unread_count = g.unread_count, messages_count = m.messages, last_message_id = m.last_id,
        last_active_at = m.last_at, last_inbound_at = m.last_inbound_at, last_outbound_at = m.last_outbound_at,
        created_at = m.first_at
    FROM json_to_recordset(CAST(:rows AS json)) AS g(
        id uuid, status text, ended_at timestamptz, assignee_id uuid, unread_count integer)
    JOIN (
        SELECT conversation_id, count(*) AS messages, min(sent_at) AS first_at, max(sent_at) AS last_at,
               max(sent_at) FILTER (WHERE direction = 'inbound') AS last_inbound_at,
               max(sent_at) FILTER (WHERE direction = 'outbound') AS last_outbound_at,
               (array_agg(id ORDER BY sent_at DESC, id DESC))[1] AS last_id
        FROM message GROUP BY conversation_id
    ) m ON m.conversation_id = g.id
    WHERE c.id = g.id
""")
