"""What the Platform API keeps of its calls: who did what, and the answers to repeat."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Index, Integer, LargeBinary, Text, func
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.db import Base

now = func.now()


class AuditEvent(Base):
    """Who did what to which object, from where. Rows are only ever added; no secret is in them. What is done to the
    dashboard's operators belongs to no project.

    `changes` is {field: [before, after]} for an update and {} otherwise; it is emptied when a person is erased whom it
    quotes.
    """

    __tablename__ = "audit_event"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    actor_type: Mapped[str] = mapped_column(Text, comment="api_key, operator, embed, cli or system")
    actor_id: Mapped[str | None] = mapped_column(Text)
    actor_name: Mapped[str | None] = mapped_column(Text)
    user_id: Mapped[str | None] = mapped_column(Text, comment="the person's, as the host of the embed names them")
    action: Mapped[str] = mapped_column(Text, comment="inbox_embed.created")
    object_type: Mapped[str] = mapped_column(Text)
    object_id: Mapped[str] = mapped_column(Text)
    changes: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    address: Mapped[str | None] = mapped_column(Text)
    user_agent: Mapped[str | None] = mapped_column(Text)
    request_id: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)

    __table_args__ = (
        Index("audit_event_of_project", "project_id", sql("created_at DESC"), sql("id DESC")),
        Index("audit_event_of_action", "project_id", "action", sql("created_at DESC"), sql("id DESC")),
        Index(
            "audit_event_of_object", "project_id", "object_type", "object_id", sql("created_at DESC"), sql("id DESC")
        ),
    )


class IdempotencyKey(Base):
    """A POST that was made with an Idempotency-Key, and its answer once there is one.

    `key` is "<id of the API key> <Idempotency-Key>".
    """

    __tablename__ = "idempotency_key"

    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary, comment="SHA-256 of method, path, query and body")
    status: Mapped[int | None] = mapped_column(Integer)
    answer: Mapped[bytes | None] = mapped_column(LargeBinary, comment="encrypted: it may hold a token shown once")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now, index=True)
