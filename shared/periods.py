"""Periods of time, as the filters of lists name them."""

from datetime import datetime

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute


def between(
    column: InstrumentedAttribute[datetime], after: datetime | None, before: datetime | None
) -> list[ColumnElement[bool]]:
    """Conditions for a time from `after` to `before`, both included."""
    conditions: list[ColumnElement[bool]] = []
    if after is not None:
        conditions.append(column >= after)
    if before is not None:
        conditions.append(column <= before)
    return conditions
