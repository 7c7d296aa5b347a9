"""Who may use the dashboard. Operators belong to the installation, and to no project."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, LargeBinary, Text, func
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from shared.db import Base

now = func.now()
ROLES = "role IN ('owner', 'operator', 'viewer')"


class Operator(Base):
    """A person who signs in to the dashboard. Nobody is deleted, since the audit log names them: they are disabled."""

    __tablename__ = "operator"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(Text, comment="in lower case")
    name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text, comment="Argon2id, with its parameters")
    role: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)
    last_signed_in_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    disabled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        Index("operator_email", "email", unique=True),
        CheckConstraint(ROLES, name="operator_role"),
        CheckConstraint("email = lower(email)", name="operator_email_in_lower_case"),
    )


class OperatorSession(Base):
    """A browser in which an operator has signed in, of whose cookie only the SHA-256 is kept."""

    __tablename__ = "operator_session"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    operator_id: Mapped[UUID] = mapped_column(ForeignKey("operator.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)
    last_used_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now, comment="to the minute")
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


class OperatorLink(Base):
    """A link that works once, of which only the SHA-256 is kept: it makes an operator, or lets one choose a new
    password. The row stays for a while when the link has ended, without the hash where it was used or removed
    (shared/operators/links.py).
    """

    __tablename__ = "operator_link"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    role: Mapped[str | None] = mapped_column(Text, comment="of the operator that it makes")
    operator_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("operator.id", ondelete="CASCADE"), index=True, comment="whose new password it takes"
    )
    first_owner: Mapped[bool] = mapped_column(
        server_default=sql("false"), comment="printed at start; good while there is no owner"
    )
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)

    __table_args__ = (
        CheckConstraint(ROLES, name="operator_link_role"),
        CheckConstraint("num_nonnulls(role, operator_id) = 1", name="operator_link_purpose"),
        CheckConstraint("NOT first_owner OR role = 'owner'", name="operator_link_first_owner"),
    )
