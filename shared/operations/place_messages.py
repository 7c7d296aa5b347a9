"""Which conversation a message belongs to."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import NAMESPACE_OID, UUID, uuid5

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.ids import new_id
from shared.operations.lock_conversations import Place
from shared.whatsapp.updates import ReceivedMessage

# A repeat opens no conversation, however long ago the first has ended. The file of a message of the past comes later.
_STORED = text("""
    SELECT m.phone_number_id, m.wamid_key, m.direction, m.conversation_id, m.type
    FROM json_to_recordset(CAST(:rows AS json)) AS g(phone_number_id text, wamid_key text, direction text)
    JOIN message m USING (phone_number_id, wamid_key, direction)
""")

_LATEST = text("""
    SELECT g.phone_number_id, g.contact_id, c.id
    FROM json_to_recordset(CAST(:rows AS json)) AS g(phone_number_id text, contact_id uuid)
    CROSS JOIN LATERAL (
        SELECT id FROM conversation c
        WHERE c.contact_id = g.contact_id AND c.phone_number_id = g.phone_number_id
        ORDER BY last_active_at DESC, id DESC LIMIT 1 FOR NO KEY UPDATE) AS c
""")

# The number is locked, as its foreign key does later: its customer cannot change between the reading and the writing.
# The window in which free text may be sent is the number's and the contact's: an earlier conversation may hold it open.
_OPEN = text("""
    INSERT INTO conversation (id, project_id, phone_number_id, customer_id, contact_id, last_active_at, last_inbound_at)
    SELECT g.id, n.project_id, g.phone_number_id, n.customer_id, g.contact_id, g.sent_at,
           (SELECT max(last_inbound_at) FROM conversation e
            WHERE e.contact_id = g.contact_id AND e.phone_number_id = g.phone_number_id)
    FROM json_to_recordset(CAST(:rows AS json))
        AS g(id uuid, phone_number_id text, contact_id uuid, sent_at timestamptz)
    JOIN phone_number n USING (phone_number_id)
    ORDER BY g.phone_number_id, g.contact_id FOR KEY SHARE OF n
    ON CONFLICT (phone_number_id, contact_id) WHERE status = 'active' DO NOTHING
    RETURNING id
""")

_ACTIVE = text("""
    SELECT c.phone_number_id, c.contact_id, c.id
    FROM json_to_recordset(CAST(:rows AS json)) AS g(phone_number_id text, contact_id uuid)
    JOIN conversation c USING (phone_number_id, contact_id)
    WHERE c.status = 'active' ORDER BY c.id FOR NO KEY UPDATE OF c
""")

_PAST = text("""
    INSERT INTO conversation
        (id, project_id, phone_number_id, customer_id, contact_id, status, last_active_at, ended_at)
    SELECT g.id, n.project_id, g.phone_number_id, n.customer_id, g.contact_id, 'ended', g.sent_at, g.sent_at
    FROM json_to_recordset(CAST(:rows AS json))
        AS g(id uuid, phone_number_id text, contact_id uuid, sent_at timestamptz)
    JOIN phone_number n USING (phone_number_id)
    ORDER BY g.id FOR KEY SHARE OF n
    ON CONFLICT (id) DO NOTHING
