"""How long customers waited for a person."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from shared.db import Base


class FirstResponse(Base):
    """A message by which a person answered a customer who waited, see shared/operations/note_first_responses.py. It is
    kept beside the message, since to find it again means to go through the conversation.
    """

    __tablename__ = "first_response"

    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"), primary_key=True)
    project_id: Mapped[UUID] = mapped_column(comment="no foreign key: it goes with the message")
    asked_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), comment="when the customer wrote the first message that nobody had answered"
    )
    answered_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (Index("first_response_of_project", "project_id", "answered_at", postgresql_include=["asked_at"]),)
