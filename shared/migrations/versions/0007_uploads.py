"""Files that people send: without a message until they are sent, and without an id of Meta's until Meta has them"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.alter_column("media", "message_id", nullable=True)
    op.alter_column("media", "media_id", nullable=True)
    op.add_column("media", sa.Column("conversation_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(None, "media", "conversation", ["conversation_id"], ["id"], ondelete="CASCADE")
    op.add_column("media", sa.Column("kind", sa.Text(), nullable=True, comment="what an upload can be sent as"))
    op.add_column("media", sa.Column("filename", sa.Text(), nullable=True, comment="of an upload"))
    comment = "until when Meta has an upload under its id"
    op.add_column("media", sa.Column("media_id_until", sa.DateTime(timezone=True), nullable=True, comment=comment))
    op.create_check_constraint("media_of_something", "media", "message_id IS NOT NULL OR conversation_id IS NOT NULL")
    op.create_check_constraint(
        "media_kind", "media", "kind IN ('image', 'video', 'audio', 'voice', 'document', 'sticker')"
    )
    op.create_index(
        "media_of_conversation",
        "media",
        ["conversation_id"],
        unique=False,
        postgresql_where=sa.text("conversation_id IS NOT NULL"),
    )
    op.create_index(
        "media_unsent", "media", ["created_at"], unique=False, postgresql_where=sa.text("message_id IS NULL")
    )
    _remove(
        "coalesce(storage_key, project_id || '/' || id)",
        "coalesce(thumbnail_key, project_id || '/' || id || '.thumbnail')",
    )


def downgrade() -> None:
    op.execute("DELETE FROM media WHERE message_id IS NULL OR media_id IS NULL")
    _remove("project_id || '/' || id", "project_id || '/' || id || '.thumbnail'")
    op.drop_index("media_unsent", table_name="media")
    op.drop_index("media_of_conversation", table_name="media")
    op.drop_constraint("media_kind", "media", type_="check")
    op.drop_constraint("media_of_something", "media", type_="check")
    for column in ("media_id_until", "filename", "kind", "conversation_id"):
        op.drop_column("media", column)
    op.alter_column("media", "media_id", nullable=False)
    op.alter_column("media", "message_id", nullable=False)


def _remove(file: str, thumbnail: str) -> None:
    """What the trigger `remove_media` says is to go. Each upload has a key of its own, which the row tells."""
    op.execute(f"""
        CREATE OR REPLACE FUNCTION remove_media() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN
            INSERT INTO media_removal (storage_key, due_at)
            SELECT key, now() + interval '1 hour' FROM deleted, unnest(ARRAY[{file}, {thumbnail}]) AS key
            ON CONFLICT DO NOTHING;
            RETURN NULL;
        END $$
    """)  # noqa: S608 - put together from the constants above
