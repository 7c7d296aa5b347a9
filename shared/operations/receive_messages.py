"""Apply customers' messages: contacts, conversations, messages and unread counts, in a fixed number of statements.

Writing the same messages again, in another order or split over other batches, gives the same rows. The caller has
locked the conversations that exist already (lock_conversations.py).
"""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import Event, MessageCreated
from shared.ids import new_id
from shared.kapso.webhooks import CREATED, RECEIVED
from shared.operations.emit_webhooks import ConversationHappened, Happened, MessageHappened
from shared.queries.views import conversation_views, message_views
from shared.whatsapp.webhook import InboundMessage

_encode = msgspec.json.Encoder().encode
_MESSAGE_FIELDS = ("phone_number_id", "wamid", "wamid_key", "type", "content", "text", "preview", "reply_to", "sent_at")


class Received(msgspec.Struct):
    """What came of messages: the events to publish after the commit, what the business's own systems are to hear of
    (emit_webhooks.py), and the phone number ids that no project has.
    """

    events: list[Event]
    happened: list[Happened]
    unknown: set[str]


class _Row(msgspec.Struct):
    """A message and the keys that it is being given, as the statements below read it."""

    id: UUID
    project_id: UUID
    message: InboundMessage
    contact_id: UUID | None = None
    conversation_id: UUID | None = None


_NUMBERS = text("""
    SELECT phone_number_id, project_id, inbound_processing_enabled FROM phone_number WHERE phone_number_id = ANY(:ids)
""")

# A contact is made together with its identity. Who comes second waits for the first, and then finds the contact made.
_ADD_CONTACTS = text("""
    WITH given AS (
        SELECT * FROM json_to_recordset(CAST(:rows AS json))
            AS g(contact_id uuid, project_id uuid, kind text, value text,
                 profile_name text, phone_number text, username text)
    ), added AS (
        INSERT INTO contact_identity (project_id, kind, value, contact_id)
        SELECT project_id, kind, value, contact_id FROM given ORDER BY project_id, kind, value
        ON CONFLICT DO NOTHING
        RETURNING contact_id
    )
    INSERT INTO contact (id, project_id, profile_name, phone_number, username)
    SELECT contact_id, project_id, profile_name, phone_number, username FROM given JOIN added USING (contact_id)
""")

_FIND_CONTACTS = text("""
    SELECT i.project_id, kind, value, i.contact_id, c.profile_name
    FROM json_to_recordset(CAST(:rows AS json)) AS g(project_id uuid, kind text, value text)
    JOIN contact_identity i USING (project_id, kind, value)
    JOIN contact c ON c.id = i.contact_id
""")

_RENAME_CONTACTS = text("""
    WITH given AS (
        SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS g(contact_id uuid, profile_name text)
    ), locked AS (
        SELECT id FROM contact WHERE id IN (SELECT contact_id FROM given) ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE contact SET profile_name = given.profile_name, updated_at = now()
    FROM given JOIN locked ON locked.id = given.contact_id WHERE contact.id = given.contact_id
""")

# The number is locked, as its foreign key does later: its customer cannot change between the reading and the writing.
_OPEN_CONVERSATIONS = text("""
    INSERT INTO conversation (id, project_id, phone_number_id, customer_id, contact_id, last_active_at)
    SELECT g.id, g.project_id, g.phone_number_id, n.customer_id, g.contact_id, g.sent_at
    FROM json_to_recordset(CAST(:rows AS json))
        AS g(id uuid, project_id uuid, phone_number_id text, contact_id uuid, sent_at timestamptz)
    JOIN phone_number n USING (phone_number_id)
    ORDER BY g.phone_number_id, g.contact_id FOR KEY SHARE OF n
    ON CONFLICT (phone_number_id, contact_id) WHERE status = 'active' DO NOTHING
    RETURNING id
""")

_LOCK_CONVERSATIONS = text("""
    SELECT c.phone_number_id, c.contact_id, c.id
    FROM json_to_recordset(CAST(:rows AS json)) AS g(phone_number_id text, contact_id uuid)
    JOIN conversation c USING (phone_number_id, contact_id)
    WHERE c.status = 'active' ORDER BY c.id FOR NO KEY UPDATE OF c
""")

_ADD_MESSAGES = text("""
    INSERT INTO message (id, project_id, conversation_id, phone_number_id, wamid, wamid_key, direction, type, content,
                         text, preview, reply_to, status, sent_at)
    SELECT id, project_id, conversation_id, phone_number_id, wamid, wamid_key, 'inbound', type, content,
           text, preview, reply_to, 'received', sent_at
    FROM json_to_recordset(CAST(:rows AS json))
        AS g(id uuid, project_id uuid, conversation_id uuid, phone_number_id text, wamid text, wamid_key text,
             type text, content jsonb, text text, preview text, reply_to text, sent_at timestamptz)
    ON CONFLICT (phone_number_id, wamid) DO NOTHING
    RETURNING id
""")

# The newest message is the one with the greatest (sent_at, id), whichever comes first.
_COUNT_MESSAGES = text("""
    UPDATE conversation c SET
        unread_count = c.unread_count + g.added,
        messages_count = c.messages_count + g.added,
        last_inbound_at = greatest(c.last_inbound_at, g.last_at),
        last_active_at = greatest(c.last_active_at, g.last_at),
        last_message_id = CASE
            WHEN m.id IS NULL OR (g.last_at, g.last_id) > (m.sent_at, m.id) THEN g.last_id ELSE c.last_message_id END
    FROM json_to_recordset(CAST(:rows AS json)) AS g(id uuid, added integer, last_id uuid, last_at timestamptz)
    JOIN conversation before ON before.id = g.id
    LEFT JOIN message m ON m.id = before.last_message_id
    WHERE c.id = g.id
""")


