"""The connection to PostgreSQL."""

from typing import Any
from weakref import WeakKeyDictionary

import msgspec
from sqlalchemy import BigInteger, DateTime, Uuid, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import UserDefinedType

from shared.settings import Settings

_encode = msgspec.json.Encoder()


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id (https://www.postgresql.org/docs/current/datatype-oid.html)."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "XID8"


# For reading a schema back, when models and migrations are compared.
ischema_names["xid8"] = Xid8


class Base(DeclarativeBase):
    """The parent of every table."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it as a plain dict
        int: BigInteger,
        dict[str, Any]: JSONB(none_as_null=True),
        "uuid.UUID": Uuid,
        "datetime.datetime": DateTime(timezone=True),
    }


_autocommits: WeakKeyDictionary[AsyncEngine, AsyncEngine] = WeakKeyDictionary()


def autocommit(engine: AsyncEngine) -> AsyncEngine:
    """The same engine without transactions: a query is one round trip instead of three. It is made once, which takes
    as long as the query.
    """
    made = _autocommits.get(engine)
    if made is None:
        made = _autocommits[engine] = engine.execution_options(isolation_level="AUTOCOMMIT")
    return made


def create_engine(
    settings: Settings, *, application_name: str, pool_size: int | None = None, patient: bool = False
) -> AsyncEngine:
    """An engine whose pool holds at most `pool_size` connections, `settings.database_pool` unless that is given.

    The last one used is taken first, since it has its statements prepared. One that PostgreSQL has closed is replaced
    when it is taken, so a restart costs no failed request; to ask the server each time would cost three round trips.
    A statement may take 30 seconds; one of a `patient` engine, which migrates, as long as it needs.
    """
    url = make_url(settings.database_url).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(
        url,
        pool_size=pool_size or settings.database_pool,
        max_overflow=0,
        pool_use_lifo=True,
        hide_parameters=True,  # they hold messages, and errors are logged
        pool_timeout=5,
        json_serializer=lambda value: _encode.encode(value).decode(),
        json_deserializer=msgspec.json.decode,
        connect_args={
            "timeout": 5,
            "command_timeout": None if patient else 30,
            "server_settings": {"application_name": f"porthole-{application_name}"},
        },
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


def _refuse_closed(connection: Any, *_: Any) -> None:
    if connection.driver_connection.is_closed():
        raise DisconnectionError


# Classes of SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html
_DATA_CLASSES = frozenset({"22", "23", "54"})  # data exception, integrity constraint, program limit
_OUTAGE_CLASSES = frozenset({"08", "40", "53", "57", "58"})  # connection, rollback, resources, intervention, system


def is_data_error(error: DBAPIError) -> bool:
    """Whether the values that were to be written are at fault: the same statement would fail again."""
    return _sqlstate_class(error) in _DATA_CLASSES


def is_conflict(error: DBAPIError) -> bool:
    """Whether somebody else was faster: what a row refers to is gone (23503), or what it claims is taken (23505)."""
    return getattr(error.orig, "sqlstate", None) in ("23503", "23505")


def violates(error: DBAPIError, constraint: str) -> bool:
    """Whether it is this constraint that refused a row."""
    return getattr(getattr(error.orig, "__cause__", None), "constraint_name", None) == constraint


def is_deadlock(error: DBAPIError) -> bool:
    """Whether PostgreSQL chose this transaction to give way to another (40P01); it can be repeated at once."""
    return getattr(error.orig, "sqlstate", None) == "40P01"


def is_outage(error: DBAPIError) -> bool:
    """Whether PostgreSQL could not be reached, is going down, or gave up: the same may succeed later."""
    return (
        error.connection_invalidated
        or isinstance(error, (InterfaceError, OperationalError))
        or _sqlstate_class(error) in _OUTAGE_CLASSES
    )


def _sqlstate_class(error: DBAPIError) -> str:
    return (getattr(error.orig, "sqlstate", None) or "")[:2]
