"""The command porthole, run to its end in a process of its own."""

import asyncio
import os
import sys

import msgspec

from shared.settings import PREFIX, Settings


async def porthole(*words: str, environ: dict[str, str] | None = None, stdin: bytes = b"") -> tuple[int, str, str]:
    """Its status, what it printed, and what it complained of."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "cli", *words),
        env=clean_environ(environ or {}),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(stdin), 55)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


def clean_environ(more: dict[str, str]) -> dict[str, str]:
    """This process's environment without any setting of Porthole's, and `more`."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)} | more


def environ_of(settings: Settings) -> dict[str, str]:
    """The variables that say these settings."""
    return {f"{PREFIX}{name.upper()}": str(value) for name, value in msgspec.structs.asdict(settings).items()}