async def receive_messages(connection: AsyncConnection, messages: Sequence[InboundMessage]) -> Received:
    """Store the messages that are not stored yet, except those to a number whose inbound processing is switched off.

    Messages to a number that no project has are not stored either: the caller keeps their webhook for review.
    """
    mentioned = {message.phone_number_id for message in messages}
    numbers = (await connection.execute(_NUMBERS, {"ids": sorted(mentioned)})).all()
    unknown = mentioned - {row.phone_number_id for row in numbers}
    projects = {row.phone_number_id: row.project_id for row in numbers if row.inbound_processing_enabled}
    # By time, so that ids made here sort as the messages were sent; each wamid once.
    ordered = sorted(messages, key=lambda message: message.sent_at)
    once = {(message.phone_number_id, message.wamid): message for message in reversed(ordered)}
    rows = [
        _Row(new_id(), projects[message.phone_number_id], message)
        for message in reversed(once.values())
        if message.phone_number_id in projects
    ]
    if not rows:
        return Received([], [], unknown)
    await _find_contacts(connection, rows)
    opened = await _find_conversations(connection, rows)
    added = await _add_messages(connection, rows)
    events = await _created(connection, added) if added else []
    return Received(events, _happened(rows, added, opened), unknown)


async def _find_contacts(connection: AsyncConnection, rows: list[_Row]) -> None:
    newest = {(row.project_id, *row.message.identity): row for row in rows}
    given = [
        {
            "contact_id": new_id(),
            "project_id": project_id,
            "kind": kind,
            "value": value,
            "profile_name": row.message.profile_name,
            "phone_number": row.message.phone_number,
            "username": row.message.username,
        }
        for (project_id, kind, value), row in newest.items()
    ]
    parameters = {"rows": _encode(given).decode()}
    found = (await connection.execute(_FIND_CONTACTS, parameters)).all()
    if len(found) < len(given):
        await connection.execute(_ADD_CONTACTS, parameters)
        found = (await connection.execute(_FIND_CONTACTS, parameters)).all()
    contacts = {(row.project_id, row.kind, row.value): row for row in found}
    for row in rows:
        row.contact_id = contacts[row.project_id, *row.message.identity].contact_id
    renamed = [
        {"contact_id": contacts[key].contact_id, "profile_name": row.message.profile_name}
        for key, row in newest.items()
        if row.message.profile_name not in (None, contacts[key].profile_name)
    ]
    if renamed:
        await connection.execute(_RENAME_CONTACTS, {"rows": _encode(renamed).decode()})


async def _find_conversations(connection: AsyncConnection, rows: list[_Row]) -> set[UUID]:
    """Lock the conversations that the messages belong to, and return the ids of those that had to be opened."""
    given = {
        (row.message.phone_number_id, row.contact_id): {
            "id": new_id(),
            "project_id": row.project_id,
            "phone_number_id": row.message.phone_number_id,
            "contact_id": row.contact_id,
            "sent_at": row.message.sent_at,
        }
        for row in rows
    }
    parameters = {"rows": _encode(list(given.values())).decode()}
    found = (await connection.execute(_LOCK_CONVERSATIONS, parameters)).all()
    opened: set[UUID] = set()
    if len(found) < len(given):
        opened = set((await connection.execute(_OPEN_CONVERSATIONS, parameters)).scalars())
        found = (await connection.execute(_LOCK_CONVERSATIONS, parameters)).all()
    conversations = {(row.phone_number_id, row.contact_id): row.id for row in found}
    for row in rows:
        row.conversation_id = conversations[row.message.phone_number_id, row.contact_id]
    return opened


async def _add_messages(connection: AsyncConnection, rows: list[_Row]) -> list[_Row]:
    given = [
        {
            "id": row.id,
            "project_id": row.project_id,
            "conversation_id": row.conversation_id,
            **{field: getattr(row.message, field) for field in _MESSAGE_FIELDS},
        }
        for row in rows
    ]
    added = set((await connection.execute(_ADD_MESSAGES, {"rows": _encode(given).decode()})).scalars())
    return [row for row in rows if row.id in added]


async def _created(connection: AsyncConnection, added: list[_Row]) -> list[Event]:
    by_conversation: dict[UUID | None, list[_Row]] = {}
    for row in added:
        by_conversation.setdefault(row.conversation_id, []).append(row)
    counts = []
    for conversation_id, rows in by_conversation.items():
        last = max(rows, key=lambda row: (row.message.sent_at, row.id))
        counts.append({"id": conversation_id, "added": len(rows), "last_id": last.id, "last_at": last.message.sent_at})
    await connection.execute(_COUNT_MESSAGES, {"rows": _encode(counts).decode()})
    conversations = await conversation_views(connection, [row.conversation_id for row in added if row.conversation_id])
    events = []
    for message in await message_views(connection, [row.id for row in added]):
        conversation, audience = conversations[message["conversation_id"]]
        events.append(Event(audience.channels(), MessageCreated(conversation, message)))
    return events


def _happened(rows: list[_Row], added: list[_Row], opened: set[UUID]) -> list[Happened]:
    """Conversations that began, and messages that came: of a new conversation, the first one began it."""
    places = {row.conversation_id: row.message.phone_number_id for row in rows}
    happened: list[Happened] = [
        ConversationHappened(event=CREATED, phone_number_id=places[one], conversation_id=one) for one in opened
    ]
    beginning = set(opened)
    for row in added:
        happened.append(
            MessageHappened(
                event=RECEIVED,
                phone_number_id=row.message.phone_number_id,
                message_id=row.id,
                is_new_conversation=row.conversation_id in beginning,
            )
        )
        beginning.discard(row.conversation_id)
    return happened
