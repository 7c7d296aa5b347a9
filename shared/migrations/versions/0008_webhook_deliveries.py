"""Every attempt of a delivery is kept, a delivery can be sent once more, and a webhook says why it is paused"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INACTIVE = "event = 'whatsapp.conversation.inactive'"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    failing = "since when no attempt has succeeded; null while they do"
    paused = "when we switched it off for its failures; null once it is active again"
    op.add_column("webhook_endpoint", sa.Column("failing_since", moment, nullable=True, comment=failing))
    op.add_column("webhook_endpoint", sa.Column("paused_at", moment, nullable=True, comment=paused))
    op.add_column("webhook_endpoint", sa.Column("pause_reason", sa.Text(), nullable=True))
    replay = "the delivery that somebody asked to be sent once more"
    attempts = "each request and its answer, oldest first"
    op.add_column("webhook_delivery", sa.Column("replay_of", sa.Uuid(), nullable=True, comment=replay))
    op.add_column(
        "webhook_delivery",
        sa.Column("attempts", JSONB(), server_default=sa.text("'[]'"), nullable=False, comment=attempts),
    )
    op.create_index(
        "webhook_delivery_replays",
        "webhook_delivery",
        ["replay_of", "status"],
        postgresql_where=sa.text("replay_of IS NOT NULL"),
    )
    op.create_index(
        "webhook_delivery_one_replay",
        "webhook_delivery",
        ["replay_of"],
        unique=True,
        postgresql_where=sa.text("replay_of IS NOT NULL AND status = 'pending'"),
    )
    _one_inactive(f"{INACTIVE} AND replay_of IS NULL")


def downgrade() -> None:
    op.execute("DELETE FROM webhook_delivery WHERE replay_of IS NOT NULL")
    _one_inactive(INACTIVE)
    op.drop_index("webhook_delivery_one_replay", "webhook_delivery")
    op.drop_index("webhook_delivery_replays", "webhook_delivery")
    for column in ("attempts", "replay_of"):
        op.drop_column("webhook_delivery", column)
    for column in ("pause_reason", "paused_at", "failing_since"):
        op.drop_column("webhook_endpoint", column)


def _one_inactive(which: str) -> None:
    op.drop_index("webhook_delivery_one_inactive", "webhook_delivery")
    op.create_index(
        "webhook_delivery_one_inactive",
        "webhook_delivery",
        ["endpoint_id", "idempotency_key"],
        unique=True,
        postgresql_where=sa.text(which),
    )
