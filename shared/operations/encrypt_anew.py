"""Everything that is encrypted in the database, once more with the newest key: then the older keys can go."""

from uuid import UUID

from sqlalchemy import Table, bindparam, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import InstrumentedAttribute

from shared.crypto import encrypt_anew
from shared.models import InboxEmbed, PhoneNumber, WebhookEndpoint

BATCH = 500

# The answers that are kept for repeated calls are not among them: they are gone after a day.
SEALED: list[InstrumentedAttribute[bytes] | InstrumentedAttribute[bytes | None]] = [
    PhoneNumber.access_token,
    InboxEmbed.signing_secret,
    WebhookEndpoint.secret_key,
    WebhookEndpoint.headers,
]


async def encrypt_everything_anew(engine: AsyncEngine, secret_key: str) -> int:
    """How many values were encrypted anew. It can be stopped and run again. Raises DecryptionError.

    A value that somebody changes meanwhile is left alone: it was encrypted with the newest key just now.
    """
    return sum([await _column(engine, column, secret_key) for column in SEALED])


async def _column(
    engine: AsyncEngine, column: "InstrumentedAttribute[bytes] | InstrumentedAttribute[bytes | None]", secret_key: str
) -> int:
    table = column.class_.__table__
    assert isinstance(table, Table)
    sealed = table.c[column.key]
    page = select(table.c.id, sealed).where(sealed.is_not(None)).order_by(table.c.id).limit(BATCH)
    change = (
        update(table)
        .where(tuple_(table.c.id, sealed) == tuple_(bindparam("row_id"), bindparam("stored")))
        .values({sealed.name: bindparam("sealed")})
    )
    after, total = UUID(int=0), 0
    while True:
        async with engine.begin() as connection:
            rows = (await connection.execute(page.where(table.c.id > after))).all()
            if not rows:
                return total
            values = [{"row_id": row[0], "stored": row[1], "sealed": encrypt_anew(row[1], secret_key)} for row in rows]
            await connection.execute(change, values)
        after, total = rows[-1][0], total + len(rows)
