"""Opaque cursors for lists that are read by key, newest first."""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row

AnyRow = Row[*tuple[Any, ...]]

_encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(tuple[datetime, UUID])


class InvalidCursorError(ValueError):
    """The cursor was not made by this server."""


class Cursors(msgspec.Struct):
    before: str | None = None
    after: str | None = None


class Paging(msgspec.Struct):
    """Kapso's paging object: `next` is the value for `after`, null at the end."""

    cursors: Cursors
    next: str | None = None
    previous: str | None = None


def encode_cursor(at: datetime, row_id: UUID) -> str:
    """The place of a row in a list that is sorted by time and id."""
    return base64.urlsafe_b64encode(_encode((at, row_id))).rstrip(b"=").decode()


def decode_cursor(cursor: str) -> tuple[datetime, UUID]:
    """What `encode_cursor` was given. Raises InvalidCursorError."""
    try:
        at, row_id = _decoder.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, msgspec.DecodeError, UnicodeError, ValueError) as error:
        raise InvalidCursorError("the cursor is not one of this server's") from error
    if at.tzinfo is None:
        raise InvalidCursorError("the cursor is not one of this server's")
    try:
        return at.astimezone(UTC), row_id
    except OverflowError as error:
        raise InvalidCursorError("the cursor is not one of this server's") from error


def forward_page(rows: Sequence[AnyRow], limit: int, column: str) -> tuple[Sequence[AnyRow], Paging]:
    """The rows to show and their paging, from up to `limit + 1` rows that are sorted by `column` and `id`."""
    shown = rows[:limit]
    if not shown:
        return shown, Paging(Cursors())
    first, last = (encode_cursor(getattr(row, column), row.id) for row in (shown[0], shown[-1]))
    return shown, Paging(Cursors(before=first, after=last), next=last if len(rows) > limit else None)
