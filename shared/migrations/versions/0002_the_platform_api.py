"""What the Platform API needs: audit, idempotency, webhooks, workflows, and more of what was there"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "audit_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("actor_type", sa.Text(), nullable=False, comment="api_key, embed, cli or system"),
        sa.Column("actor_id", sa.Text(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False, comment="inbox_embed.created"),
        sa.Column("object_type", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("changes", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "audit_event_of_object",
        "audit_event",
        ["project_id", "object_type", "object_id", sa.text("created_at DESC"), sa.text("id DESC")],
        unique=False,
    )
    op.create_index(
        "audit_event_of_project",
        "audit_event",
        ["project_id", sa.text("created_at DESC"), sa.text("id DESC")],
        unique=False,
    )
    op.create_index(
        "audit_event_of_action",
        "audit_event",
        ["project_id", "action", sa.text("created_at DESC"), sa.text("id DESC")],
        unique=False,
    )
    op.create_table(
        "idempotency_key",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False, comment="SHA-256 of method, path, query and body"),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True, comment="encrypted: it may hold a token shown once"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("project_id", "key"),
    )
    op.create_index("ix_idempotency_key_created_at", "idempotency_key", ["created_at"], unique=False)
    op.create_table(
        "workflow",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'active'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status IN ('draft', 'active', 'archived')", name="workflow_status"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_workflow_project_id", "workflow", ["project_id"], unique=False)
    op.create_table(
        "webhook_endpoint",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("phone_number_id", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), server_default=sa.text("'kapso'"), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("secret_key", sa.LargeBinary(), nullable=True, comment="encrypted with the secret key"),
        sa.Column("headers", sa.LargeBinary(), nullable=True, comment="JSON, encrypted: they may hold credentials"),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("buffer_enabled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("buffer_window_seconds", sa.Integer(), server_default=sa.text("5"), nullable=False),
        sa.Column("max_buffer_size", sa.Integer(), server_default=sa.text("50"), nullable=False),
        sa.Column("buffer_events", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("inactivity_minutes", sa.Integer(), server_default=sa.text("60"), nullable=False),
        sa.Column("payload_version", sa.Text(), server_default=sa.text("'v2'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('kapso', 'meta')", name="webhook_endpoint_kind"),
        sa.ForeignKeyConstraint(["phone_number_id"], ["phone_number.phone_number_id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_webhook_endpoint_phone_number_id", "webhook_endpoint", ["phone_number_id"], unique=False)
    op.create_index("ix_webhook_endpoint_project_id", "webhook_endpoint", ["project_id"], unique=False)
    op.create_index(
        "webhook_endpoint_one_meta",
        "webhook_endpoint",
        ["phone_number_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'meta'"),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="the exact bytes that are signed and sent"),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("phone_number_id", sa.Text(), nullable=True),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("conversation_phone_number", sa.Text(), nullable=True),
        sa.Column(
            "batch_id", sa.Uuid(), nullable=True, comment="while it goes out together with others, see buffering"
        ),
        sa.Column("status", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("attempt_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("response_status", sa.Integer(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True, comment="why the last attempt failed"),
        sa.Column("last_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status IN ('pending', 'delivered', 'failed')", name="webhook_delivery_status"),
        sa.ForeignKeyConstraint(["endpoint_id"], ["webhook_endpoint.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_webhook_delivery_conversation_id", "webhook_delivery", ["conversation_id"], unique=False)
    op.create_index(
        "webhook_delivery_due",
        "webhook_delivery",
        ["endpoint_id", "due_at", "sequence"],
        unique=False,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index(
        "webhook_delivery_order",
        "webhook_delivery",
        ["endpoint_id", "conversation_id", "sequence"],
        unique=False,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index(
        "webhook_delivery_of_project",
        "webhook_delivery",
        ["project_id", sa.text("created_at DESC"), sa.text("id DESC")],
        unique=False,
    )
    op.create_index(
        "webhook_delivery_of_event",
        "webhook_delivery",
        ["project_id", "event", sa.text("created_at DESC"), sa.text("id DESC")],
        unique=False,
    )
    op.create_index(
        "webhook_delivery_of_endpoint",
        "webhook_delivery",
        ["endpoint_id", sa.text("created_at DESC"), sa.text("id DESC")],
        unique=False,
    )
    op.create_index(
        "webhook_delivery_problems",
        "webhook_delivery",
        ["project_id", sa.text("created_at DESC"), sa.text("id DESC")],
        unique=False,
        postgresql_where=sa.text("problem IS NOT NULL"),
    )
    op.create_index(
        "webhook_delivery_one_inactive",
        "webhook_delivery",
        ["endpoint_id", "idempotency_key"],
        unique=True,
        postgresql_where=sa.text("event = 'whatsapp.conversation.inactive'"),
    )
    op.create_table(
        "workflow_execution",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("workflow_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'running'"), nullable=False),
        sa.Column("tracking_id", sa.Uuid(), nullable=False),
        sa.Column("variables", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("context", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("initial_data", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("current_step", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("error_details", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column(
            "handed_off_by",
            postgresql.JSONB(none_as_null=True),
            nullable=True,
            comment="the person who last pressed Handoff: {id, name}",
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_event_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('running', 'waiting', 'handoff', 'ended', 'failed')", name="workflow_execution_status"
        ),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["workflow_id"], ["workflow.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "workflow_execution_by_status",
        "workflow_execution",
        ["workflow_id", "status", sa.text("started_at DESC"), sa.text("id DESC")],
        unique=False,
    )
    op.create_index(
        "workflow_execution_of_conversation",
        "workflow_execution",
        ["conversation_id", sa.text("started_at DESC"), sa.text("id DESC")],
        unique=False,
    )
    op.create_index(
        "workflow_execution_of_workflow",
        "workflow_execution",
        ["workflow_id", sa.text("started_at DESC"), sa.text("id DESC")],
        unique=False,
    )
    op.create_index(
        "workflow_execution_one_open",
        "workflow_execution",
        ["conversation_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('running', 'waiting', 'handoff')"),
    )
    op.create_table(
        "workflow_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("execution_id", sa.Uuid(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=True),
        sa.Column("edge_label", sa.Text(), nullable=True),
        sa.Column("payload", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("step", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.ForeignKeyConstraint(["execution_id"], ["workflow_execution.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "workflow_event_of_execution",
        "workflow_event",
        ["execution_id", sa.text("created_at DESC"), sa.text("id DESC")],
        unique=False,
    )
    op.add_column("api_key", sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("assignment", sa.Column("created_by_user_id", sa.Uuid(), nullable=True))
    op.add_column("assignment", sa.Column("notes", sa.Text(), nullable=True))
    op.drop_index("assignment_conversation", table_name="assignment")
    op.create_index(
        "assignment_conversation",
        "assignment",
        ["conversation_id", sa.text("created_at DESC"), sa.text("id DESC")],
        unique=False,
    )
    op.create_foreign_key(
        "assignment_created_by_user_id_fkey",
        "assignment",
        "team_member",
        ["created_by_user_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.add_column("contact", sa.Column("customer_id", sa.Uuid(), nullable=True))
    op.add_column("contact", sa.Column("metadata", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False))
    op.drop_index("contact_of_project", table_name="contact")
    op.create_index(
        "contact_of_project", "contact", ["project_id", sa.text("created_at DESC"), sa.text("id DESC")], unique=False
    )
    op.create_index("ix_contact_customer_id", "contact", ["customer_id"], unique=False)
    op.create_foreign_key(
        "contact_customer_id_fkey", "contact", "customer", ["customer_id"], ["id"], ondelete="SET NULL"
    )
    op.add_column(
        "conversation",
        sa.Column(
            "handed_off_by",
            postgresql.JSONB(none_as_null=True),
            nullable=True,
            comment="while the mode is handoff, the person who pressed Handoff: {id, name}",
        ),
    )
    op.add_column("conversation", sa.Column("last_outbound_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "conversation", sa.Column("metadata", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False)
    )
    op.add_column(
        "conversation",
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    op.add_column(
        "inbox_embed",
        sa.Column(
            "previous_token_hash",
            sa.LargeBinary(),
            nullable=True,
            comment="of before the last rotation; good until previous_token_expires_at",
        ),
    )
    op.add_column("inbox_embed", sa.Column("previous_token_expires_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "inbox_embed",
        sa.Column(
            "signing_secret",
            sa.LargeBinary(),
            nullable=True,
            comment="for user claims, encrypted with the secret key; older embeds get one when rotated",
        ),
    )
    op.create_unique_constraint("inbox_embed_previous_token_hash_key", "inbox_embed", ["previous_token_hash"])
    op.drop_constraint("inbox_embed_scope", "inbox_embed", type_="check")
    op.create_check_constraint(
        "inbox_embed_scope",
        "inbox_embed",
        "CASE scope_type WHEN 'project' THEN num_nonnulls(phone_number_id, customer_id) = 0"
        " WHEN 'phone_number' THEN num_nonnulls(phone_number_id, revoked_at) > 0 AND customer_id IS NULL"
        " WHEN 'customer' THEN num_nonnulls(customer_id, revoked_at) > 0 AND phone_number_id IS NULL ELSE false END",
    )
    op.add_column("message", sa.Column("origin", sa.Text(), server_default=sa.text("'cloud_api'"), nullable=False))
    op.add_column(
        "message",
        sa.Column(
            "sent_by",
            postgresql.JSONB(none_as_null=True),
            nullable=True,
            comment="the person who sent it from an inbox: {id, name}",
        ),
    )
    op.add_column(
        "message",
        sa.Column("callback_data", sa.Text(), nullable=True, comment="what the sender wants back with each status"),
    )
    op.create_index(
        "message_by_status",
        "message",
        ["project_id", "status", sa.text("sent_at DESC"), sa.text("id DESC")],
        unique=False,
    )
    op.create_index(
        "message_by_type",
        "message",
        ["project_id", "type", sa.text("sent_at DESC"), sa.text("id DESC")],
        unique=False,
        postgresql_where=sa.text("type <> 'text'"),
    )
    op.add_column("message_status", sa.Column("wamid_key", sa.Text(), nullable=True))
    op.execute("""
        UPDATE message_status s SET wamid_key = coalesce(
            (SELECT m.wamid_key FROM message m WHERE m.phone_number_id = s.phone_number_id AND m.wamid = s.wamid),
            s.wamid)
    """)
    op.drop_constraint("message_status_pkey", "message_status", type_="primary")
    op.create_primary_key("message_status_pkey", "message_status", ["phone_number_id", "wamid_key", "status"])
    op.alter_column("message_status", "wamid", comment="in the form that the status bears")
    op.create_index(
        "message_of_number", "message", ["phone_number_id", sa.text("sent_at DESC"), sa.text("id DESC")], unique=False
    )
    op.create_index(
        "message_of_project", "message", ["project_id", sa.text("sent_at DESC"), sa.text("id DESC")], unique=False
    )
    op.add_column(
        "phone_number",
        sa.Column("inbound_processing_enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
    )
    op.add_column(
        "phone_number",
        sa.Column(
            "graph", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False, comment="what Graph last said"
        ),
    )
    op.add_column("phone_number", sa.Column("graph_checked_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint("team_member_role", "team_member", "role IN ('owner', 'admin', 'member')")
    op.create_check_constraint("message_origin", "message", "origin IN ('cloud_api', 'business_app', 'history_sync')")
    op.execute("""
        UPDATE conversation c SET last_outbound_at = m.at
        FROM (SELECT conversation_id, max(sent_at) AS at FROM message WHERE direction = 'outbound'
              GROUP BY conversation_id) m
        WHERE m.conversation_id = c.id
    """)
    op.execute("""
        CREATE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.updated_at := now(); RETURN NEW; END $$
    """)
    op.execute(
        "CREATE TRIGGER set_updated_at BEFORE UPDATE ON conversation FOR EACH ROW EXECUTE FUNCTION set_updated_at()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER set_updated_at ON conversation")
    op.execute("DROP FUNCTION set_updated_at()")
    op.drop_constraint("message_origin", "message", type_="check")
    op.drop_constraint("team_member_role", "team_member", type_="check")
    op.drop_column("phone_number", "graph_checked_at")
    op.drop_column("phone_number", "graph")
    op.drop_column("phone_number", "inbound_processing_enabled")
    op.drop_index("message_of_project", table_name="message")
    op.alter_column("message_status", "wamid", comment=None)
    op.drop_constraint("message_status_pkey", "message_status", type_="primary")
    op.create_primary_key("message_status_pkey", "message_status", ["phone_number_id", "wamid", "status"])
    op.drop_column("message_status", "wamid_key")
    op.drop_index("message_by_type", table_name="message", postgresql_where=sa.text("type <> 'text'"))
    op.drop_index("message_by_status", table_name="message")
    op.drop_index("message_of_number", table_name="message")
    op.drop_column("message", "callback_data")
    op.drop_column("message", "sent_by")
    op.drop_column("message", "origin")
    op.execute("""
        DELETE FROM inbox_embed WHERE scope_type <> 'project' AND num_nonnulls(phone_number_id, customer_id) = 0
    """)
    op.drop_constraint("inbox_embed_scope", "inbox_embed", type_="check")
    op.create_check_constraint(
        "inbox_embed_scope",
        "inbox_embed",
        "CASE scope_type WHEN 'project' THEN num_nonnulls(phone_number_id, customer_id) = 0"
        " WHEN 'phone_number' THEN phone_number_id IS NOT NULL AND customer_id IS NULL"
        " WHEN 'customer' THEN customer_id IS NOT NULL AND phone_number_id IS NULL ELSE false END",
    )
    op.drop_constraint("inbox_embed_previous_token_hash_key", "inbox_embed", type_="unique")
    op.drop_column("inbox_embed", "signing_secret")
    op.drop_column("inbox_embed", "previous_token_expires_at")
    op.drop_column("inbox_embed", "previous_token_hash")
    op.drop_column("conversation", "updated_at")
    op.drop_column("conversation", "metadata")
    op.drop_column("conversation", "last_outbound_at")
    op.drop_column("conversation", "handed_off_by")
    op.drop_constraint("contact_customer_id_fkey", "contact", type_="foreignkey")
    op.drop_index("ix_contact_customer_id", table_name="contact")
    op.drop_index("contact_of_project", table_name="contact")
    op.create_index("contact_of_project", "contact", ["project_id"], unique=False)
    op.drop_column("contact", "metadata")
    op.drop_column("contact", "customer_id")
    op.drop_constraint("assignment_created_by_user_id_fkey", "assignment", type_="foreignkey")
    op.drop_index("assignment_conversation", table_name="assignment")
    op.create_index("assignment_conversation", "assignment", ["conversation_id"], unique=False)
    op.drop_column("assignment", "notes")
    op.drop_column("assignment", "created_by_user_id")
    op.drop_column("api_key", "last_used_at")
    op.drop_index("workflow_event_of_execution", table_name="workflow_event")
    op.drop_table("workflow_event")
    op.drop_index(
        "workflow_execution_one_open",
        table_name="workflow_execution",
        postgresql_where=sa.text("status IN ('running', 'waiting', 'handoff')"),
    )
    op.drop_index("workflow_execution_of_workflow", table_name="workflow_execution")
    op.drop_index("workflow_execution_by_status", table_name="workflow_execution")
    op.drop_index("workflow_execution_of_conversation", table_name="workflow_execution")
    op.drop_table("workflow_execution")
    op.drop_table("webhook_delivery")
    op.drop_index("webhook_endpoint_one_meta", table_name="webhook_endpoint", postgresql_where=sa.text("kind = 'meta'"))
    op.drop_index("ix_webhook_endpoint_project_id", table_name="webhook_endpoint")
    op.drop_index("ix_webhook_endpoint_phone_number_id", table_name="webhook_endpoint")
    op.drop_table("webhook_endpoint")
    op.drop_index("ix_workflow_project_id", table_name="workflow")
    op.drop_table("workflow")
    op.drop_index("ix_idempotency_key_created_at", table_name="idempotency_key")
    op.drop_table("idempotency_key")
    op.drop_index("audit_event_of_project", table_name="audit_event")
    op.drop_index("audit_event_of_object", table_name="audit_event")
    op.drop_index("audit_event_of_action", table_name="audit_event")
    op.drop_table("audit_event")
