"""The number that a call is about."""

from uuid import UUID

import msgspec
from sqlalchemy import Integer, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.models import Conversation, Message, PhoneNumber
from shared.refusals import NotFoundError
from shared.scope import Scope
from shared.send_pace import NUMBER_PACE


class Number(msgspec.Struct, frozen=True):
    """A WhatsApp number of a project. `access_token` is encrypted with the secret key; `per_second` is how many
    messages it may send.
    """

    project_id: UUID
    phone_number_id: str
    business_account_id: str
    access_token: bytes
    per_second: int

    def scope(self) -> Scope:
        """All that belongs to the number."""
        return Scope(self.project_id, phone_number_id=self.phone_number_id)


_NUMBER = (
    PhoneNumber.project_id,
    PhoneNumber.phone_number_id,
    PhoneNumber.business_account_id,
    PhoneNumber.access_token,
    literal_column(NUMBER_PACE, Integer),
)


async def find_number(connection: AsyncConnection, project_id: UUID, phone_number_id: str) -> Number | None:
    """The number with this id of Meta's, None if the project does not have it."""
    found = await connection.execute(
        select(*_NUMBER).where(PhoneNumber.project_id == project_id, PhoneNumber.phone_number_id == phone_number_id)
    )
    row = found.one_or_none()
    return None if row is None else Number(*row)


async def number_of_conversation(
    connection: AsyncConnection, scope: Scope, conversation_id: UUID
) -> tuple[Number, str | None]:
    """The number of a conversation, and the wamid of what the customer wrote last. Raises NotFoundError."""
    wrote = (
        select(Message.wamid)
        .where(Message.conversation_id == Conversation.id, Message.direction == "inbound")
        .where(Message.type != "reaction", Message.origin == "cloud_api")
        .order_by(Message.sent_at.desc(), Message.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    found = await connection.execute(
        select(*_NUMBER, wrote)
        .join(Conversation, Conversation.phone_number_id == PhoneNumber.phone_number_id)
        .where(scope.conversations(), Conversation.id == conversation_id)
    )
    row = found.one_or_none()
    if row is None:
        raise NotFoundError("Conversation")
    return Number(*row[:-1]), row[-1]
