"""Who owns what: projects, their keys, people, customers and numbers."""

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
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.db import Base

now = func.now()


class Project(Base):
    """All that belongs to one business; nothing crosses from one project to another."""

    __tablename__ = "project"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)


class ApiKey(Base):
    """A key to the Platform API, of which only the SHA-256 is kept."""

    __tablename__ = "api_key"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(Text)
    key_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)
    last_used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (Index("api_key_newest", "project_id", text("created_at DESC"), text("id DESC")),)


class TeamMember(Base):
    """A person of the business. Kapso's `user`: `id` is its `user_id`, `membership_id` its integer `id`."""

    __tablename__ = "team_member"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    membership_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text, server_default=text("'member'"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)

    __table_args__ = (
        UniqueConstraint("project_id", "email"),
        CheckConstraint("role IN ('owner', 'admin', 'member')", name="team_member_role"),
        Index("team_member_newest", "project_id", text("created_at DESC"), text("id DESC")),
    )


class Customer(Base):
    """A customer of the business, who owns some of the project's numbers."""

    __tablename__ = "customer"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(Text)
    external_customer_id: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)

    __table_args__ = (
        UniqueConstraint("project_id", "external_customer_id"),
        Index("customer_newest", "project_id", text("created_at DESC"), text("id DESC")),
    )


class PhoneNumber(Base):
    """A WhatsApp number of the business. Kapso's `whatsapp_config`: `id` is its `internal_id`."""

    __tablename__ = "phone_number"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customer.id", ondelete="SET NULL"))
    phone_number_id: Mapped[str] = mapped_column(Text, unique=True)
    business_account_id: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    display_phone_number: Mapped[str] = mapped_column(Text)
    access_token: Mapped[bytes] = mapped_column(LargeBinary, comment="encrypted with the secret key")
    inbound_processing_enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    messages_per_second: Mapped[int | None] = mapped_column(
        Integer, comment="what it may send; null: what Graph says of it"
    )
    graph: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"), comment="what Graph last said")
    graph_checked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)

    __table_args__ = (
        Index("phone_number_of_project", "project_id", "customer_id"),
        Index("phone_number_newest", "project_id", text("created_at DESC"), text("id DESC")),
    )
