"""The roles as processes of their own, for tests that kill them. Each is forked from a process that has imported
everything: to import it takes longer than most tests do.
"""

import asyncio
import contextlib
import multiprocessing
import multiprocessing.reduction as reduction
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

import msgspec

from cli.main import main
from shared.settings import PREFIX, Settings

fork = multiprocessing.get_context("forkserver")
fork.set_forkserver_preload(["tests.processes", "tests.forked_worker", "cli.run", "cli.admin", "cli.demo"])


class Descriptor:
    """An open file of this process; in the other one its descriptor there."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __reduce__(self) -> Any:
        return _descriptor, (reduction.DupFd(self._number),)


def _descriptor(duplicate: Any) -> int:
    descriptor: int = duplicate.detach()
    return descriptor


class Role:
    """A running `porthole <role>`, and the link for the first owner, if it has printed one."""

    def __init__(self, process: BaseProcess, url: str, first_owner_url: str | None) -> None:
        self._process = process
        self.url = url
        self.first_owner_url = first_owner_url

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    async def kill(self) -> None:
        """SIGKILL: no goodbye, no clean-up."""
        self._process.kill()
        await asyncio.to_thread(self._process.join)

    async def terminate(self) -> int:
        """SIGTERM; returns the exit status."""
        self._process.terminate()
        await asyncio.to_thread(self._process.join)
        assert self._process.exitcode is not None
        return self._process.exitcode


@contextlib.asynccontextmanager
async def running_role(name: str, settings: Settings, *, port: int = 0) -> AsyncIterator[Role]:
    """Start a role and wait until it says that it serves."""
    environ = os.environ | {
        f"{PREFIX}{field.upper()}": str(value) for field, value in msgspec.structs.asdict(settings).items()
    }
    words = ["porthole", name, "--port", str(port), "--json"]
    if name == "up":  # its directory is its own alone, and tests run side by side
        words += ["--data-dir", f"{settings.storage_url.removeprefix('file://')}-up"]
    reader, writer = fork.Pipe(duplex=False)
    # What is stderr here at this moment, which pytest may have taken.
    files = {1: Descriptor(writer.fileno()), 2: Descriptor(2)}
    process = fork.Process(target=run_command, args=(words, environ, files), daemon=True)
    process.start()
    writer.close()
    try:
        line = await asyncio.wait_for(asyncio.to_thread(_first_line, reader), 30)
        assert line, f"porthole {name} ended with status {process.exitcode}"
        said = msgspec.json.decode(line)
        yield Role(process, said["url"], said.get("first_owner_url"))
    finally:
        process.kill()
        await asyncio.to_thread(process.join)
        reader.close()


def modules_of_a_role(package: str) -> list[str]:
    """Which modules of a package a process has imported that is about to run a role."""
    reader, writer = fork.Pipe(duplex=False)
    process = fork.Process(target=_tell_modules, args=(package, writer))
    process.start()
    found: list[str] = reader.recv()
    process.join()
    reader.close()
    writer.close()
    return found


def _tell_modules(package: str, writer: Connection) -> None:
    writer.send([name for name in sys.modules if name.partition(".")[0] == package])


def _first_line(reader: Connection) -> bytes:
    line = b""
    while not line.endswith(b"\n") and (more := os.read(reader.fileno(), 4096)):
        line += more
    return line


def run_command(words: list[str], environ: Mapping[str, str], files: Mapping[int, int]) -> None:
    """In the process: what the shell does for a command; `files` says which are its standard ones."""
    for standard, file in files.items():
        os.dup2(file, standard)
    sys.stdin = os.fdopen(0, closefd=False)  # multiprocessing has put another in its place
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = words
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    main()
