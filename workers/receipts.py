"""Tells WhatsApp what was read in an inbox, so that the customer sees it (Meta: Cloud API, "Mark messages as read")."""

import asyncio

import structlog
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.crypto import DecryptionError, decrypt
from shared.db import autocommit
from shared.settings import Settings
from shared.whatsapp.graph import GraphClient, GraphError, NoAnswerError, NotSentError
from workers.drainer import Drainer

log = structlog.get_logger()

AT_ONCE = 16
MOST_ATTEMPTS = 5

# The time until the next attempt is also that for which it is this worker's.
_CLAIM = text("""
    UPDATE read_receipt r SET attempts = attempts + 1, due_at = now() + (attempts + 1) * INTERVAL '1 minute'
    FROM conversation c, phone_number n
    WHERE r.conversation_id IN (
            SELECT conversation_id FROM read_receipt WHERE due_at <= now() ORDER BY due_at LIMIT :places
            FOR UPDATE SKIP LOCKED)
      AND c.id = r.conversation_id AND n.phone_number_id = c.phone_number_id
    RETURNING r.conversation_id, r.wamid, r.attempts, n.phone_number_id, n.access_token
""")

# Not one that a later reading has put in its place.
_DONE = text("DELETE FROM read_receipt WHERE conversation_id = :conversation_id AND wamid = :wamid")


class ReceiptSender:
    """Sends what is due in `read_receipt`. A receipt may be sent twice: the second one says what the first did."""

    def __init__(self, settings: Settings, engine: AsyncEngine, graph: GraphClient) -> None:
        self._settings = settings
        self._engine = autocommit(engine)
        self._graph = graph
        self.drainer = Drainer(self._send_due, at_once=4)

    async def _send_due(self) -> bool:
        async with self._engine.connect() as connection:
            claimed = (await connection.execute(_CLAIM, {"places": AT_ONCE})).all()
        done = await asyncio.gather(*(self._send(row) for row in claimed))
        settled = [
            {"conversation_id": row.conversation_id, "wamid": row.wamid}
            for row, is_done in zip(claimed, done, strict=True)
            if is_done
        ]
        if settled:
            async with self._engine.connect() as connection:
                await connection.execute(_DONE, settled)
        return len(claimed) == AT_ONCE

    async def _send(self, row: Row[tuple[object, ...]]) -> bool:
        """Whether there is nothing more to do for this one: Meta knows, or does not want to."""
        receipt = {"messaging_product": "whatsapp", "status": "read", "message_id": row.wamid}
        try:
            token = decrypt(row.access_token, self._settings.secret_key)
            await self._graph.post(f"{row.phone_number_id}/messages", token, receipt)
        except (GraphError, NotSentError, NoAnswerError, DecryptionError) as error:
            log.info("receipt_not_sent", conversation_id=str(row.conversation_id), error=str(error))
            is_final = isinstance(error, DecryptionError) or (isinstance(error, GraphError) and not error.retryable)
            return is_final or row.attempts >= MOST_ATTEMPTS
        return True
