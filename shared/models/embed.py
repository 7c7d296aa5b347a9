"""The tokens that open an inbox in an iframe."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    func,
)
from sqlalchemy import (
    text as sql,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from shared.db import Base

now = func.now()


class InboxEmbed(Base):
    """A token that opens the inbox in an iframe: what it shows, where it may stand and how long it lives."""

    __tablename__ = "inbox_embed"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    previous_token_hash: Mapped[bytes | None] = mapped_column(
        LargeBinary, unique=True, comment="of before the last rotation; good until previous_token_expires_at"
    )
    previous_token_expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    signing_secret: Mapped[bytes | None] = mapped_column(
        LargeBinary, comment="for user claims, encrypted with the secret key; older embeds get one when rotated"
    )
    name: Mapped[str | None] = mapped_column(Text)
    scope_type: Mapped[str] = mapped_column(Text)
    phone_number_id: Mapped[str | None] = mapped_column(
        ForeignKey("phone_number.phone_number_id", ondelete="CASCADE"), index=True
    )
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"), index=True)
    assignee_id: Mapped[UUID | None] = mapped_column(ForeignKey("team_member.id", ondelete="CASCADE"))
    allowed_origins: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))
    default_mode: Mapped[str] = mapped_column(Text, server_default=sql("'system'"))
    language: Mapped[str] = mapped_column(Text, server_default=sql("'en'"))
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)

    # A revoked embed outlives what it showed, see shared/operations/revoke_embed.py.
    __table_args__ = (
        CheckConstraint(
            "CASE scope_type WHEN 'project' THEN num_nonnulls(phone_number_id, customer_id) = 0"
            " WHEN 'phone_number' THEN num_nonnulls(phone_number_id, revoked_at) > 0 AND customer_id IS NULL"
            " WHEN 'customer' THEN num_nonnulls(customer_id, revoked_at) > 0 AND phone_number_id IS NULL"
            " ELSE false END",
            name="inbox_embed_scope",
        ),
        Index("inbox_embed_newest", "project_id", sql("created_at DESC"), sql("id DESC")),
    )
