"""Pages of lists that are read by key: opaque cursors, newest first; and numbered pages for Kapso's small tables."""

import base64
import binascii
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import ColumnElement, Row, Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute

AnyRow = Row[*tuple[Any, ...]]
AnySelect = Select[*tuple[Any, ...]]
AnyColumn = InstrumentedAttribute[Any]

MOST_PER_PAGE = 100

_encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(tuple[datetime, UUID])


class InvalidCursorError(ValueError):
    """The cursor was not made by this server. `field` is the parameter that held it."""

    def __init__(self, text: str, field: str = "after") -> None:
        super().__init__(text)
        self.field = field


class Cursors(msgspec.Struct):
    """`before` is the place of the page's first row, `after` that of its last; both null for an empty page."""

    before: Annotated[str, Meta(examples=["WyIyMDI2LTAxLTAyIl0"])] | None = None
    after: Annotated[str, Meta(examples=["WyIyMDI2LTAxLTAxIl0"])] | None = None


class Paging(msgspec.Struct):
    """Kapso's paging object: `next` is the value for `after`, `previous` the one for `before`; null at the ends."""

    cursors: Cursors
    next: Annotated[str, Meta(examples=["WyIyMDI2LTAxLTAxIl0"])] | None = None
    previous: Annotated[str, Meta(examples=["WyIyMDI2LTAxLTAyIl0"])] | None = None


class PageMeta(msgspec.Struct):
    """Kapso's numbered pages (Platform API, "Pagination")."""

    page: int
    per_page: int
    total_pages: int
    total_count: int


class CursorQuery(msgspec.Struct, frozen=True):
    """Which page of a list: the `limit` rows after or before a place, or the first ones."""

    limit: int = 20
    after: str | None = None
    before: str | None = None


def encode_cursor(at: datetime, row_id: UUID) -> str:
    """The place of a row in a list that is sorted by time and id."""
    return base64.urlsafe_b64encode(_encode((at, row_id))).rstrip(b"=").decode()


def decode_cursor(cursor: str, field: str = "after") -> tuple[datetime, UUID]:
    """What `encode_cursor` was given. Raises InvalidCursorError."""
    problem = InvalidCursorError("is not a cursor of this server", field)
    try:
        at, row_id = _decoder.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, msgspec.DecodeError, UnicodeError, ValueError) as error:
        raise problem from error
    if at.tzinfo is None:
        raise problem
    try:
        return at.astimezone(UTC), row_id
    except OverflowError as error:
        raise problem from error


def seek(query: AnySelect, at: AnyColumn, row_id: AnyColumn, page: CursorQuery) -> AnySelect:
    """`query` from the page's place on, in the order of reading, one row more than the page holds.

    Raises InvalidCursorError, also for both cursors at once.
    """
    if page.after is not None and page.before is not None:
        raise InvalidCursorError("cannot be combined with `after`", "before")
    key = tuple_(at, row_id)
    if page.before is not None:
        query = query.where(key > tuple_(*decode_cursor(page.before, "before"))).order_by(at.asc(), row_id.asc())
    else:
        if page.after is not None:
            query = query.where(key < tuple_(*decode_cursor(page.after)))
        query = query.order_by(at.desc(), row_id.desc())
    return query.limit(page.limit + 1)


async def cursor_page(
    connection: AsyncConnection,
    query: AnySelect,
    at: AnyColumn,
    row_id: AnyColumn,
    page: CursorQuery,
) -> tuple[Sequence[AnyRow], Paging]:
    """One page of `query`, newest first, sorted by the columns `at` and `row_id`, which an index must hold in this
    order. The rows need an attribute `id` and one with the name of `at`. Raises InvalidCursorError, also for both
    cursors at once.
    """
    rows = (await connection.execute(seek(query, at, row_id, page))).all()
    return _cut(rows, page, [encode_cursor(getattr(row, at.key), row.id) for row in rows])


async def page_by_number(
    connection: AsyncConnection, query: AnySelect, row_id: AnyColumn, page: CursorQuery
) -> tuple[Sequence[AnyRow], Paging]:
    """One page of `query`, newest first, of a table whose ids are numbers that grow. The rows need an attribute `id`.

    Raises InvalidCursorError, also for both cursors at once.
    """
    if page.after is not None and page.before is not None:
        raise InvalidCursorError("cannot be combined with `after`", "before")
    if page.before is not None:
        query = query.where(row_id > _decode_number(page.before, "before")).order_by(row_id.asc())
    else:
        if page.after is not None:
            query = query.where(row_id < _decode_number(page.after, "after"))
        query = query.order_by(row_id.desc())
    rows = (await connection.execute(query.limit(page.limit + 1))).all()
    return _cut(rows, page, [str(row.id) for row in rows])


def _decode_number(cursor: str, field: str) -> int:
    if re.fullmatch(r"[0-9]{1,18}", cursor) is None:
        raise InvalidCursorError("is not a cursor of this server", field)
    return int(cursor)


def _cut(rows: Sequence[AnyRow], page: CursorQuery, places: list[str]) -> tuple[Sequence[AnyRow], Paging]:
    """The page of what was read for it, in the order of reading and with one row more than it holds, and the place of
    each as its cursor.
    """
    backwards = page.before is not None
    more, rows, places = len(rows) > page.limit, rows[: page.limit], places[: page.limit]
    if not rows:
        return rows, Paging(Cursors())
    if backwards:
        rows, places = rows[::-1], places[::-1]
    has_next = backwards or more
    has_previous = more if backwards else page.after is not None
    return rows, Paging(
        Cursors(before=places[0], after=places[-1]),
        next=places[-1] if has_next else None,
        previous=places[0] if has_previous else None,
    )


async def numbered_page(
    connection: AsyncConnection,
    query: AnySelect,
    *order: ColumnElement[Any],
    page: int,
    per_page: int,
    most: int | None = None,
) -> tuple[Sequence[AnyRow], PageMeta]:
    """Page number `page`, from 1, of a query on a table that stays small: this one counts and skips. On another table
    `most` ends the counting. Of `per_page` above MOST_PER_PAGE there are so many.
    """
    per_page = min(per_page, MOST_PER_PAGE)
    counted = query if most is None else query.limit(most)
    total = int(await connection.scalar(select(func.count()).select_from(counted.subquery())) or 0)
    rows = (await connection.execute(query.order_by(*order).limit(per_page).offset((page - 1) * per_page))).all()
    return rows, PageMeta(page, per_page, -(-total // per_page), total)
