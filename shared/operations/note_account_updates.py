"""Keep what Meta tells of accounts, numbers and templates, for the operator to see."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.ids import new_id
from shared.whatsapp.updates import AccountUpdate

_ADD = text("""
    INSERT INTO account_event (id, project_id, business_account_id, phone_number_id, field, payload, fingerprint,
                               occurred_at)
    SELECT g.id, n.project_id, n.business_account_id, g.phone_number_id, g.field, g.payload,
           decode(g.fingerprint, 'hex'), g.occurred_at
    FROM json_to_recordset(CAST(:rows AS json))
        AS g(id uuid, business_account_id text, phone_number_id text, field text, payload jsonb, fingerprint text,
             occurred_at timestamptz)
    CROSS JOIN LATERAL (
        SELECT DISTINCT ON (project_id) project_id, business_account_id FROM phone_number
        WHERE business_account_id = g.business_account_id OR phone_number_id = g.phone_number_id
        ORDER BY project_id) AS n
    ORDER BY g.fingerprint, n.project_id
    ON CONFLICT (project_id, fingerprint) DO NOTHING
    RETURNING business_account_id, phone_number_id, field
""")

_KNOWN = text("""
    SELECT DISTINCT business_account_id FROM phone_number WHERE business_account_id = ANY(:ids)
""")

# Its number is asked about anew, see workers/numbers.py.
_ASK_AGAIN = text("UPDATE phone_number SET graph_checked_at = NULL WHERE business_account_id = ANY(:ids)")
_OF_NUMBERS = frozenset({"account_update", "phone_number_name_update", "phone_number_quality_update"})


async def note_account_updates(
    connection: AsyncConnection, updates: Sequence[tuple[AccountUpdate, datetime]]
) -> tuple[set[str], set[str]]:
    """Store updates, each with the time at which it was received; a repeat is the same one.

    Returns the ids of accounts that no project has a number of, and of those whose templates changed.
    """
    rows = [
        {
            "id": new_id(),
            "business_account_id": update.business_account_id,
            "phone_number_id": update.phone_number_id,
            "field": update.field,
            "payload": update.payload,
            "fingerprint": _fingerprint(update, received_at),
            "occurred_at": update.occurred_at or received_at,
        }
        for update, received_at in updates
    ]
    added = (await connection.execute(_ADD, {"rows": msgspec.json.encode(rows).decode()})).all()
    changed = sorted({row.business_account_id for row in added if row.field in _OF_NUMBERS})
    if changed:
        await connection.execute(_ASK_AGAIN, {"ids": changed})
    named = {update.business_account_id for update, _ in updates if not update.phone_number_id}
    known = set((await connection.execute(_KNOWN, {"ids": sorted(named)})).scalars())
    return named - known, {row.business_account_id for row in added if "template" in row.field}


def _fingerprint(update: AccountUpdate, received_at: datetime) -> str:
    """Meta repeats a webhook as it was. Where it does not say when, what comes in the same hour is a repeat."""
    at = update.occurred_at or received_at.replace(minute=0, second=0, microsecond=0)
    parts = [update.business_account_id, update.phone_number_id, update.field, at, update.payload]
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()
