"""Somebody of the business, or a program of it, turns to a person: their conversation, made if there is none."""

from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.ids import new_id
from shared.kapso.webhooks import CREATED
from shared.operations.emit_webhooks import emit_conversation
from shared.refusals import NotFoundError
from shared.scope import Scope
from shared.whatsapp.phone import spellings

_FIND_CONTACT = text("""
    SELECT contact_id FROM contact_identity
    WHERE project_id = :project_id AND kind = :kind AND value = ANY(:values)
    ORDER BY array_position(:values, value) LIMIT 1
""")

# A contact is made together with its identity. Who comes second waits for the first, and then finds the contact made.
_ADD_CONTACT = text("""
    WITH added AS (
        INSERT INTO contact_identity (project_id, kind, value, contact_id)
        SELECT :project_id, :kind, value, :contact_id FROM unnest(CAST(:values AS text[])) AS value
        ORDER BY value ON CONFLICT DO NOTHING
        RETURNING contact_id
    )
    INSERT INTO contact (id, project_id, phone_number)
    SELECT DISTINCT contact_id, CAST(:project_id AS uuid), CAST(:phone_number AS text) FROM added
""")

_LOCK_CONVERSATION = text("""
    SELECT id FROM conversation
    WHERE project_id = :project_id AND phone_number_id = :phone_number_id AND contact_id = :contact_id
      AND status = 'active'
    FOR NO KEY UPDATE
""")

# The window in which free text may be sent is the number's and the contact's, so that a new conversation gets it from
# the earlier ones. Who comes second gets, and locks, the conversation that the first has opened.
_OPEN_CONVERSATION = text("""
    INSERT INTO conversation AS c
        (id, project_id, phone_number_id, customer_id, contact_id, last_active_at, last_inbound_at, window_closed_at)
    SELECT :id, n.project_id, n.phone_number_id, n.customer_id, :contact_id, now(), e.last_inbound_at, e.closed_at
    FROM phone_number n CROSS JOIN LATERAL (
        SELECT max(last_inbound_at) AS last_inbound_at, max(window_closed_at) AS closed_at FROM conversation
        WHERE contact_id = :contact_id AND phone_number_id = n.phone_number_id) e
    WHERE n.project_id = :project_id AND n.phone_number_id = :phone_number_id FOR KEY SHARE OF n
    ON CONFLICT (phone_number_id, contact_id) WHERE status = 'active' DO UPDATE SET status = c.status
    RETURNING id, phone_number_id, c.xmax = 0 AS is_new
""")


class Recipient(msgspec.Struct, frozen=True):
    """A person on WhatsApp: the digits of a phone number, or a business-scoped user id where there is no number."""

    phone_number: str | None = None
    bsuid: str | None = None


async def open_conversation(connection: AsyncConnection, scope: Scope, recipient: Recipient) -> UUID:
    """The active conversation with the recipient over the scope's number, which the transaction has locked now.

    Contact and conversation are made if they are missing; no iframe is told of a conversation that is still empty.
    Raises NotFoundError if the project does not have the number.
    """
    contact_id = await _contact(connection, scope.project_id, recipient)
    place = {"project_id": scope.project_id, "phone_number_id": scope.phone_number_id, "contact_id": contact_id}
    active: UUID | None = (await connection.execute(_LOCK_CONVERSATION, place)).scalar_one_or_none()
    if active is not None:
        return active
    opened = (await connection.execute(_OPEN_CONVERSATION, {"id": new_id(), **place})).one_or_none()
    if opened is None:
        raise NotFoundError("Phone number")
    conversation_id: UUID = opened.id
    if opened.is_new:
        await emit_conversation(connection, CREATED, opened.phone_number_id, conversation_id)
    return conversation_id


async def _contact(connection: AsyncConnection, project_id: UUID, recipient: Recipient) -> UUID:
    kind, values = _identity(recipient)
    wanted = {"project_id": project_id, "kind": kind, "values": values}
    found: UUID | None = (await connection.execute(_FIND_CONTACT, wanted)).scalar_one_or_none()
    if found is not None:
        return found
    await connection.execute(
        _ADD_CONTACT,
        {
            "project_id": project_id,
            "kind": kind,
            "values": values,
            "contact_id": new_id(),
            "phone_number": recipient.phone_number,
        },
    )
    made: UUID = (await connection.execute(_FIND_CONTACT, wanted)).scalar_one()
    return made


def _identity(recipient: Recipient) -> tuple[str, list[str]]:
    """The kind of a ContactIdentity, and the values to look for, the one that is meant first."""
    if recipient.phone_number is not None:
        return "wa_id", spellings(recipient.phone_number)
    assert recipient.bsuid is not None
    return "parent_bsuid" if ".ENT." in recipient.bsuid else "bsuid", [recipient.bsuid]
