"""Texts that a team answers often, under shortcuts"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "canned_reply",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("shortcut", sa.Text(), nullable=False, comment="in lower case"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", moment, server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", moment, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], ondelete="CASCADE"),
        sa.UniqueConstraint(
            "project_id",
            "customer_id",
            "shortcut",
            name="canned_reply_shortcut",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_canned_reply_customer_id"), "canned_reply", ["customer_id"])
    op.create_index("canned_reply_list", "canned_reply", ["project_id", "created_at", "id"])


def downgrade() -> None:
    op.drop_table("canned_reply")
