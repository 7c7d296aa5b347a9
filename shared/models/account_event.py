"""What Meta tells of the business's accounts, numbers and templates."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Index, LargeBinary, Text, func
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.db import Base


class AccountEvent(Base):
    """A webhook about an account, and not about a message: a template was rejected, a number's quality fell."""

    __tablename__ = "account_event"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    business_account_id: Mapped[str] = mapped_column(Text)
    phone_number_id: Mapped[str | None] = mapped_column(Text)
    field: Mapped[str] = mapped_column(Text, comment="of the webhook")
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary, comment="the same for a webhook that is repeated")
    occurred_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        Index("account_event_once", "project_id", "fingerprint", unique=True),
        Index("account_event_of_project", "project_id", sql("occurred_at DESC"), sql("id DESC")),
    )
