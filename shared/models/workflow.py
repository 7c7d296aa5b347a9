"""Automation that answers until a person takes over. The engine is somebody else's; this is its record."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, Text, func
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.db import Base

now = func.now()

MOVES = """event_type IN ('execution_started', 'execution_resumed', 'execution_waiting', 'execution_handoff',
'execution_ended', 'execution_failed')"""
"""The lines of an execution's log that say that it got another status; they have an index of their own."""


class Workflow(Base):
    """A bot or workflow that an engine outside runs (Kapso: Workflows API, "Workflows")."""

    __tablename__ = "workflow"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text, server_default=sql("'active'"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)

    __table_args__ = (CheckConstraint("status IN ('draft', 'active', 'archived')", name="workflow_status"),)


class WorkflowExecution(Base):
    """One run of a workflow on a conversation; at most one at a time is under way."""

    __tablename__ = "workflow_execution"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    workflow_id: Mapped[UUID] = mapped_column(ForeignKey("workflow.id", ondelete="CASCADE"))
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"))
    status: Mapped[str] = mapped_column(Text, server_default=sql("'running'"))
    tracking_id: Mapped[UUID]
    variables: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    context: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    initial_data: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    current_step: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    error_details: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    handed_off_by: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), comment="the person who last pressed Handoff: {id, name}"
    )
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_event_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=now)

    __table_args__ = (
        CheckConstraint(
            "status IN ('running', 'waiting', 'handoff', 'ended', 'failed')", name="workflow_execution_status"
        ),
        Index(
            "workflow_execution_one_open",
            "conversation_id",
            unique=True,
            postgresql_where=sql("status IN ('running', 'waiting', 'handoff')"),
        ),
        Index("workflow_execution_of_workflow", "workflow_id", sql("started_at DESC"), sql("id DESC")),
        Index("workflow_execution_by_status", "workflow_id", "status", sql("started_at DESC"), sql("id DESC")),
        Index("workflow_execution_of_conversation", "conversation_id", sql("started_at DESC"), sql("id DESC")),
    )


class WorkflowEvent(Base):
    """A line of an execution's log."""

    __tablename__ = "workflow_event"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    execution_id: Mapped[UUID] = mapped_column(ForeignKey("workflow_execution.id", ondelete="CASCADE"))
    event_type: Mapped[str] = mapped_column(Text)
    direction: Mapped[str | None] = mapped_column(Text)
    edge_label: Mapped[str | None] = mapped_column(Text)
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    step: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.clock_timestamp())

    __table_args__ = (
        Index("workflow_event_of_execution", "execution_id", sql("created_at DESC"), sql("id DESC")),
        Index(
            "workflow_event_moves",
            "execution_id",
            sql("created_at DESC"),
            sql("id DESC"),
            postgresql_where=sql(MOVES),
        ),
    )
