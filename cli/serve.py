"""Serves ASGI apps with uvicorn, several in one event loop where a command needs that."""

import asyncio
import contextlib
import errno
import logging
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import uvicorn
from litestar.types import ASGIApp

from cli.errors import CommandError
from realtime.websocket import MOST_INCOMING, Upgrade

GRACE_SECONDS = 5


def bind(host: str, port: int, option: str = "--port") -> socket.socket:
    """Take a port before anything is started. Raises CommandError if it is in use."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named, because asyncio turns off Nagle's delay only for sockets that say they are TCP.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(2048)
    except OSError as error:
        sock.close()
        reason = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
        raise CommandError(f"port {port} on {host} {reason}; choose another with {option}") from error
    return sock


def port_of(sock: socket.socket) -> int:
    port: int = sock.getsockname()[1]
    return port


class _Server(uvicorn.Server):
    """uvicorn that tells when it is ready, without signal handlers of its own: the command has one for all it runs.

    `leave` is called when it accepts no connection any more, and before it closes those that there are.
    """

    def __init__(self, config: uvicorn.Config, leave: Callable[[], Awaitable[None]] | None) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()
        self._leave = leave

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        if self._leave is not None:
            await self._leave()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """Not what uvicorn says of every WebSocket that was refused with an answer (shared/security_headers.py)."""
    return record.msg != "ASGI callable returned without completing handshake."


@contextlib.asynccontextmanager
async def serving(
    app: ASGIApp,
    sock: socket.socket,
    trusted_proxies: str = "",
    *,
    grace_seconds: int = GRACE_SECONDS,
    leave: Callable[[], Awaitable[None]] | None = None,
) -> AsyncIterator[None]:
    """Serve until the block is left; then finish what is under way: after `grace_seconds` it is cut off. Raises
    RuntimeError if the app does not start.

    Of `trusted_proxies`, as the setting has them, X-Forwarded-For is believed; a caller's own is not.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        ws=Upgrade,
        ws_max_size=MOST_INCOMING,
        ws_ping_interval=None,  # Engine.IO has pings of its own
        ws_per_message_deflate=False,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=trusted_proxies,
        timeout_graceful_shutdown=grace_seconds,
    )
    logging.getLogger("uvicorn.error").addFilter(_is_worth_a_line)
    server = _Server(config, leave)
    running = asyncio.create_task(server.serve(sockets=[sock]))
    await server.ready.wait()
    try:
        if not server.started:
            raise RuntimeError("the app did not start; its log says why")
        yield
    finally:
        server.should_exit = True
        await running


def stop_signal() -> asyncio.Event:
    """An event that Ctrl-C and SIGTERM set, from now to the end of the process: a second one does not cut a stop short
    and leave a database behind.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop
