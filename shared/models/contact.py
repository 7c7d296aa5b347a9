"""The people who write to the business."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Computed,
    DateTime,
    ForeignKey,
    Index,
    Text,
    func,
)
from sqlalchemy import (
    text as sql,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.db import Base

now = func.now()


class Contact(Base):
    """A person who writes to the business. The key is ours: a number or a user id may change, or be hidden."""

    __tablename__ = "contact"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customer.id", ondelete="SET NULL"), index=True)
    profile_name: Mapped[str | None] = mapped_column(Text)
    saved_name: Mapped[str | None] = mapped_column(Text, comment="in the address book of the business's phone")
    saved_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    display_name: Mapped[str | None] = mapped_column(Text)
    phone_number: Mapped[str | None] = mapped_column(Text)
    username: Mapped[str | None] = mapped_column(Text)
    # Not `metadata`, which SQLAlchemy keeps for itself.
    details: Mapped[dict[str, Any]] = mapped_column("metadata", JSONB, server_default=sql("'{}'"))
    search: Mapped[str] = mapped_column(
        Text,
        Computed(
            "fold(coalesce(display_name, '') || ' ' || coalesce(saved_name, '') || ' ' ||"
            " coalesce(profile_name, '') || ' ' || coalesce(phone_number, '') || ' ' || coalesce(username, ''))",
            persisted=True,
        ),
    )
    merged_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), comment="when somebody else turned out to be this person"
    )
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)

    __table_args__ = (
        Index("contact_of_project", "project_id", sql("created_at DESC"), sql("id DESC")),
        Index("contact_search", "search", postgresql_using="gin", postgresql_ops={"search": "gin_trgm_ops"}),
    )


class ContactIdentity(Base):
    """A name that WhatsApp knows a contact by: `wa_id` (digits of a phone number), `bsuid` or `parent_bsuid`
    (business-scoped user ids). A number that WhatsApp spells in two ways has both spellings.
    """

    __tablename__ = "contact_identity"

    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[str] = mapped_column(Text, primary_key=True)
    contact_id: Mapped[UUID] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), index=True)
