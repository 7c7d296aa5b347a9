"""`porthole demo` as a process of its own: what the browser tests look at."""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

STOP_SECONDS = 20


class DemoNumber(msgspec.Struct, frozen=True):
    phone_number_id: str
    whatsapp_config_id: str
    name: str
    verified_name: str


class Demo(msgspec.Struct, frozen=True):
    """Where everything is, as the demo itself says it."""

    base_url: str
    webhook_url: str
    app_secret: str
    project_id: str
    host_page_url: str
    simulator_url: str
    api_key: str
    embed_url: str
    first_owner_url: str
    phone_numbers: list[DemoNumber]

    @property
    def support(self) -> DemoNumber:
        return next(number for number in self.phone_numbers if number.name == "Support")


@contextlib.contextmanager
def running_demo(directory: Path) -> Iterator[Demo]:
    """Start it on free ports, with its made-up conversations; SIGTERM at the end must leave exit status 0."""
    ports = [argument for name in ("port", "simulator-port", "host-page-port") for argument in (f"--{name}", "0")]
    command = [sys.executable, "-m", "cli", "demo", *ports, "--data-dir", str(directory / "data"), "--json"]
    log = directory / "demo.log"
    with log.open("wb") as stderr, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, f"porthole demo did not start:\n{log.read_text()}"
            yield msgspec.json.decode(line, type=Demo)
            process.send_signal(signal.SIGTERM)
            status = process.wait(STOP_SECONDS)
            assert status == 0, f"porthole demo ended with status {status}:\n{log.read_text()}"
        finally:
            process.kill()
