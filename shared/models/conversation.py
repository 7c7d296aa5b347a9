"""Conversations, their messages, and who answers them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    FetchedValue,
    ForeignKey,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy import (
    text as sql,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.db import Base, Xid8

now = func.now()

SHARED = {
    "media": "type IN ('image', 'video')",
    "documents": "type = 'document'",
    "links": "type = 'text' AND text ~* '(https?://|www[.])'",
}
"""The messages that hold what people look for later, by what it is; each condition has an index of its own."""


class Conversation(Base):
    """A stretch of messages with one contact over one number; at most one of them is active at a time.

    `customer_id` and `assignee_id` repeat what the number and the assignment say, so that one index serves each list;
    `mode` and `handed_off_by` what its latest workflow execution says, so that a row of the list needs no join.
    """

    __tablename__ = "conversation"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    phone_number_id: Mapped[str] = mapped_column(ForeignKey("phone_number.phone_number_id", ondelete="CASCADE"))
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customer.id", ondelete="SET NULL"))
    contact_id: Mapped[UUID] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    assignee_id: Mapped[UUID | None] = mapped_column(ForeignKey("team_member.id", ondelete="SET NULL"))
    status: Mapped[str] = mapped_column(Text, server_default=sql("'active'"))
    mode: Mapped[str | None] = mapped_column(Text, comment="of its workflow: running, handoff, failed, or none")
    handed_off_by: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), comment="while the mode is handoff, the person who pressed Handoff: {id, name}"
    )
    unread_count: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    messages_count: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    last_message_id: Mapped[UUID | None] = mapped_column(comment="no foreign key: the message may not be written yet")
    last_active_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    last_inbound_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_outbound_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    window_closed_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), comment="when WhatsApp last refused free text"
    )
    # Not `metadata`, which SQLAlchemy keeps for itself.
    details: Mapped[dict[str, Any]] = mapped_column("metadata", JSONB, server_default=sql("'{}'"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), FetchedValue(), server_default=now)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    rev: Mapped[int] = mapped_column(Xid8, FetchedValue(), server_default=func.pg_current_xact_id())

    __table_args__ = (
        CheckConstraint("status IN ('active', 'ended')", name="conversation_status"),
        CheckConstraint("mode IN ('running', 'handoff', 'failed')", name="conversation_mode"),
        Index(
            "conversation_one_active",
            "phone_number_id",
            "contact_id",
            unique=True,
            postgresql_where=sql("status = 'active'"),
        ),
        Index("conversation_contact", "contact_id", "phone_number_id"),
        Index("conversation_rev", "project_id", "rev"),
        *(
            Index(
                f"conversation_list_{name}",
                column,
                "status",
                sql("last_active_at DESC"),
                sql("id DESC"),
                postgresql_where=where,
            )
            for name, column, where in (
                ("project", "project_id", None),
                ("number", "phone_number_id", None),
                ("customer", "customer_id", sql("customer_id IS NOT NULL")),
                ("assignee", "assignee_id", sql("assignee_id IS NOT NULL")),
            )
        ),
        Index("conversation_idle", "last_active_at", postgresql_where=sql("status = 'active'")),
        Index(
            "conversation_waiting",
            "project_id",
            "phone_number_id",
            postgresql_where=sql("unread_count > 0 AND status = 'active'"),
        ),
        Index("conversation_unread", "project_id", "phone_number_id", postgresql_where=sql("unread_count > 0")),
        Index("conversation_handoff", "project_id", "phone_number_id", postgresql_where=sql("mode = 'handoff'")),
    )


class ConversationRemoval(Base):
    """A conversation that is no more, for iframes that missed the push: it was erased, or went into another one. A
    trigger adds it, whichever foreign key takes the conversation along; after 30 days it goes.
    """

    __tablename__ = "conversation_removal"

    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    phone_number_id: Mapped[str] = mapped_column(Text)
    customer_id: Mapped[UUID | None]
    removed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)
    rev: Mapped[int] = mapped_column(Xid8, server_default=func.pg_current_xact_id())

    __table_args__ = (
        Index("conversation_removal_rev", "project_id", "rev"),
        Index("conversation_removal_age", "removed_at"),
    )


class Message(Base):
    """One message, in Meta's shape: `content` is the object under the key that `type` names, `details` what else Meta
    sent beside it (context, referral, errors ...), and under `template` what a template was made of when it was sent.

    `wamid_key` is the part of the wamid that does not depend on how WhatsApp names the other side, see
    shared/whatsapp/wamid.py; `reply_to_key` that of the quoted message. `sent_at` is Meta's timestamp, or for a queued
    one the moment of queueing. `reactions`, `edited_at` and `deleted_at` repeat what message_change says.
    """

    __tablename__ = "message"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"))
    phone_number_id: Mapped[str] = mapped_column(Text)
    wamid: Mapped[str | None] = mapped_column(Text)
    wamid_key: Mapped[str | None] = mapped_column(Text)
    client_id: Mapped[str | None] = mapped_column(Text)
    direction: Mapped[str] = mapped_column(Text)
    type: Mapped[str] = mapped_column(Text)
    content: Mapped[Any] = mapped_column(JSONB)
    text: Mapped[str] = mapped_column(Text, server_default=sql("''"), comment="what search reads")
    preview: Mapped[str] = mapped_column(Text, comment="one line for the list")
    details: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), comment="what Meta's object holds beside the content"
    )
    reply_to: Mapped[str | None] = mapped_column(Text, comment="the quoted message's wamid")
    reply_to_key: Mapped[str | None] = mapped_column(Text)
    reactions: Mapped[list[dict[str, Any]] | None] = mapped_column(
        JSONB(none_as_null=True), comment="[{emoji, by, at}], oldest first"
    )
    original: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True), comment="the content before the first edit")
    edited_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    discarded_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), comment="when somebody put a failed message away"
    )
    status: Mapped[str] = mapped_column(Text)
    error: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    origin: Mapped[str] = mapped_column(Text, server_default=sql("'cloud_api'"))
    sent_by: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), comment="the person who sent it from an inbox: {id, name}"
    )
    callback_data: Mapped[str | None] = mapped_column(Text, comment="what the sender wants back with each status")
    sent_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)
    rev: Mapped[int] = mapped_column(Xid8, FetchedValue(), server_default=func.pg_current_xact_id())

    __table_args__ = (
        CheckConstraint("direction IN ('inbound', 'outbound')", name="message_direction"),
        CheckConstraint("origin IN ('cloud_api', 'business_app', 'history_sync')", name="message_origin"),
        UniqueConstraint("conversation_id", "client_id"),
        Index("message_thread", "conversation_id", sql("sent_at DESC"), sql("id DESC")),
        *(
            Index(
                f"message_{name}",
                "conversation_id",
                sql("sent_at DESC"),
                sql("id DESC"),
                postgresql_where=sql(condition),
            )
            for name, condition in SHARED.items()
        ),
        Index("message_key", "phone_number_id", "wamid_key", "direction", unique=True),
        Index("message_rev", "project_id", "rev"),
        Index(
            "message_of_project",
            "project_id",
            sql("sent_at DESC"),
            sql("id DESC"),
            postgresql_include=["direction"],
        ),
        Index("message_of_number", "phone_number_id", sql("sent_at DESC"), sql("id DESC")),
        Index("message_by_status", "project_id", "status", sql("sent_at DESC"), sql("id DESC")),
        Index(
            "message_by_type",
            "project_id",
            "type",
            sql("sent_at DESC"),
            sql("id DESC"),
            postgresql_where=sql("type <> 'text'"),
        ),
        Index(
            "message_search", "project_id", func.to_tsvector(sql("'simple'"), sql("fold(text)")), postgresql_using="gin"
        ),
    )


class MessageStatus(Base):
    """Every status that Meta reported, kept whole; it may come before we know the message."""

    __tablename__ = "message_status"

    phone_number_id: Mapped[str] = mapped_column(Text, primary_key=True)
    wamid_key: Mapped[str] = mapped_column(Text, primary_key=True)
    status: Mapped[str] = mapped_column(Text, primary_key=True)
    wamid: Mapped[str] = mapped_column(Text, comment="in the form that the status bears")
    occurred_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)


class MessageChange(Base):
    """What happened to a message after it was sent: a reaction, an edit, a deletion, or the course of a call. It may
    come before the message; the newest of a kind by one side counts. It changes messages with its own contact only.
    """

    __tablename__ = "message_change"

    phone_number_id: Mapped[str] = mapped_column(Text, primary_key=True)
    wamid_key: Mapped[str] = mapped_column(Text, primary_key=True, comment="of the message that it changes")
    contact_id: Mapped[UUID] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True, index=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    side: Mapped[str] = mapped_column(Text, primary_key=True, comment="who did it: contact or business")
    occurred_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    wamid: Mapped[str] = mapped_column(Text, comment="of the change itself; of two in one second the greater counts")
    payload: Mapped[Any] = mapped_column(JSONB)

    __table_args__ = (CheckConstraint("kind IN ('reaction', 'edit', 'revoke', 'call')", name="message_change_kind"),)


class Assignment(Base):
    """Who answers a conversation; the earlier ones stay, inactive."""

    __tablename__ = "assignment"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("team_member.id", ondelete="CASCADE"), index=True)
    created_by_user_id: Mapped[UUID | None] = mapped_column(ForeignKey("team_member.id", ondelete="SET NULL"))
    notes: Mapped[str | None] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(server_default=sql("true"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)

    __table_args__ = (
        Index("assignment_one_active", "conversation_id", unique=True, postgresql_where=sql("active")),
        Index("assignment_conversation", "conversation_id", sql("created_at DESC"), sql("id DESC")),
    )
