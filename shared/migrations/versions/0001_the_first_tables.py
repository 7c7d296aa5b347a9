"""The first tables"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db import Xid8

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # Trigram and mixed GIN indexes carry the search; both extensions are trusted, so no superuser is needed.
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gin")
    op.create_table(
        "inbound_event",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True, comment="why some of it could not be applied"),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('pending', 'done', 'failed')", name="inbound_event_state"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "inbound_event_failed", "inbound_event", ["id"], unique=False, postgresql_where=sa.text("state = 'failed'")
    )
    op.create_index(
        "inbound_event_pending", "inbound_event", ["id"], unique=False, postgresql_where=sa.text("state = 'pending'")
    )
    op.create_table(
        "message_status",
        sa.Column("phone_number_id", sa.Text(), nullable=False),
        sa.Column("wamid", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("phone_number_id", "wamid", "status"),
    )
    op.create_table(
        "project",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key_hash"),
    )
    op.create_index(op.f("ix_api_key_project_id"), "api_key", ["project_id"], unique=False)
    op.create_table(
        "contact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("profile_name", sa.Text(), nullable=True),
        sa.Column("display_name", sa.Text(), nullable=True),
        sa.Column("phone_number", sa.Text(), nullable=True),
        sa.Column("username", sa.Text(), nullable=True),
        sa.Column(
            "search",
            sa.Text(),
            sa.Computed(
                "lower(coalesce(display_name, '') || ' ' || coalesce(profile_name, '') || ' ' || coalesce(phone_number, '') || ' ' || coalesce(username, ''))",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("contact_of_project", "contact", ["project_id"], unique=False)
    op.create_index(
        "contact_search",
        "contact",
        ["search"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search": "gin_trgm_ops"},
    )
    op.create_table(
        "customer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("external_customer_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("project_id", "external_customer_id"),
    )
    op.create_table(
        "team_member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), server_default=sa.text("'member'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("membership_id"),
        sa.UniqueConstraint("project_id", "email"),
    )
    op.create_table(
        "contact_identity",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("project_id", "kind", "value"),
    )
    op.create_index(op.f("ix_contact_identity_contact_id"), "contact_identity", ["contact_id"], unique=False)
    op.create_table(
        "phone_number",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("phone_number_id", sa.Text(), nullable=False),
        sa.Column("business_account_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("display_phone_number", sa.Text(), nullable=False),
        sa.Column("access_token", sa.LargeBinary(), nullable=False, comment="encrypted with the secret key"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("phone_number_id"),
    )
    op.create_index("phone_number_of_project", "phone_number", ["project_id", "customer_id"], unique=False)
    op.create_table(
        "conversation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("phone_number_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Text(), server_default=sa.text("'active'"), nullable=False),
        sa.Column("mode", sa.Text(), nullable=True, comment="of its workflow: running, handoff, failed, or none"),
        sa.Column("unread_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("messages_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "last_message_id", sa.Uuid(), nullable=True, comment="no foreign key: the message may not be written yet"
        ),
        sa.Column("last_active_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_inbound_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rev", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.CheckConstraint("mode IN ('running', 'handoff', 'failed')", name="conversation_mode"),
        sa.CheckConstraint("status IN ('active', 'ended')", name="conversation_status"),
        sa.ForeignKeyConstraint(["assignee_id"], ["team_member.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["phone_number_id"], ["phone_number.phone_number_id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("conversation_contact", "conversation", ["contact_id"], unique=False)
    op.create_index(
        "conversation_handoff",
        "conversation",
        ["project_id", "phone_number_id"],
        unique=False,
        postgresql_where=sa.text("mode = 'handoff'"),
    )
    op.create_index(
        "conversation_list_assignee",
        "conversation",
        ["assignee_id", "status", sa.literal_column("last_active_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("assignee_id IS NOT NULL"),
    )
    op.create_index(
        "conversation_list_customer",
        "conversation",
        ["customer_id", "status", sa.literal_column("last_active_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("customer_id IS NOT NULL"),
    )
    op.create_index(
        "conversation_list_number",
        "conversation",
        ["phone_number_id", "status", sa.literal_column("last_active_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "conversation_list_project",
        "conversation",
        ["project_id", "status", sa.literal_column("last_active_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "conversation_one_active",
        "conversation",
        ["phone_number_id", "contact_id"],
        unique=True,
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_index("conversation_rev", "conversation", ["project_id", "rev"], unique=False)
    op.create_index(
        "conversation_unread",
        "conversation",
        ["project_id", "phone_number_id"],
        unique=False,
        postgresql_where=sa.text("unread_count > 0"),
    )
    op.create_table(
        "inbox_embed",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("scope_type", sa.Text(), nullable=False),
        sa.Column("phone_number_id", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("allowed_origins", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("default_mode", sa.Text(), server_default=sa.text("'system'"), nullable=False),
        sa.Column("language", sa.Text(), server_default=sa.text("'en'"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "CASE scope_type WHEN 'project' THEN num_nonnulls(phone_number_id, customer_id) = 0 WHEN 'phone_number' THEN phone_number_id IS NOT NULL AND customer_id IS NULL WHEN 'customer' THEN customer_id IS NOT NULL AND phone_number_id IS NULL ELSE false END",
            name="inbox_embed_scope",
        ),
        sa.ForeignKeyConstraint(["assignee_id"], ["team_member.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["phone_number_id"], ["phone_number.phone_number_id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index(op.f("ix_inbox_embed_customer_id"), "inbox_embed", ["customer_id"], unique=False)
    op.create_index(op.f("ix_inbox_embed_phone_number_id"), "inbox_embed", ["phone_number_id"], unique=False)
    op.create_index(op.f("ix_inbox_embed_project_id"), "inbox_embed", ["project_id"], unique=False)
    op.create_table(
        "assignment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["team_member.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("assignment_conversation", "assignment", ["conversation_id"], unique=False)
    op.create_index(
        "assignment_one_active", "assignment", ["conversation_id"], unique=True, postgresql_where=sa.text("active")
    )
    op.create_index(op.f("ix_assignment_user_id"), "assignment", ["user_id"], unique=False)
    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("phone_number_id", sa.Text(), nullable=False),
        sa.Column("wamid", sa.Text(), nullable=True),
        sa.Column("wamid_key", sa.Text(), nullable=True),
        sa.Column("client_id", sa.Text(), nullable=True),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("text", sa.Text(), server_default=sa.text("''"), nullable=False, comment="what search reads"),
        sa.Column("preview", sa.Text(), nullable=False, comment="one line for the list"),
        sa.Column("reply_to", sa.Text(), nullable=True, comment="the quoted message's wamid"),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("error", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("rev", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.CheckConstraint("direction IN ('inbound', 'outbound')", name="message_direction"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("conversation_id", "client_id"),
        sa.UniqueConstraint("phone_number_id", "wamid"),
    )
    op.create_index("message_key", "message", ["phone_number_id", "wamid_key"], unique=False)
    op.create_index("message_rev", "message", ["project_id", "rev"], unique=False)
    op.create_index(
        "message_search",
        "message",
        ["project_id", sa.literal_column("to_tsvector('simple', text)")],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "message_thread",
        "message",
        ["conversation_id", sa.literal_column("sent_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("message_id"),
    )
    op.create_index("outbox_conversation", "outbox", ["conversation_id", "id"], unique=False)
    # rev is the writing transaction's id: what a reader's snapshot has not seen yet is never below its xmin. A long
    # transaction may write a row after a later one has; its rev stays the greater of the two, so that it never falls.
    op.execute("""
        CREATE FUNCTION set_rev() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN
            NEW.rev := pg_current_xact_id();
            IF TG_OP = 'UPDATE' AND OLD.rev > NEW.rev THEN NEW.rev := OLD.rev; END IF;
            RETURN NEW;
        END $$
    """)
    for table in ("conversation", "message"):
        op.execute(f"CREATE TRIGGER set_rev BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION set_rev()")


def downgrade() -> None:
    op.drop_index("outbox_conversation", table_name="outbox")
    op.drop_table("outbox")
    op.drop_index("message_thread", table_name="message")
    op.drop_index("message_search", table_name="message", postgresql_using="gin")
    op.drop_index("message_rev", table_name="message")
    op.drop_index("message_key", table_name="message")
    op.drop_table("message")
    op.drop_index(op.f("ix_assignment_user_id"), table_name="assignment")
    op.drop_index("assignment_one_active", table_name="assignment", postgresql_where=sa.text("active"))
    op.drop_index("assignment_conversation", table_name="assignment")
    op.drop_table("assignment")
    op.drop_index(op.f("ix_inbox_embed_project_id"), table_name="inbox_embed")
    op.drop_index(op.f("ix_inbox_embed_phone_number_id"), table_name="inbox_embed")
    op.drop_index(op.f("ix_inbox_embed_customer_id"), table_name="inbox_embed")
    op.drop_table("inbox_embed")
    op.drop_index("conversation_unread", table_name="conversation", postgresql_where=sa.text("unread_count > 0"))
    op.drop_index("conversation_rev", table_name="conversation")
    op.drop_index("conversation_one_active", table_name="conversation", postgresql_where=sa.text("status = 'active'"))
    op.drop_index("conversation_list_project", table_name="conversation", postgresql_where=None)
    op.drop_index("conversation_list_number", table_name="conversation", postgresql_where=None)
    op.drop_index(
        "conversation_list_customer", table_name="conversation", postgresql_where=sa.text("customer_id IS NOT NULL")
    )
    op.drop_index(
        "conversation_list_assignee", table_name="conversation", postgresql_where=sa.text("assignee_id IS NOT NULL")
    )
    op.drop_index("conversation_handoff", table_name="conversation", postgresql_where=sa.text("mode = 'handoff'"))
    op.drop_index("conversation_contact", table_name="conversation")
    op.drop_table("conversation")
    op.drop_index("phone_number_of_project", table_name="phone_number")
    op.drop_table("phone_number")
    op.drop_index(op.f("ix_contact_identity_contact_id"), table_name="contact_identity")
    op.drop_table("contact_identity")
    op.drop_table("team_member")
    op.drop_table("customer")
    op.drop_index(
        "contact_search", table_name="contact", postgresql_using="gin", postgresql_ops={"search": "gin_trgm_ops"}
    )
    op.drop_index("contact_of_project", table_name="contact")
    op.drop_table("contact")
    op.drop_index(op.f("ix_api_key_project_id"), table_name="api_key")
    op.drop_table("api_key")
    op.drop_table("project")
    op.drop_table("message_status")
    op.drop_index("inbound_event_pending", table_name="inbound_event", postgresql_where=sa.text("state = 'pending'"))
    op.drop_index("inbound_event_failed", table_name="inbound_event", postgresql_where=sa.text("state = 'failed'"))
    op.drop_table("inbound_event")
    op.execute("DROP FUNCTION set_rev()")
    op.execute("DROP EXTENSION btree_gin")
    op.execute("DROP EXTENSION pg_trgm")
