"""Structured logs: one JSON object a line on stderr. What identifies a person or opens a door is never a field."""

import logging
import sys

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from shared import tracing


def _add_trace_id(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    trace_id = tracing.trace_id()
    return event if trace_id is None else {**event, "trace_id": trace_id}


_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    _add_trace_id,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


def configure_logs(level: str, *, readable: bool = False) -> None:
    """Send our own logs and those of the libraries to stderr; `readable` colours them for a person at a terminal."""
    readable_renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    renderer: Processor = readable_renderer if readable else structlog.processors.JSONRenderer()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    # Their info lines name URLs, which hold tokens, or repeat every job; their debug lines show what goes over sockets.
    for name in ("httpx", "httpcore", "arq", "uvicorn", "socketio", "engineio", "alembic", "websockets"):
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
