"""Webhooks to the business's own systems."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Text,
    func,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.db import Base

now = func.now()


class WebhookEndpoint(Base):
    """An address that hears of a number's events, or of the project's (Kapso: Platform API, "Webhooks")."""

    __tablename__ = "webhook_endpoint"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"), index=True)
    phone_number_id: Mapped[str | None] = mapped_column(
        ForeignKey("phone_number.phone_number_id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str] = mapped_column(Text, server_default=sql("'kapso'"))
    url: Mapped[str] = mapped_column(Text)
    events: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))
    secret_key: Mapped[bytes | None] = mapped_column(LargeBinary, comment="encrypted with the secret key")
    headers: Mapped[bytes | None] = mapped_column(LargeBinary, comment="JSON, encrypted: they may hold credentials")
    active: Mapped[bool] = mapped_column(server_default=sql("true"))
    failing_since: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), comment="since when no attempt has succeeded; null while they do"
    )
    paused_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), comment="when we switched it off for its failures; null once it is active again"
    )
    pause_reason: Mapped[str | None] = mapped_column(Text)
    buffer_enabled: Mapped[bool] = mapped_column(server_default=sql("false"))
    buffer_window_seconds: Mapped[int] = mapped_column(Integer, server_default=sql("5"))
    max_buffer_size: Mapped[int] = mapped_column(Integer, server_default=sql("50"))
    buffer_events: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))
    inactivity_minutes: Mapped[int] = mapped_column(Integer, server_default=sql("60"))
    payload_version: Mapped[str] = mapped_column(Text, server_default=sql("'v2'"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)

    __table_args__ = (
        CheckConstraint("kind IN ('kapso', 'meta')", name="webhook_endpoint_kind"),
        Index("webhook_endpoint_one_meta", "phone_number_id", unique=True, postgresql_where=sql("kind = 'meta'")),
    )


class WebhookDelivery(Base):
    """One event for one endpoint: what is sent, and what came of it. It waits here until it is delivered or failed.

    `sequence` is the order in which a conversation's events happened: whoever adds one holds the conversation's lock.
    """

    __tablename__ = "webhook_delivery"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_endpoint.id", ondelete="CASCADE"))
    event: Mapped[str] = mapped_column(Text)
    body: Mapped[bytes] = mapped_column(LargeBinary, comment="the exact bytes that are signed and sent")
    idempotency_key: Mapped[str] = mapped_column(Text)
    phone_number_id: Mapped[str | None] = mapped_column(Text)
    conversation_id: Mapped[UUID | None] = mapped_column(index=True)
    conversation_phone_number: Mapped[str | None] = mapped_column(Text)
    batch_id: Mapped[UUID | None] = mapped_column(comment="while it goes out together with others, see buffering")
    replay_of: Mapped[UUID | None] = mapped_column(comment="the delivery that somebody asked to be sent once more")
    status: Mapped[str] = mapped_column(Text, server_default=sql("'pending'"))
    attempt_count: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)
    leased_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    response_status: Mapped[int | None] = mapped_column(Integer)
    problem: Mapped[str | None] = mapped_column(Text, comment="why the last attempt failed")
    attempts: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB, server_default=sql("'[]'"), comment="each request and its answer, oldest first"
    )
    last_attempt_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    delivered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    failed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)

    __table_args__ = (
        CheckConstraint("status IN ('pending', 'delivered', 'failed')", name="webhook_delivery_status"),
        Index("webhook_delivery_due", "endpoint_id", "due_at", "sequence", postgresql_where=sql("status = 'pending'")),
        Index(
            "webhook_delivery_order",
            "endpoint_id",
            "conversation_id",
            "sequence",
            postgresql_where=sql("status = 'pending'"),
        ),
        Index("webhook_delivery_of_project", "project_id", sql("created_at DESC"), sql("id DESC")),
        Index("webhook_delivery_of_event", "project_id", "event", sql("created_at DESC"), sql("id DESC")),
        Index("webhook_delivery_of_endpoint", "endpoint_id", sql("created_at DESC"), sql("id DESC")),
        Index(
            "webhook_delivery_problems",
            "project_id",
            sql("created_at DESC"),
            sql("id DESC"),
            postgresql_where=sql("problem IS NOT NULL"),
        ),
        Index("webhook_delivery_replays", "replay_of", "status", postgresql_where=sql("replay_of IS NOT NULL")),
        Index(
            "webhook_delivery_one_replay",
            "replay_of",
            unique=True,
            postgresql_where=sql("replay_of IS NOT NULL AND status = 'pending'"),
        ),
        # Its key is the last message before the silence: one stretch of silence is reported once.
        Index(
            "webhook_delivery_one_inactive",
            "endpoint_id",
            "idempotency_key",
            unique=True,
            postgresql_where=sql("event = 'whatsapp.conversation.inactive' AND replay_of IS NULL"),
        ),
    )
