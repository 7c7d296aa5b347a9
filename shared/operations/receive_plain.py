"""The short way for what most webhooks are: a message of somebody known, in a conversation that is active.

One round trip, where the long way (apply_webhooks.py) takes ten: it decides how soon a message is seen on a server that
is not busy. Both ways give the same rows and events.
"""

from types import SimpleNamespace
from typing import Any

import msgspec
from sqlalchemy.dialects import postgresql

from shared.events import Event, MessageCreated
from shared.handover import Handover
from shared.ids import new_id
from shared.kapso.messages import MEDIA_TYPES
from shared.operations.receive_messages import COUNT, INSERT, counted, message_row
from shared.operations.resolve_contacts import names_of
from shared.queries.views import CONVERSATION, audience, conversation_view, new_message_view
from shared.whatsapp.updates import Decoded, ReceivedMessage

_dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
_VIEW = str(CONVERSATION.compile(dialect=_dialect))
_VIEW_FIELDS = ", ".join(
    f"{column.key} {column.type.compile(dialect=_dialect)}" for column in CONVERSATION.selected_columns
)

# Returns nothing, and has changed nothing, if the message is not plain after all; of a repeat, only the event is done.
# Each of its statements sees what others have committed until then, so that what is found after the lock stays true.
# What was handed over may be stored by the api at the same moment: whoever comes second waits for the first.
PREPARE = f"""
    -- Each look-up is by an index, whatever the planner knows of tables that grow fast.
    SET enable_seqscan = off;
    SET enable_hashjoin = off;
    SET enable_mergejoin = off;
    SET plan_cache_mode = force_generic_plan;
    -- The api may wait for the end of it.
    SET lock_timeout = 100;
    SET statement_timeout = 1000;
    CREATE OR REPLACE FUNCTION pg_temp.receive_plain(
        event_id bigint, handed_over bytea, received timestamptz,
        number_id text, kinds text[], names text[], profile json, messages json, counts json
    )
    RETURNS SETOF record LANGUAGE plpgsql AS $$
    DECLARE
        found_project uuid;
        found_contact uuid;
        found_conversation uuid;
    BEGIN
        IF handed_over IS NULL THEN
            PERFORM FROM inbound_event WHERE id = event_id AND state = 'pending' FOR UPDATE SKIP LOCKED;
            IF NOT FOUND THEN RETURN; END IF;
        END IF;

        SELECT n.project_id INTO found_project FROM phone_number n
        WHERE n.phone_number_id = number_id AND n.inbound_processing_enabled
          AND NOT EXISTS (SELECT FROM webhook_endpoint e WHERE e.active AND e.phone_number_id = number_id);
        SELECT i.contact_id INTO found_contact FROM contact_identity i
        WHERE i.project_id = found_project AND i.kind = kinds[1] AND i.value = names[1];
        PERFORM FROM unnest(kinds[2:], names[2:]) AS other(kind, value)
        WHERE NOT EXISTS (
            SELECT FROM contact_identity i
            WHERE i.project_id = found_project AND i.kind = other.kind AND i.value = other.value
              AND i.contact_id = found_contact);
        IF FOUND THEN RETURN; END IF;
        PERFORM FROM contact c, json_to_record(profile) AS told(profile_name text, phone_number text, username text)
        WHERE c.id = found_contact
          AND (told.profile_name IS NULL OR told.profile_name = c.profile_name)
          AND (told.phone_number IS NULL OR told.phone_number = c.phone_number)
          AND (told.username IS NULL OR told.username = c.username);
        IF NOT FOUND THEN RETURN; END IF;

        SELECT c.id INTO found_conversation FROM conversation c
        WHERE c.phone_number_id = number_id AND c.contact_id = found_contact AND c.status = 'active'
        FOR NO KEY UPDATE;
        IF NOT FOUND THEN RETURN; END IF;

        PERFORM FROM message_change h
        WHERE h.phone_number_id = number_id AND h.wamid_key = messages -> 0 ->> 'wamid_key';
        IF FOUND THEN RETURN; END IF;

        IF handed_over IS NOT NULL THEN
            INSERT INTO inbound_event (id, body, received_at, state, processed_at)
            VALUES (event_id, handed_over, received, 'done', now()) ON CONFLICT (id) DO NOTHING;
        END IF;
        IF handed_over IS NULL OR NOT FOUND THEN
            IF handed_over IS NOT NULL THEN  -- and the api was faster; not to wait for who has it, who may wait for us
                PERFORM FROM inbound_event
                WHERE id = event_id AND state = 'pending' AND body = handed_over FOR UPDATE SKIP LOCKED;
                IF NOT FOUND THEN RETURN; END IF;
            END IF;
            UPDATE inbound_event SET state = 'done', processed_at = now() WHERE id = event_id;
        END IF;

        {INSERT.format(project_id="found_project", conversation_id="found_conversation", rows="messages")}
        ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN RETURN; END IF;  -- a repeat
        {COUNT.format(conversation_id="found_conversation", rows="counts")};
        RETURN QUERY {_VIEW} WHERE conversation.id = found_conversation;
    END $$
"""  # noqa: S608 - put together from constants

_RECEIVE = f"SELECT * FROM pg_temp.receive_plain($1, $2, $3, $4, $5, $6, $7, $8, $9) AS received({_VIEW_FIELDS})"  # noqa: S608


def plain_message(decoded: Decoded) -> ReceivedMessage | None:
    """The message of a webhook that holds a plain one and nothing else."""
    if decoded.problems or decoded.changes or decoded.statuses or decoded.saved or decoded.account:
        return None
    return decoded.messages[0] if len(decoded.messages) == 1 and is_plain(decoded.messages[0]) else None


def is_plain(message: ReceivedMessage) -> bool:
    """Whether it is a customer's new message with neither a quote nor a file, so that all that its view says is at
    hand.
    """
    written = message.direction == "inbound" and not message.quiet and not message.past
    return written and message.reply_to is None and message.type not in MEDIA_TYPES


async def receive_plain(
    driver: Any, event_id: int, message: ReceivedMessage, handover: Handover | None = None
) -> Event | None:
    """Store a plain message and be done with the event that brought it; one that was handed over is stored with it.

    None, and nothing is done but that, if it is not plain for the database: somebody new, a new name, no active
    conversation, a repeat, changed before it came, heard of by the business's own systems; or if another worker has it.

    `driver` is asyncpg's own connection, outside of a transaction, on which PREPARE has been executed.
    """
    row_id, person = new_id(), message.person
    names = names_of(person)
    record = await driver.fetchrow(
        _RECEIVE,
        event_id,
        handover and handover.body,
        handover and handover.received_at,
        message.phone_number_id,
        [kind for kind, _ in names],
        [value for _, value in names],
        _json(
            {
                "profile_name": person.profile_name,
                "phone_number": person.phone_number,
                "username": person.username,
            }
        ),
        _json([message_row(row_id, None, None, message)]),
        _json([counted([(row_id, message)])]),
    )
    if record is None:
        return None
    row: Any = SimpleNamespace(**record)
    view = conversation_view(row)
    return Event(audience(row).channels(), MessageCreated(view, new_message_view(message, row_id, view)))


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
