"""The tables; what each is for is in the docstring of its class."""

from shared.db import Base
from shared.models.contact import Contact, ContactIdentity
from shared.models.conversation import Assignment, Conversation, Message, MessageStatus
from shared.models.embed import InboxEmbed
from shared.models.project import ApiKey, Customer, PhoneNumber, Project, TeamMember
from shared.models.queue import InboundEvent, Outbox

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
