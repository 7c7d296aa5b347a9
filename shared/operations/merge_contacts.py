"""Two contacts turn out to be one person: their names, conversations and what was done to messages become one's."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Text, cast, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import ConversationRemoved, ConversationUpdated, Event
from shared.models import Conversation
from shared.operations.apply_statuses import message_events
from shared.operations.change_messages import refresh_messages
from shared.operations.lock_conversations import lock_matching
from shared.queries.views import conversation_views

_LOCK = text("SELECT id FROM contact WHERE id = ANY(:ids) ORDER BY id FOR UPDATE")

_NAMES = text("UPDATE contact_identity SET contact_id = :kept WHERE contact_id = ANY(:gone)")

# Of two active conversations over one number, the one that began first goes on with the messages of both.
_DOUBLE = text("""
    SELECT (array_agg(id ORDER BY id))[1] AS kept, (array_agg(id ORDER BY id))[2:] AS gone
    FROM conversation WHERE contact_id = ANY(:ids) AND status = 'active'
    GROUP BY phone_number_id HAVING count(*) > 1
""")

_MESSAGES = text("UPDATE message SET conversation_id = :kept, client_id = NULL WHERE conversation_id = ANY(:gone)")

_UPLOADS = text("UPDATE media SET conversation_id = :kept WHERE conversation_id = ANY(:gone)")

_OUTBOX = text("UPDATE outbox SET conversation_id = :kept WHERE conversation_id = ANY(:gone)")

_RECEIPTS = text("""
    INSERT INTO read_receipt (conversation_id, wamid)
    SELECT :kept, wamid FROM read_receipt WHERE conversation_id = ANY(:gone) ORDER BY due_at DESC LIMIT 1
    ON CONFLICT DO NOTHING
""")

_DELIVERIES = text("UPDATE webhook_delivery SET conversation_id = :kept WHERE conversation_id = ANY(:gone)")

# A conversation has one open execution and one assignee; the kept one's own go first.
_EXECUTIONS = text("""
    UPDATE workflow_execution e SET conversation_id = :kept,
        status = CASE WHEN e.status IN ('running', 'waiting', 'handoff') AND (
                     EXISTS (SELECT FROM workflow_execution k WHERE k.conversation_id = :kept
                             AND k.status IN ('running', 'waiting', 'handoff'))
                     OR EXISTS (SELECT FROM workflow_execution o WHERE o.conversation_id = ANY(:gone) AND o.id < e.id
                                AND o.status IN ('running', 'waiting', 'handoff')))
                 THEN 'ended' ELSE e.status END
    WHERE conversation_id = ANY(:gone)
""")

_ASSIGNMENTS = text("""
    UPDATE assignment a SET conversation_id = :kept,
        active = a.active AND NOT EXISTS (
            SELECT FROM assignment k WHERE k.active AND k.id <> a.id
              AND (k.conversation_id = :kept OR k.conversation_id = ANY(:gone) AND k.id < a.id))
    WHERE conversation_id = ANY(:gone)
""")

_SUM = text("""
    UPDATE conversation c SET
        unread_count = s.unread_count, messages_count = s.messages_count, last_active_at = s.last_active_at,
        last_inbound_at = s.last_inbound_at, last_outbound_at = s.last_outbound_at, created_at = s.created_at,
        window_closed_at = s.window_closed_at,
        mode = coalesce(c.mode, s.mode), handed_off_by = coalesce(c.handed_off_by, s.handed_off_by),
        assignee_id = (SELECT user_id FROM assignment WHERE conversation_id = :kept AND active),
        last_message_id = (SELECT m.id FROM message m WHERE m.id = ANY(s.last_messages)
                           ORDER BY m.sent_at DESC, m.id DESC LIMIT 1)
    FROM (
        SELECT sum(unread_count) AS unread_count, sum(messages_count) AS messages_count,
               max(last_active_at) AS last_active_at, max(last_inbound_at) AS last_inbound_at,
               max(last_outbound_at) AS last_outbound_at, min(created_at) AS created_at,
               max(window_closed_at) AS window_closed_at,
               (array_agg(mode ORDER BY id) FILTER (WHERE mode IS NOT NULL))[1] AS mode,
               (array_agg(handed_off_by ORDER BY id) FILTER (WHERE mode = 'handoff'))[1] AS handed_off_by,
               array_agg(last_message_id) AS last_messages
        FROM conversation WHERE id = :kept OR id = ANY(:gone)
    ) s WHERE c.id = :kept
""")

_GONE_CONVERSATIONS = text("DELETE FROM conversation WHERE id = ANY(:gone)")

# Those of the kept contact are touched: they show other words, and their threads go on into those of the others.
_CONVERSATIONS = text("UPDATE conversation SET contact_id = :kept WHERE contact_id = :kept OR contact_id = ANY(:gone)")

_CHANGED = text("SELECT phone_number_id, wamid_key, contact_id FROM message_change WHERE contact_id = :kept")

_CHANGES = text("""
    WITH gone AS (DELETE FROM message_change WHERE contact_id = ANY(:gone) RETURNING *)
    INSERT INTO message_change (phone_number_id, wamid_key, contact_id, kind, side, occurred_at, wamid, payload)
    SELECT DISTINCT ON (phone_number_id, wamid_key, kind, side)
           phone_number_id, wamid_key, :kept, kind, side, occurred_at, wamid, payload
    FROM gone ORDER BY phone_number_id, wamid_key, kind, side, occurred_at DESC, wamid DESC
    ON CONFLICT (phone_number_id, wamid_key, contact_id, kind, side) DO UPDATE SET
        occurred_at = EXCLUDED.occurred_at, wamid = EXCLUDED.wamid, payload = EXCLUDED.payload
    WHERE (message_change.occurred_at, message_change.wamid) < (EXCLUDED.occurred_at, EXCLUDED.wamid)
