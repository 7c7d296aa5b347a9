"""What a team answers often."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Index, Text, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from shared.db import Base

now = func.now()


class CannedReply(Base):
    """A text that stands ready under a shortcut: in every inbox of the project, or in those of one customer alone."""

    __tablename__ = "canned_reply"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    # With its customer it goes: it must not become everybody's.
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"), index=True)
    shortcut: Mapped[str] = mapped_column(Text, comment="in lower case")
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)

    __table_args__ = (
        UniqueConstraint(
            "project_id",
            "customer_id",
            "shortcut",
            name="canned_reply_shortcut",
            postgresql_nulls_not_distinct=True,
        ),
        Index("canned_reply_list", "project_id", "created_at", "id"),
    )
