"""Files of messages: those that customers send, and those that are sent to them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, Integer, LargeBinary, Text, func
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from shared.db import Base

now = func.now()


class Media(Base):
    """The file of a message, from the moment that the message is known: `pending` until it is stored, `ready`, `failed`
    after the last attempt, or `gone` where Meta has it no more. `leased_until` is set while a worker is at it.

    Or an upload: a file that somebody has put into a conversation to send it there, `ready` from the beginning, and
    without a message until it is sent. Those that have a `conversation_id` are uploads; `id` is the client's then.
    """

    __tablename__ = "media"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    phone_number_id: Mapped[str] = mapped_column(Text)
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"), unique=True)
    conversation_id: Mapped[UUID | None] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"))
    kind: Mapped[str | None] = mapped_column(Text, comment="what an upload can be sent as")
    filename: Mapped[str | None] = mapped_column(Text, comment="of an upload")
    media_id: Mapped[str | None] = mapped_column(Text, comment="Meta's")
    media_id_until: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), comment="until when Meta has an upload under its id"
    )
    state: Mapped[str] = mapped_column(Text, server_default=sql("'pending'"))
    problem: Mapped[str | None] = mapped_column(Text, comment="why the last attempt failed")
    attempts: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)
    leased_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    mime_type: Mapped[str | None] = mapped_column(Text, comment="found in the bytes, not what was said of them")
    size: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    storage_key: Mapped[str | None] = mapped_column(Text, comment="of the file in the store")
    thumbnail_key: Mapped[str | None] = mapped_column(Text)
    width: Mapped[int | None] = mapped_column(Integer)
    height: Mapped[int | None] = mapped_column(Integer)
    duration_ms: Mapped[int | None] = mapped_column(Integer)
    pages: Mapped[int | None] = mapped_column(Integer)
    waveform: Mapped[bytes | None] = mapped_column(
        LargeBinary, comment="loudness from 0 to 255, evenly over the length"
    )
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)

    __table_args__ = (
        CheckConstraint("state IN ('pending', 'ready', 'failed', 'gone')", name="media_state"),
        CheckConstraint("message_id IS NOT NULL OR conversation_id IS NOT NULL", name="media_of_something"),
        CheckConstraint("kind IN ('image', 'video', 'audio', 'voice', 'document', 'sticker')", name="media_kind"),
        Index("media_pending", "due_at", postgresql_where=sql("state = 'pending'")),
        Index("media_of_project", "project_id"),
        Index("media_lost", "project_id", "created_at", postgresql_where=sql("state IN ('failed', 'gone')")),
        Index("media_of_meta", "media_id"),
        Index("media_of_conversation", "conversation_id", postgresql_where=sql("conversation_id IS NOT NULL")),
        Index("media_unsent", "created_at", postgresql_where=sql("message_id IS NULL")),
    )


class MediaRemoval(Base):
    """A file that has to go from the store, since its row in `media` was deleted. A trigger adds it, whichever foreign
    key takes the row along. Not at once: a worker may be writing the file at that moment. The files of an upload stand
    here from before they are written until their row is.
    """

    __tablename__ = "media_removal"

    storage_key: Mapped[str] = mapped_column(Text, primary_key=True)
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (Index("media_removal_due", "due_at"),)
