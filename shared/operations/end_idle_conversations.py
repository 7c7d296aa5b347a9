"""End conversations in which nobody has written for long."""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import ConversationUpdated, Event
from shared.kapso.webhooks import ENDED
from shared.operations.emit_webhooks import ConversationHappened, emit_webhooks
from shared.queries.views import conversation_views
from shared.settings import Settings

AT_ONCE = 200
GRACE = timedelta(hours=1)

# What waits for somebody stays: unread messages, a person who was asked for, an automation that goes on. Whoever has
# just read it, or reopened it, keeps it for a while. One that somebody writes to at this moment is not idle.
_END = text("""
    UPDATE conversation SET status = 'ended', ended_at = now(), mode = NULL, handed_off_by = NULL
    WHERE id IN (
        SELECT id FROM conversation
        WHERE status = 'active' AND last_active_at <= now() - CAST(:idle AS interval)
          AND updated_at <= now() - CAST(:grace AS interval)
          AND unread_count = 0 AND mode IS DISTINCT FROM 'handoff' AND mode IS DISTINCT FROM 'running'
        ORDER BY last_active_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED)
    RETURNING id, phone_number_id
""")


async def end_idle_conversations(connection: AsyncConnection, settings: Settings) -> tuple[list[Event], bool]:
    """End some that are due. Returns the events to publish after the commit, and whether there may be more."""
    idle = timedelta(hours=settings.conversation_hours)
    given = {"idle": idle, "grace": min(idle, GRACE), "limit": AT_ONCE}
    ended = (await connection.execute(_END, given)).all()
    happened = [
        ConversationHappened(event=ENDED, phone_number_id=row.phone_number_id, conversation_id=row.id) for row in ended
    ]
    await emit_webhooks(connection, settings, happened)
    views = await conversation_views(connection, [row.id for row in ended]) if ended else {}
    events = [Event(audience.channels(), ConversationUpdated(view)) for view, audience in views.values()]
    return events, len(ended) == AT_ONCE
