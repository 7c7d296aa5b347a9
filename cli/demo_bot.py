"""The example bot (docs/examples/bot.py) in the demo: a process of its own that answers one customer."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncEngine

from cli.embedded import stop_leftover
from cli.errors import CommandError
from cli.seed import Seeded
from cli.serve import bind, port_of
from shared.kapso.webhooks import RECEIVED
from shared.models import WebhookEndpoint
from shared.operations.save_webhook import NewWebhook, create_webhook
from shared.settings import Settings

NAME, WA_ID = "Noa de Vries", "31205550163"
START_SECONDS = 20.0
_PATH = "/example-bot"

# A checkout has it among the documents, a wheel beside the demo's data.
_HERE = Path(__file__).resolve().parent
_PLACES = (_HERE.parent / "docs" / "examples" / "bot.py", _HERE / "demo_data" / "bot.py")


class Bot(msgspec.Struct, frozen=True):
    """Where the bot listens, and the number that it answers on."""

    port: int
    secret: str
    phone_number_id: str


async def open_webhook(engine: AsyncEngine, settings: Settings, seeded: Seeded, secret: str) -> Bot:
    """Tell Porthole where the bot is going to listen; what an earlier run said is forgotten."""
    with bind("127.0.0.1", 0) as sock:
        port = port_of(sock)
    number = next(number.phone_number_id for number in seeded.phone_numbers if number.name == "Support")
    wanted = NewWebhook(url=f"http://localhost:{port}{_PATH}", secret_key=secret, events=[RECEIVED])
    async with engine.begin() as connection:
        await connection.execute(
            delete(WebhookEndpoint).where(
                WebhookEndpoint.project_id == seeded.project_id, WebhookEndpoint.url.endswith(_PATH)
            )
        )
        await create_webhook(connection, settings, seeded.project_id, number, wanted)
    return Bot(port, secret, number)


@contextlib.contextmanager
def running_bot(bot: Bot, directory: Path, base_url: str, api_key: str) -> Iterator[None]:
    """Run it until the block is left, with its log in the directory. Raises CommandError if it does not start.

    In a session of its own, so that a Ctrl-C in the terminal does not end it before Porthole.
    """
    directory.mkdir(exist_ok=True)
    stop_leftover(directory, "bot", "python")
    environ = os.environ | {
        "PORTHOLE_URL": base_url,
        "PORTHOLE_API_KEY": api_key,
        "PHONE_NUMBER_ID": bot.phone_number_id,
        "WEBHOOK_SECRET": bot.secret,
        "PORT": str(bot.port),
        "ONLY_FROM": WA_ID,
    }
    file = next(place for place in _PLACES if place.exists())
    with (directory / "bot.log").open("ab") as log_file:
        process = subprocess.Popen(
            [sys.executable, file], env=environ, stdout=log_file, stderr=log_file, cwd=directory, start_new_session=True
        )
    try:
        (directory / "bot.pid").write_text(str(process.pid))
        _wait_until_it_listens(process, bot.port, directory)
        yield
    finally:
        process.terminate()
        process.wait()
        (directory / "bot.pid").unlink(missing_ok=True)


def _wait_until_it_listens(process: "subprocess.Popen[bytes]", port: int, directory: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise CommandError(f"The example bot did not start; see {directory / 'bot.log'}")