""")

_LOCK = text("SELECT id FROM conversation WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE")


class PlacedMessage(msgspec.Struct):
    """A message, the keys that it is being given, and whether its row is there already and waits for its file."""

    message: ReceivedMessage
    contact_id: UUID
    project_id: UUID
    id: UUID = msgspec.field(default_factory=new_id)
    conversation_id: UUID | None = None

    @property
    def place(self) -> Place:
        return self.message.phone_number_id, self.contact_id


async def place_messages(
    connection: AsyncConnection, rows: Sequence[PlacedMessage], active: Mapping[Place, UUID]
) -> tuple[list[PlacedMessage], set[UUID]]:
    """Give every message its conversation, locked, and return them without those that are stored already and had to be
    looked up; and the ids of the conversations that were opened.

    A message joins the active conversation of its contact and number, or opens the next. One that only tells of another
    message goes to the latest, whatever its state. What is from before the number was connected goes to a conversation
    of its own, which has ended.
    """
    for row in rows:
        if not row.message.past:
            row.conversation_id = active.get(row.place)
    homeless = [row for row in rows if row.conversation_id is None]
    if not homeless:
        return list(rows), set()
    stored = await _stored(connection, homeless)
    homeless = [row for row in homeless if row.conversation_id is None and _key(row) not in stored]
    await _join_past(connection, [row for row in homeless if row.message.past])
    await _join_latest(connection, [row for row in homeless if row.message.quiet and not row.message.past])
    opened = await _open(connection, [row for row in homeless if row.conversation_id is None])
    return [row for row in rows if row.conversation_id is not None], opened


_Key = tuple[str, str, str]


def _key(row: PlacedMessage) -> _Key:
    return row.message.phone_number_id, row.message.wamid_key, row.message.direction


async def _stored(connection: AsyncConnection, rows: Sequence[PlacedMessage]) -> set[_Key]:
    """The keys of messages that are stored. One that has waited for its file is placed where it is."""
    given = [dict(zip(("phone_number_id", "wamid_key", "direction"), _key(row), strict=True)) for row in rows]
    found = (await connection.execute(_STORED, {"rows": _json(given)})).all()
    waiting = {
        (row.phone_number_id, row.wamid_key, row.direction): row.conversation_id
        for row in found
        if row.type == "media_placeholder"
    }
    for one in rows:
        one.conversation_id = waiting.get(_key(one))
    return {(row.phone_number_id, row.wamid_key, row.direction) for row in found}


async def _join_past(connection: AsyncConnection, rows: Sequence[PlacedMessage]) -> None:
    if not rows:
        return
    places = {row.place: (uuid5(NAMESPACE_OID, f"{row.place}"), row.message.sent_at) for row in rows}
    given = [
        {"id": place_id, "phone_number_id": number, "contact_id": contact_id, "sent_at": sent_at}
        for (number, contact_id), (place_id, sent_at) in places.items()
    ]
    await connection.execute(_PAST, {"rows": _json(given)})
    await connection.execute(_LOCK, {"ids": [place_id for place_id, _ in places.values()]})
    for row in rows:
        row.conversation_id = places[row.place][0]


async def _join_latest(connection: AsyncConnection, rows: Sequence[PlacedMessage]) -> None:
    if not rows:
        return
    found = await connection.execute(_LATEST, {"rows": _places(row.place for row in rows)})
    latest = {(row.phone_number_id, row.contact_id): row.id for row in found}
    for row in rows:
        row.conversation_id = latest.get(row.place)


async def _open(connection: AsyncConnection, rows: Sequence[PlacedMessage]) -> set[UUID]:
    if not rows:
        return set()
    earliest: dict[Place, datetime] = {}
    for row in rows:
        earliest[row.place] = min(row.message.sent_at, earliest.get(row.place, row.message.sent_at))
    given = [
        {"id": new_id(), "phone_number_id": number, "contact_id": contact_id, "sent_at": sent_at}
        for (number, contact_id), sent_at in earliest.items()
    ]
    opened = set((await connection.execute(_OPEN, {"rows": _json(given)})).scalars())
    found = await connection.execute(_ACTIVE, {"rows": _places(earliest)})
    active = {(row.phone_number_id, row.contact_id): row.id for row in found}
    for row in rows:
        row.conversation_id = active[row.place]
    return opened


def _places(places: Iterable[Place]) -> str:
    return _json(
        [{"phone_number_id": number, "contact_id": contact_id} for number, contact_id in dict.fromkeys(places)]
    )


def _json(rows: Sequence[object]) -> str:
    return msgspec.json.encode(rows).decode()
