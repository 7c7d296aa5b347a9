"""What was shared in a thread, and the moves of a workflow, are found without reading all the rest"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INDEXES = (
    ("message_media", "message", "conversation_id", "type IN ('image', 'video')"),
    ("message_documents", "message", "conversation_id", "type = 'document'"),
    ("message_links", "message", "conversation_id", "type = 'text' AND text ~* '(https?://|www[.])'"),
    (
        "workflow_event_moves",
        "workflow_event",
        "execution_id",
        "event_type IN ('execution_started', 'execution_resumed', 'execution_waiting', 'execution_handoff',"
        " 'execution_ended', 'execution_failed')",
    ),
)


def upgrade() -> None:
    for name, table, column, condition in INDEXES:
        at = "created_at" if table == "workflow_event" else "sent_at"
        op.create_index(
            name,
            table,
            [column, sa.text(f"{at} DESC"), sa.text("id DESC")],
            unique=False,
            postgresql_where=sa.text(condition),
        )


def downgrade() -> None:
    for name, table, _, _ in INDEXES:
        op.drop_index(name, table)
