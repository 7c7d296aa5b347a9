"""Whoever missed it hears of conversations that are no more, and of threads that go on into somebody else's"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from shared.db import Xid8

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    comment = "when somebody else turned out to be this person"
    op.add_column("contact", sa.Column("merged_at", sa.DateTime(timezone=True), nullable=True, comment=comment))
    op.create_table(
        "conversation_removal",
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("phone_number_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("rev", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id"),
    )
    op.create_index("conversation_removal_rev", "conversation_removal", ["project_id", "rev"], unique=False)
    op.create_index("conversation_removal_age", "conversation_removal", ["removed_at"], unique=False)
    # No foreign keys: what the conversations were of may go with them.
    op.execute("""
        CREATE FUNCTION note_removal() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN
            INSERT INTO conversation_removal (conversation_id, project_id, phone_number_id, customer_id)
            SELECT id, project_id, phone_number_id, customer_id FROM deleted;
            RETURN NULL;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER note_removal AFTER DELETE ON conversation REFERENCING OLD TABLE AS deleted
        FOR EACH STATEMENT EXECUTE FUNCTION note_removal()
    """)


def downgrade() -> None:
    op.execute("DROP TRIGGER note_removal ON conversation")
    op.execute("DROP FUNCTION note_removal()")
    op.drop_table("conversation_removal")
    op.drop_column("contact", "merged_at")
