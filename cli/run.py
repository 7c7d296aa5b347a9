"""porthole up, api, realtime, worker: run one role, or all."""

import argparse
import contextlib
import gc
import os
import resource
from pathlib import Path

import structlog

from cli.drain import Draining
from cli.embedded import embedded_postgres_url, embedded_redis_url, locked_directory, remembered_secrets
from cli.operators import first_owner_text, first_owner_url
from cli.output import emit
from cli.roles import ROLES
from cli.serve import bind, port_of, serving, stop_signal
from realtime.app import RealtimeApp
from shared import tracing
from shared.db import create_engine
from shared.log import configure_logs
from shared.migrate import upgrade
from shared.settings import PREFIX, Settings, read_settings, unknown_variables

log = structlog.get_logger()

GRACE_SECONDS = 27  # for requests: one that waits for WhatsApp takes 25 at most (shared/whatsapp/graph.py)
SECRETS = ("secret_key", "whatsapp_app_secret", "whatsapp_verify_token")


async def run_role(arguments: argparse.Namespace) -> None:
    """Run until a signal comes. Raises CommandError or SettingsError."""
    with contextlib.ExitStack() as started:
        environ = dict(os.environ)
        if arguments.port is not None:
            environ[f"{PREFIX}PORT"] = str(arguments.port)
        if arguments.command == "up":
            _embed(environ, arguments.data_dir, started)
        settings = read_settings(environ)
        configure_logs(settings.log_level)
        for name in unknown_variables(environ):
            log.warning("unknown_variable", name=name)
        owner_link = await _migrate(settings) if arguments.command == "up" else None
        sock = started.enter_context(bind(settings.host, settings.port))
        url = f"http://{settings.host}:{port_of(sock)}"
        stop = stop_signal()
        _spare_collections()
        _raise_file_limit()
        async with contextlib.AsyncExitStack() as running:
            running.enter_context(tracing.exporting(settings, arguments.command))
            app = await running.enter_async_context(ROLES[arguments.command](settings))
            draining = Draining(app)
            leave = app.move_away if isinstance(app, RealtimeApp) else None  # `up` has no other to move to
            await running.enter_async_context(
                serving(draining, sock, settings.trusted_proxies, grace_seconds=GRACE_SECONDS, leave=leave)
            )
            report = {"role": arguments.command, "url": url}
            if owner_link is not None:
                report["first_owner_url"] = owner_link
            emit(arguments.json, report, f"porthole {arguments.command} on {url}{first_owner_text(owner_link)}")
            await stop.wait()
            if arguments.command != "worker":  # which nobody is sent to
                await draining.drain(settings.drain_seconds)


def _spare_collections() -> None:
    """What is loaded stays, and a batch makes many objects that soon go again: by Python's defaults a worker spends a
    seventh of its time on looking through both for cycles.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _raise_file_limit() -> None:
    """Every iframe is an open file, and most systems allow a process 1,024 unless it asks for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        log.debug("file_limit", before=soft, now=hard)


def _embed(environ: dict[str, str], data_dir: Path, embedded: contextlib.ExitStack) -> None:
    """Start what the environment does not name, and make up the secrets that it does not hold."""
    directory = embedded.enter_context(locked_directory(data_dir))
    if not environ.get(f"{PREFIX}DATABASE_URL"):
        environ[f"{PREFIX}DATABASE_URL"] = embedded.enter_context(embedded_postgres_url(directory / "postgres"))
    if not environ.get(f"{PREFIX}REDIS_URL"):
        environ[f"{PREFIX}REDIS_URL"] = embedded.enter_context(embedded_redis_url(directory / "valkey"))
    environ.setdefault(f"{PREFIX}STORAGE_URL", (directory / "media").as_uri())
    missing = [name for name in SECRETS if not environ.get(f"{PREFIX}{name.upper()}")]
    for name, value in remembered_secrets(directory, missing).items():
        environ[f"{PREFIX}{name.upper()}"] = value


async def _migrate(settings: Settings) -> str | None:
    """Returns the link for the first owner, if there is none."""
    engine = create_engine(settings, application_name="migrate", patient=True)
    try:
        await upgrade(engine)
        return await first_owner_url(engine, settings)
    finally:
        await engine.dispose()
