"""What waits in PostgreSQL to be worked on."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
    func,
)
from sqlalchemy import (
    text as sql,
)
from sqlalchemy.orm import Mapped, mapped_column

from shared.db import Base

now = func.now()


class InboundEvent(Base):
    """The durable inbox: each webhook's bytes as they came, until a worker has applied them. `kind` says who reads
    them: `whatsapp` for Meta's, `workflow` for what happens to workflow executions.
    """

    __tablename__ = "inbound_event"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(Text, server_default=sql("'whatsapp'"))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(Text, server_default=sql("'pending'"))
    problem: Mapped[str | None] = mapped_column(Text, comment="why some of it could not be applied")
    retries: Mapped[int] = mapped_column(Integer, server_default=sql("0"), comment="asked for by people")
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)
    processed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    traceparent: Mapped[str | None] = mapped_column(Text)  # W3C, of the request that brought it, if it is traced

    __table_args__ = (
        CheckConstraint("state IN ('pending', 'done', 'failed')", name="inbound_event_state"),
        CheckConstraint("kind IN ('whatsapp', 'workflow')", name="inbound_event_kind"),
        Index("inbound_event_pending", "id", postgresql_where=sql("state = 'pending'")),
        Index("inbound_event_failed", "id", postgresql_where=sql("state = 'failed'")),
        Index("inbound_event_reason", sql("md5(problem)"), "id", postgresql_where=sql("state = 'failed'")),
    )


class Outbox(Base):
    """A message that waits to be sent; the row goes when Meta has answered. Oldest first within a conversation; between
    conversations by `turn_at`, so that a long queue of one does not hold up the others.
    """

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=True)
    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"), unique=True)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"))
    phone_number_id: Mapped[str] = mapped_column(Text)
    turn_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True),
        server_default=now,
        comment="its place among all that waits: a conversation's messages stand a second apart",
    )
    attempts: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    unanswered: Mapped[int] = mapped_column(
        Integer, server_default=sql("0"), comment="attempts of which nobody knows what came of them"
    )
    has_upload: Mapped[bool] = mapped_column(
        server_default=sql("false"), comment="whether a file goes to Meta before it"
    )
    traceparent: Mapped[str | None] = mapped_column(Text)  # W3C, of the request that asked for it, if it is traced
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)
    leased_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        Index("outbox_conversation", "conversation_id", "id"),
        Index("outbox_turn", "phone_number_id", "turn_at", "id"),
    )


class ReadReceipt(Base):
    """What WhatsApp is still to be told: that a conversation was read up to a message of the customer's."""

    __tablename__ = "read_receipt"

    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True)
    wamid: Mapped[str] = mapped_column(Text, comment="of the newest message that was read")
    attempts: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)

    __table_args__ = (Index("read_receipt_due", "due_at"),)
