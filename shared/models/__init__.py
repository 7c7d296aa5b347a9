"""The tables; what each is for is in the docstring of its class."""

from shared.db import Base
from shared.models.access import AuditEvent, IdempotencyKey
from shared.models.account_event import AccountEvent
from shared.models.canned_reply import CannedReply
from shared.models.contact import Contact, ContactIdentity
from shared.models.conversation import (
    SHARED,
    Assignment,
    Conversation,
    ConversationRemoval,
    Message,
    MessageChange,
    MessageStatus,
)
from shared.models.embed import InboxEmbed
from shared.models.first_response import FirstResponse
from shared.models.media import Media, MediaRemoval
from shared.models.operator import Operator, OperatorLink, OperatorSession
from shared.models.project import ApiKey, Customer, PhoneNumber, Project, TeamMember
from shared.models.queue import InboundEvent, Outbox, ReadReceipt
from shared.models.webhook import WebhookDelivery, WebhookEndpoint
from shared.models.workflow import MOVES, Workflow, WorkflowEvent, WorkflowExecution

__all__ = [
    "MOVES",
    "SHARED",
    "AccountEvent",
    "ApiKey",
    "Assignment",
    "AuditEvent",
    "Base",
    "CannedReply",
    "Contact",
    "ContactIdentity",
    "Conversation",
    "ConversationRemoval",
    "Customer",
    "FirstResponse",
    "IdempotencyKey",
    "InboundEvent",
    "InboxEmbed",
    "Media",
    "MediaRemoval",
    "Message",
    "MessageChange",
    "MessageStatus",
    "Operator",
    "OperatorLink",
    "OperatorSession",
    "Outbox",
    "PhoneNumber",
    "Project",
    "ReadReceipt",
    "TeamMember",
    "WebhookDelivery",
    "WebhookEndpoint",
    "Workflow",
    "WorkflowEvent",
    "WorkflowExecution",
]
