"""The command porthole, run to its end in a process of its own."""

import asyncio
import os
import tempfile

import msgspec

from shared.settings import PREFIX, Settings
from tests.processes import Descriptor, fork, run_command

LONGEST = 55  # seconds


async def porthole(*words: str, environ: dict[str, str] | None = None, stdin: bytes = b"") -> tuple[int, str, str]:
    """Its status, what it printed, and what it complained of."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(stdin)
        given.seek(0)
        files = {number: Descriptor(file.fileno()) for number, file in enumerate((given, out, err))}
        process = fork.Process(target=run_command, args=(["porthole", *words], clean_environ(environ or {}), files))
        process.start()
        try:
            await asyncio.to_thread(process.join, LONGEST)
            status = process.exitcode
            assert status is not None, f"porthole {words} did not end"
        finally:
            process.kill()
        out.seek(0)
        err.seek(0)
        return status, out.read().decode(), err.read().decode()


def clean_environ(more: dict[str, str]) -> dict[str, str]:
    """This process's environment without any setting of Porthole's, and `more`."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)} | more


def environ_of(settings: Settings) -> dict[str, str]:
    """The variables that say these settings."""
    return {f"{PREFIX}{name.upper()}": str(value) for name, value in msgspec.structs.asdict(settings).items()}
