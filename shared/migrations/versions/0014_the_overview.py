"""What the dashboard's overview reads: first responses, and messages and lost files by time"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Of the last week. A person's message says who sent it, or was written on the phone, or has the page's own id; that of
# a program is the digest of its Idempotency-Key.
FILL = """
    INSERT INTO first_response (message_id, project_id, asked_at, answered_at)
    SELECT id, project_id, asked_at, sent_at
    FROM (
        SELECT *, max(sent_at) FILTER (WHERE begins) OVER earlier AS asked_at
        FROM (
            SELECT *, direction = 'inbound' AND lag(direction, 1, 'outbound') OVER earlier = 'outbound' AS begins,
                direction = 'outbound' AND lag(direction) OVER earlier = 'inbound' AS answers
            FROM message
            WHERE sent_at > now() - INTERVAL '7 days' AND type NOT IN ('reaction', 'system')
              AND origin <> 'history_sync' AND (
                direction = 'inbound' OR sent_by IS NOT NULL OR origin = 'business_app' OR length(client_id) < 64)
            WINDOW earlier AS (PARTITION BY conversation_id ORDER BY sent_at, id)
        ) said
        WINDOW earlier AS (PARTITION BY conversation_id ORDER BY sent_at, id)
    ) answered
    WHERE answers
"""


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "first_response",
        sa.Column("message_id", sa.Uuid(), primary_key=True),
        sa.Column("project_id", sa.Uuid(), nullable=False, comment="no foreign key: it goes with the message"),
        sa.Column(
            "asked_at",
            moment,
            nullable=False,
            comment="when the customer wrote the first message that nobody had answered",
        ),
        sa.Column("answered_at", moment, nullable=False),
    )
    op.execute(FILL)
    op.create_index(
        "first_response_of_project", "first_response", ["project_id", "answered_at"], postgresql_include=["asked_at"]
    )
    op.create_index(
        "media_lost", "media", ["project_id", "created_at"], postgresql_where=sa.text("state IN ('failed', 'gone')")
    )
    _index_messages(include=["direction"])
    # After what takes long: it keeps writers of messages out, and what was erased meanwhile has gone.
    op.execute("DELETE FROM first_response r WHERE NOT EXISTS (SELECT FROM message m WHERE m.id = r.message_id)")
    op.create_foreign_key(
        "first_response_message_id_fkey", "first_response", "message", ["message_id"], ["id"], ondelete="CASCADE"
    )


def downgrade() -> None:
    op.drop_index("media_lost", "media")
    _index_messages(include=None)
    op.drop_table("first_response")


def _index_messages(include: list[str] | None) -> None:
    """In place of the index that there is: its order stays, and with `direction` in it messages are counted by it.

    While it is built messages can be read: dropping the old one would keep readers out until the end.
    """
    op.create_index(
        "message_of_project_new",
        "message",
        ["project_id", sa.text("sent_at DESC"), sa.text("id DESC")],
        postgresql_include=include,
    )
    op.drop_index("message_of_project", "message")
    op.execute("ALTER INDEX message_of_project_new RENAME TO message_of_project")
