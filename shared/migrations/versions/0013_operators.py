"""Operators of the dashboard, their sessions and links, and lists of embeds and customers by key"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NOW = sa.text("now()")
ROLES = "role IN ('owner', 'operator', 'viewer')"
LISTS = ("inbox_embed", "customer", "phone_number", "api_key", "team_member")


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "operator",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("email", sa.Text(), nullable=False, comment="in lower case"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False, comment="Argon2id, with its parameters"),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", moment, server_default=NOW, nullable=False),
        sa.Column("last_signed_in_at", moment, nullable=True),
        sa.Column("disabled_at", moment, nullable=True),
        sa.CheckConstraint(ROLES, name="operator_role"),
        sa.CheckConstraint("email = lower(email)", name="operator_email_in_lower_case"),
    )
    op.create_index("operator_email", "operator", ["email"], unique=True)
    op.create_table(
        "operator_session",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("operator_id", sa.Uuid(), sa.ForeignKey("operator.id", ondelete="CASCADE"), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("created_at", moment, server_default=NOW, nullable=False),
        sa.Column("last_used_at", moment, server_default=NOW, nullable=False, comment="to the minute"),
        sa.Column("expires_at", moment, nullable=False),
    )
    op.create_index("ix_operator_session_operator_id", "operator_session", ["operator_id"])
    op.create_index("ix_operator_session_expires_at", "operator_session", ["expires_at"])
    op.create_table(
        "operator_link",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("role", sa.Text(), nullable=True, comment="of the operator that it makes"),
        sa.Column(
            "operator_id",
            sa.Uuid(),
            sa.ForeignKey("operator.id", ondelete="CASCADE"),
            nullable=True,
            comment="whose new password it takes",
        ),
        sa.Column(
            "first_owner",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="printed at start; good while there is no owner",
        ),
        sa.Column("created_at", moment, server_default=NOW, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.CheckConstraint(ROLES, name="operator_link_role"),
        sa.CheckConstraint("num_nonnulls(role, operator_id) = 1", name="operator_link_purpose"),
        sa.CheckConstraint("NOT first_owner OR role = 'owner'", name="operator_link_first_owner"),
    )
    op.create_index("ix_operator_link_operator_id", "operator_link", ["operator_id"])
    op.create_index("ix_operator_link_expires_at", "operator_link", ["expires_at"])
    for table in LISTS:
        op.create_index(f"{table}_newest", table, ["project_id", sa.text("created_at DESC"), sa.text("id DESC")])
    # What is done to operators belongs to no project. Last, as in the transactions that write an audit line.
    op.alter_column("audit_event", "project_id", nullable=True)
    op.alter_column("audit_event", "actor_type", comment="api_key, operator, embed, cli or system")


def downgrade() -> None:
    for table in LISTS:
        op.drop_index(f"{table}_newest", table)
    op.execute("DELETE FROM audit_event WHERE project_id IS NULL")
    op.alter_column("audit_event", "actor_type", comment="api_key, embed, cli or system")
    op.alter_column("audit_event", "project_id", nullable=False)
    for table in ("operator_link", "operator_session", "operator"):
        op.drop_table(table)
