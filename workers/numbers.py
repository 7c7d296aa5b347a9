"""Asks WhatsApp again and again what it says of each number: whether it is connected, and how good it is."""

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.crypto import DecryptionError, decrypt
from shared.operations.note_number import note_number
from shared.settings import Settings
from shared.whatsapp.graph import GraphClient, GraphError, NoAnswerError, NotSentError
from shared.whatsapp.number import FIELDS

log = structlog.get_logger()

# A number that nothing is known of yet is asked about sooner. Another worker passes on to the next one.
_CLAIM = text("""
    UPDATE phone_number SET graph_checked_at = now()
    WHERE id = (
        SELECT id FROM phone_number
        WHERE graph_checked_at IS NULL
           OR graph_checked_at < now() - CASE WHEN graph = '{}' THEN interval '1 minute' ELSE interval '1 hour' END
        ORDER BY graph_checked_at NULLS FIRST LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING phone_number_id, access_token
""")


async def check_numbers(settings: Settings, engine: AsyncEngine, graph: GraphClient) -> None:
    """Ask about the numbers that are due, one after the other; for as long as WhatsApp answers."""
    while True:
        async with engine.begin() as connection:
            number = (await connection.execute(_CLAIM)).one_or_none()
        if number is None:
            return
        try:
            token = decrypt(number.access_token, settings.secret_key)
            said = await graph.get(number.phone_number_id, token, fields=FIELDS)
        except (NotSentError, NoAnswerError) as error:
            log.warning("numbers_not_checked", error=str(error))
            return
        except (DecryptionError, GraphError) as error:
            log.warning("number_not_checked", phone_number_id=number.phone_number_id, error=str(error))
            continue
        async with engine.begin() as connection:
            await note_number(connection, number.phone_number_id, said)
