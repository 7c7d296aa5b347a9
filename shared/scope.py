"""What an embed may see. A scope is built from the embed's row, never from a request, and every query takes one."""

from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, and_, or_, select

from shared.models import CannedReply, Conversation, ConversationRemoval, PhoneNumber

ScopeType = Literal["project", "customer", "phone_number"]


class Scope(msgspec.Struct, frozen=True):
    """A project, or one customer's or one number's part of it, optionally only what is assigned to one person."""

    project_id: UUID
    phone_number_id: str | None = None
    customer_id: UUID | None = None
    assignee_id: UUID | None = None

    def conversations(self) -> ColumnElement[bool]:
        """The condition on `conversation` that every query of an inbox starts from."""
        conditions = [Conversation.project_id == self.project_id]
        if self.phone_number_id is not None:
            conditions.append(Conversation.phone_number_id == self.phone_number_id)
        if self.customer_id is not None:
            conditions.append(Conversation.customer_id == self.customer_id)
        if self.assignee_id is not None:
            conditions.append(Conversation.assignee_id == self.assignee_id)
        return and_(*conditions)

    def removals(self) -> ColumnElement[bool]:
        """The condition on `conversation_removal`. Whose the conversations were is not known any more: that one is gone
        is told to every assignee.
        """
        conditions = [ConversationRemoval.project_id == self.project_id]
        if self.phone_number_id is not None:
            conditions.append(ConversationRemoval.phone_number_id == self.phone_number_id)
        if self.customer_id is not None:
            conditions.append(ConversationRemoval.customer_id == self.customer_id)
        return and_(*conditions)

    def phone_numbers(self) -> ColumnElement[bool]:
        """The condition on `phone_number`."""
        conditions = [PhoneNumber.project_id == self.project_id]
        if self.phone_number_id is not None:
            conditions.append(PhoneNumber.phone_number_id == self.phone_number_id)
        if self.customer_id is not None:
            conditions.append(PhoneNumber.customer_id == self.customer_id)
        return and_(*conditions)

    def canned_replies(self) -> ColumnElement[bool]:
        """The condition on `canned_reply`: the project's own, and those of a customer whose all of the scope is."""
        conditions: list[ColumnElement[bool]] = [CannedReply.customer_id.is_(None)]
        if self.phone_number_id is not None:
            owner = select(PhoneNumber.customer_id).where(self.phone_numbers()).scalar_subquery()
            conditions.append(CannedReply.customer_id == owner)
        elif self.customer_id is not None:
            conditions.append(CannedReply.customer_id == self.customer_id)
        return and_(CannedReply.project_id == self.project_id, or_(*conditions))

    def channel(self) -> str:
        """The one Redis channel that an iframe with this scope listens to."""
        if self.phone_number_id is not None:
            channel = f"inbox:phone_number:{self.phone_number_id}"
        elif self.customer_id is not None:
            channel = f"inbox:customer:{self.customer_id}"
        else:
            channel = f"inbox:project:{self.project_id}"
        return channel if self.assignee_id is None else f"{channel}:assignee:{self.assignee_id}"


class Audience(msgspec.Struct, frozen=True):
    """What decides who sees a conversation: the columns that scopes are made of."""

    project_id: UUID
    phone_number_id: str
    customer_id: UUID | None
    assignee_id: UUID | None

    def channels(self) -> tuple[str, ...]:
        """Every channel whose scope contains the conversation: two to six, each once."""
        scopes = [
            Scope(self.project_id),
            Scope(self.project_id, phone_number_id=self.phone_number_id),
        ]
        if self.customer_id is not None:
            scopes.append(Scope(self.project_id, customer_id=self.customer_id))
        channels = [scope.channel() for scope in scopes]
        if self.assignee_id is not None:
            channels += [f"{channel}:assignee:{self.assignee_id}" for channel in channels]
        return tuple(channels)


EMBED_CHANNELS = "inbox:embed:"


def embed_channel(embed_id: UUID) -> str:
    """The channel that tells the iframes of one embed that it was revoked or changed."""
    return f"{EMBED_CHANNELS}{embed_id}"


PRESENCE_CHANNELS = "inbox:presence:"


def presence_channel(conversation_id: UUID) -> str:
    """The channel that tells the iframes that have a conversation open who else has."""
    return f"{PRESENCE_CHANNELS}{conversation_id}"