""")

# What the one said who wrote last is the newest that is known of the person.
_CONTACT = text("""
    WITH people AS (
        SELECT c.*, (SELECT max(last_inbound_at) FROM conversation WHERE contact_id = c.id) AS wrote_at,
               c.id = :kept AS is_kept
        FROM contact c WHERE c.id = :kept OR c.id = ANY(:gone)
    ), newest AS (
        SELECT
            (array_agg(profile_name ORDER BY wrote_at DESC NULLS LAST, id)
                FILTER (WHERE profile_name IS NOT NULL))[1] AS profile_name,
            (array_agg(phone_number ORDER BY wrote_at DESC NULLS LAST, id)
                FILTER (WHERE phone_number IS NOT NULL))[1] AS phone_number,
            (array_agg(username ORDER BY wrote_at DESC NULLS LAST, id)
                FILTER (WHERE username IS NOT NULL))[1] AS username,
            (array_agg(display_name ORDER BY is_kept DESC, id)
                FILTER (WHERE display_name IS NOT NULL))[1] AS display_name,
            (array_agg(customer_id ORDER BY is_kept DESC, id)
                FILTER (WHERE customer_id IS NOT NULL))[1] AS customer_id,
            (array_agg(saved_name ORDER BY saved_at DESC NULLS LAST, id))[1] AS saved_name,
            max(saved_at) AS saved_at,
            (array_agg(metadata ORDER BY id) FILTER (WHERE NOT is_kept))[1] AS metadata
        FROM people
    )
    UPDATE contact c SET
        profile_name = n.profile_name, phone_number = n.phone_number, username = n.username,
        display_name = n.display_name, customer_id = n.customer_id,
        saved_name = n.saved_name, saved_at = n.saved_at, metadata = n.metadata || c.metadata,
        merged_at = clock_timestamp(), updated_at = now()
    FROM newest n WHERE c.id = :kept
""")

_GONE_CONTACTS = text("DELETE FROM contact WHERE id = ANY(:gone)")


class OvertakenError(Exception):
    """What was found at the beginning of the transaction is not so any more; it has to be begun anew."""


async def merge_contacts(connection: AsyncConnection, kept: UUID, gone: Sequence[UUID]) -> list[Event]:
    """Make the contacts `gone` a part of `kept`, for good. Where both have an active conversation over one number,
    those become one; ended ones stay as they are. What the kept contact has of its own goes first.

    Returns `conversation.updated` for their conversations, `conversation.removed` for those that went into another, and
    `message.updated` for messages that have changed by it. Raises OvertakenError if one of the contacts is
    gone already.
    """
    theirs = Conversation.contact_id.in_([kept, *gone])
    await lock_matching(connection, theirs)
    locked = (await connection.execute(_LOCK, {"ids": sorted([kept, *gone])})).scalars().all()
    if len(locked) <= len(gone):
        raise OvertakenError("somebody else has merged these contacts")
    # Once more: now that the contacts are locked, nobody opens another one.
    before = await conversation_views(connection, await lock_matching(connection, theirs))
    pair = {"kept": kept, "gone": list(gone)}
    await connection.execute(_NAMES, pair)
    await connection.execute(_CONTACT, pair)  # while their conversations still tell who wrote last
    removed: set[UUID] = set()
    for double in (await connection.execute(_DOUBLE, {"ids": [kept, *gone]})).all():
        await _merge_conversations(connection, double.kept, double.gone)
        removed.update(double.gone)
    for statement in (_CONVERSATIONS, _CHANGES):
        await connection.execute(statement, pair)
    await connection.execute(_GONE_CONTACTS, {"gone": list(gone)})
    # What one name did to messages under the other name is theirs to do now.
    keys = [tuple(row) for row in await connection.execute(_CHANGED, {"kept": kept})]
    messages = await refresh_messages(connection, keys) if keys else {}
    views = await conversation_views(connection, before.keys() - removed)
    rev = str(await connection.scalar(select(cast(func.pg_current_xact_id(), Text))))
    return [
        *(Event(before[one][1].channels(), ConversationRemoved(one, rev)) for one in sorted(removed)),
        *(Event(audience.channels(), ConversationUpdated(view)) for view, audience in views.values()),
        *await message_events(connection, messages),
    ]


async def _merge_conversations(connection: AsyncConnection, kept: UUID, gone: Sequence[UUID]) -> None:
    pair = {"kept": kept, "gone": list(gone)}
    for statement in (_MESSAGES, _UPLOADS, _OUTBOX, _RECEIPTS, _DELIVERIES, _EXECUTIONS, _ASSIGNMENTS, _SUM):
        await connection.execute(statement, pair)
    await connection.execute(_GONE_CONVERSATIONS, {"gone": list(gone)})
