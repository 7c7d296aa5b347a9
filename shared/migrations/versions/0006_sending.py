"""Sends take turns between conversations and keep to each number's pace; failed ones can be put away"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    comment = "when somebody put a failed message away"
    op.add_column("message", sa.Column("discarded_at", _MOMENT, nullable=True, comment=comment))
    comment = "when WhatsApp last refused free text"
    op.add_column("conversation", sa.Column("window_closed_at", _MOMENT, nullable=True, comment=comment))
    comment = "what it may send; null: what Graph says of it"
    op.add_column("phone_number", sa.Column("messages_per_second", sa.Integer(), nullable=True, comment=comment))

    op.add_column("outbox", sa.Column("phone_number_id", sa.Text(), nullable=True))
    op.execute(
        "UPDATE outbox o SET phone_number_id = v.phone_number_id FROM conversation v WHERE v.id = o.conversation_id"
    )
    op.alter_column("outbox", "phone_number_id", nullable=False)
    comment = "its place among all that waits: a conversation's messages stand a second apart"
    turn = sa.Column("turn_at", _MOMENT, server_default=sa.text("now()"), nullable=False, comment=comment)
    op.add_column("outbox", turn)
    comment = "attempts of which nobody knows what came of them"
    unanswered = sa.Column("unanswered", sa.Integer(), server_default=sa.text("0"), nullable=False, comment=comment)
    op.add_column("outbox", unanswered)
    comment = "whether a file goes to Meta before it"
    op.add_column(
        "outbox",
        sa.Column("has_upload", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment=comment),
    )
    op.create_index("outbox_turn", "outbox", ["phone_number_id", "turn_at", "id"], unique=False)

    op.create_table(
        "read_receipt",
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("wamid", sa.Text(), nullable=False, comment="of the newest message that was read"),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", _MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("conversation_id"),
    )
    op.create_index("read_receipt_due", "read_receipt", ["due_at"], unique=False)


def downgrade() -> None:
    op.drop_table("read_receipt")
    op.drop_index("outbox_turn", table_name="outbox")
    for table, column in (
        ("outbox", "has_upload"),
        ("outbox", "unanswered"),
        ("outbox", "turn_at"),
        ("outbox", "phone_number_id"),
        ("phone_number", "messages_per_second"),
        ("conversation", "window_closed_at"),
        ("message", "discarded_at"),
    ):
        op.drop_column(table, column)
