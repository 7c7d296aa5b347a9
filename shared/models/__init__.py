"""The tables. docs/decisions and the design of each are in the docstrings of the classes."""

from shared.db import Base
from shared.models.inbox import (
    Assignment,
    Contact,
    ContactIdentity,
    Conversation,
    InboundEvent,
    InboxEmbed,
    Message,
    MessageStatus,
    Outbox,
)
from shared.models.project import ApiKey, Customer, PhoneNumber, Project, TeamMember

__all__ = [
    "ApiKey",
    "Assignment",
    "Base",
    "Contact",
    "ContactIdentity",
    "Conversation",
    "Customer",
    "InboundEvent",
    "InboxEmbed",
    "Message",
    "MessageStatus",
    "Outbox",
    "PhoneNumber",
    "Project",
    "TeamMember",
]
