"""The roles as processes of their own, for tests that kill them."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator

import msgspec

from shared.settings import PREFIX, Settings


class Role:
    """A running `porthole <role>`."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self._process = process
        self.url = url

    @property
    def pid(self) -> int:
        return self._process.pid

    async def kill(self) -> None:
        """SIGKILL: no goodbye, no clean-up."""
        self._process.kill()
        await self._process.wait()

    async def terminate(self) -> int:
        """SIGTERM; returns the exit status."""
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        return await self._process.wait()


@contextlib.asynccontextmanager
async def running_role(name: str, settings: Settings, *, port: int = 0) -> AsyncIterator[Role]:
    """Start a role and wait until it says that it serves."""
    environ = os.environ | {
        f"{PREFIX}{field.upper()}": str(value) for field, value in msgspec.structs.asdict(settings).items()
    }
    options = ["--port", str(port), "--json"]
    if name == "up":  # its directory is its own alone, and tests run side by side
        options += ["--data-dir", f"{settings.storage_url.removeprefix('file://')}-up"]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli", name, *options), env=environ, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    role = None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), 20)
        assert line, f"porthole {name} ended with status {await process.wait()}"
        role = Role(process, msgspec.json.decode(line)["url"])
        yield role
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        process._transport.close()  # type: ignore[attr-defined]  # asyncio leaves the pipe open until it is collected
