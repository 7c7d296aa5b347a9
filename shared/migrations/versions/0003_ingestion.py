"""What ingestion needs: changes of messages, media, account events, names with their times, both spellings of numbers"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SEARCH = (
    "lower(coalesce(display_name, '') || ' ' || coalesce(saved_name, '') || ' ' ||"
    " coalesce(profile_name, '') || ' ' || coalesce(phone_number, '') || ' ' || coalesce(username, ''))"
)
_SEARCH_BEFORE = (
    "lower(coalesce(display_name, '') || ' ' || coalesce(profile_name, '') || ' ' ||"
    " coalesce(phone_number, '') || ' ' || coalesce(username, ''))"
)


def upgrade() -> None:
    op.create_table(
        "account_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("business_account_id", sa.Text(), nullable=False),
        sa.Column("phone_number_id", sa.Text(), nullable=True),
        sa.Column("field", sa.Text(), nullable=False, comment="of the webhook"),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False, comment="the same for a webhook that is repeated"),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("account_event_once", "account_event", ["project_id", "fingerprint"], unique=True)
    op.create_index(
        "account_event_of_project",
        "account_event",
        ["project_id", sa.text("occurred_at DESC"), sa.text("id DESC")],
        unique=False,
    )
    op.create_table(
        "media",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("phone_number_id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("media_id", sa.Text(), nullable=False, comment="Meta's"),
        sa.Column("state", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True, comment="why the last attempt failed"),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mime_type", sa.Text(), nullable=True, comment="found in the bytes, not what was said of them"),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.LargeBinary(), nullable=True),
        sa.Column("storage_key", sa.Text(), nullable=True, comment="of the file in the store"),
        sa.Column("thumbnail_key", sa.Text(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column(
            "waveform", sa.LargeBinary(), nullable=True, comment="loudness from 0 to 255, evenly over the length"
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('pending', 'ready', 'failed', 'gone')", name="media_state"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("message_id"),
    )
    op.create_index("media_pending", "media", ["due_at"], unique=False, postgresql_where=sa.text("state = 'pending'"))
    op.create_index("media_of_project", "media", ["project_id"], unique=False)
    op.create_index("media_of_meta", "media", ["media_id"], unique=False)
    op.create_table(
        "media_removal",
        sa.Column("storage_key", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("storage_key"),
    )
    op.create_index("media_removal_due", "media_removal", ["due_at"], unique=False)
    # The keys of a row that was still pending too: a worker may have written the files already (shared/media_keys.py).
    op.execute("""
        CREATE FUNCTION remove_media() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN
            INSERT INTO media_removal (storage_key, due_at)
            SELECT project_id || '/' || id || ending, now() + interval '1 hour'
            FROM deleted, unnest(ARRAY['', '.thumbnail']) AS ending
            ON CONFLICT DO NOTHING;
            RETURN NULL;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER remove_media AFTER DELETE ON media REFERENCING OLD TABLE AS deleted
        FOR EACH STATEMENT EXECUTE FUNCTION remove_media()
    """)
    op.create_table(
        "message_change",
        sa.Column("phone_number_id", sa.Text(), nullable=False),
        sa.Column("wamid_key", sa.Text(), nullable=False, comment="of the message that it changes"),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False, comment="who did it: contact or business"),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "wamid", sa.Text(), nullable=False, comment="of the change itself; of two in one second the greater counts"
        ),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("kind IN ('reaction', 'edit', 'revoke', 'call')", name="message_change_kind"),
        sa.CheckConstraint("side IN ('contact', 'business')", name="message_change_side"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("phone_number_id", "wamid_key", "contact_id", "kind", "side"),
    )
    op.create_index("ix_message_change_contact_id", "message_change", ["contact_id"], unique=False)
    op.add_column("inbound_event", sa.Column("kind", sa.Text(), server_default=sa.text("'whatsapp'"), nullable=False))
    op.create_check_constraint("inbound_event_kind", "inbound_event", "kind IN ('whatsapp', 'workflow')")
    op.drop_index("conversation_contact", table_name="conversation")
    op.create_index("conversation_contact", "conversation", ["contact_id", "phone_number_id"], unique=False)
    op.create_index(
        "conversation_idle",
        "conversation",
        ["last_active_at"],
        unique=False,
        postgresql_where=sa.text("status = 'active'"),
    )
    op.add_column(
        "message",
        sa.Column("details", postgresql.JSONB(), nullable=True, comment="what Meta's object holds beside the content"),
    )
    op.add_column("message", sa.Column("reply_to_key", sa.Text(), nullable=True))
    op.add_column(
        "message",
        sa.Column("reactions", postgresql.JSONB(), nullable=True, comment="[{emoji, by, at}], oldest first"),
    )
    op.add_column(
        "message",
        sa.Column("original", postgresql.JSONB(), nullable=True, comment="the content before the first edit"),
    )
    op.add_column("message", sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("message", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint("message_phone_number_id_wamid_key", "message", type_="unique")
    op.drop_index("message_key", table_name="message")
    op.create_index("message_key", "message", ["phone_number_id", "wamid_key", "direction"], unique=True)
    op.execute("""
        UPDATE message m SET reply_to_key = coalesce(
            (SELECT q.wamid_key FROM message q WHERE q.phone_number_id = m.phone_number_id AND q.wamid = m.reply_to),
            m.reply_to)
        WHERE m.reply_to IS NOT NULL
    """)
    op.add_column(
        "contact",
        sa.Column("saved_name", sa.Text(), nullable=True, comment="in the address book of the business's phone"),
    )
    op.add_column("contact", sa.Column("saved_at", sa.DateTime(timezone=True), nullable=True))
    _search_by(_SEARCH)
    # Numbers that WhatsApp spells in two ways, see shared/whatsapp/phone.py: who has one spelling gets the other.
    for pattern, other in (
        (r"^(55\d\d)9([6-9]\d{7})$", r"\1\2"),
        (r"^(55\d\d)([6-9]\d{7})$", r"\19\2"),
        (r"^(52)1(\d{10})$", r"\1\2"),
        (r"^(52)(\d{10})$", r"\11\2"),
        (r"^(54)9(\d{10})$", r"\1\2"),
        (r"^(54)(\d{10})$", r"\19\2"),
    ):
        op.execute(
            sa.text("""
                INSERT INTO contact_identity (project_id, kind, value, contact_id)
                SELECT project_id, kind, regexp_replace(value, :pattern, :other), contact_id
                FROM contact_identity WHERE kind = 'wa_id' AND value ~ :pattern
                ORDER BY project_id, value ON CONFLICT DO NOTHING
            """).bindparams(pattern=pattern, other=other)
        )


def downgrade() -> None:
    _search_by(_SEARCH_BEFORE)
    op.drop_column("contact", "saved_at")
    op.drop_column("contact", "saved_name")
    op.drop_index("message_key", table_name="message")
    op.create_index("message_key", "message", ["phone_number_id", "wamid_key"], unique=False)
    op.create_unique_constraint("message_phone_number_id_wamid_key", "message", ["phone_number_id", "wamid"])
    for name in ("deleted_at", "edited_at", "original", "reactions", "reply_to_key", "details"):
        op.drop_column("message", name)
    op.drop_index("conversation_contact", table_name="conversation")
    op.create_index("conversation_contact", "conversation", ["contact_id"], unique=False)
    op.drop_index("conversation_idle", table_name="conversation", postgresql_where=sa.text("status = 'active'"))
    op.execute("DELETE FROM inbound_event WHERE kind <> 'whatsapp'")
    op.drop_constraint("inbound_event_kind", "inbound_event", type_="check")
    op.drop_column("inbound_event", "kind")
    op.drop_table("message_change")
    op.drop_table("media_removal")
    op.drop_table("media")
    op.execute("DROP FUNCTION remove_media()")
    op.drop_table("account_event")


def _search_by(expression: str) -> None:
    """PostgreSQL 16 cannot give a generated column another expression."""
    op.drop_index("contact_search", table_name="contact", postgresql_using="gin")
    op.drop_column("contact", "search")
    op.add_column("contact", sa.Column("search", sa.Text(), sa.Computed(expression, persisted=True), nullable=False))
    op.create_index(
        "contact_search",
        "contact",
        ["search"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search": "gin_trgm_ops"},
    )
