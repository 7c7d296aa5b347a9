"""The command porthole, as its users run it: in processes of their own."""

import asyncio
import getpass
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psutil
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from cli.admin import database
from cli.embedded import stop_leftover
from cli.errors import CommandError
from cli.serve import bind, port_of
from shared.crypto import decrypt
from shared.migrate import head_revision
from shared.settings import Settings
from tests.commands import clean_environ, environ_of, porthole
from tests.database import count
from tests.factories import ProjectRows
from tests.servers import server_directory
from tests.waiting import eventually

REPORTED = {
    "base_url",
    "host_page_url",
    "simulator_url",
    "webhook_url",
    "app_secret",
    "verify_token",
    "graph_url",
    "api_key",
    "project_id",
    "embed_url",
    "embed_token",
    "phone_numbers",
    "customer_id",
    "users",
    "bot_customer",
    "first_owner_url",
}
COMMANDS = [
    "demo",
    "up",
    "api",
    "realtime",
    "worker",
    "migrate",
    "doctor",
    "secrets encrypt-anew",
    "simulator",
    "project create",
    "key create",
    "embed create",
    "number connect",
    "operator create",
    "operator link",
]


@pytest.mark.parametrize("command", COMMANDS)
async def test_every_command_explains_itself(command: str) -> None:
    status, out, _ = await porthole(*command.split(), "--help")
    assert status == 0
    assert "--json" in out


async def test_all_that_is_wrong_with_the_settings_is_said_at_once() -> None:
    environ = {
        "PORTHOLE_DATABASE_URL": "nonsense",
        "PORTHOLE_PORT": "eighty",
        "PORTHOLE_LOG_LEVEL": "loud",
        "PORTHOLE_SECRET_KEY": "short",
    }
    status, out, err = await porthole("api", environ=environ)
    assert (status, out) == (1, "")
    assert "Traceback" not in err
    for name in ("DATABASE_URL", "PORT", "LOG_LEVEL", "SECRET_KEY", "REDIS_URL is required", "WHATSAPP_APP_SECRET"):
        assert f"PORTHOLE_{name}" in err


async def test_a_project_a_key_and_an_embed_are_made_from_the_command_line(
    settings: Settings, engine: AsyncEngine
) -> None:
    environ = environ_of(settings)
    status, out, err = await porthole("migrate", "--json", environ=environ)
    assert (status, msgspec.json.decode(out)) == (0, {"revision": head_revision()}), err
    _, out, _ = await porthole("project", "create", "Alder & Finch", "--json", environ=environ)
    project_id = msgspec.json.decode(out)["project_id"]
    _, out, _ = await porthole("key", "create", "--project", project_id, "--json", environ=environ)
    assert len(msgspec.json.decode(out)["api_key"]) == 43
    status, out, err = await porthole(
        *("embed", "create", "--project", project_id, "--allowed-origin", "https://crm.example.com", "--json"),
        environ=environ,
    )
    embed = msgspec.json.decode(out)
    assert status == 0, err
    assert embed["embed_url"] == f"{settings.base_url}/embed/{embed['token']}"
    assert embed["iframe"].startswith(f'<iframe src="{embed["embed_url"]}"')
    assert len(embed["signing_secret"]) == 43
    assert await count(engine, "audit_event", "actor_type = 'cli' AND action = 'inbox_embed.created'") == 1


async def test_a_number_is_connected_once_with_its_token_from_stdin_kept_encrypted(
    settings: Settings, engine: AsyncEngine, project: ProjectRows
) -> None:
    words = ("number", "connect", "--project", str(project.id), "--phone-number-id", "106999", "--name", "Sales",
             "--business-account-id", "9", "--display-phone-number", "+1 555 0199", "--json")  # fmt: skip
    status, out, err = await porthole(*words, environ=environ_of(settings), stdin=b"secret-graph-token\n")
    assert status == 0, err
    assert msgspec.json.decode(out)["phone_number_id"] == "106999"
    async with engine.connect() as connection:
        stored = await connection.scalar(text("SELECT access_token FROM phone_number WHERE phone_number_id = '106999'"))
    assert decrypt(stored, settings.secret_key) == "secret-graph-token"
    for stdin, expected in ((b"secret-graph-token\n", "is connected already"), (b"", "there is none")):
        status, _, err = await porthole(*words, environ=environ_of(settings), stdin=stdin)
        assert (status, err.count("\n")) == (1, 1), err
        assert expected in err


async def test_what_is_done_at_the_command_line_is_in_the_audit_log(settings: Settings, engine: AsyncEngine) -> None:
    environ = environ_of(settings)
    _, out, _ = await porthole("project", "create", "Alder & Finch", "--json", environ=environ)
    project = ("--project", msgspec.json.decode(out)["project_id"])
    number = ("number", "connect", *project, "--phone-number-id", "106999", "--name", "Sales",
              "--business-account-id", "9", "--display-phone-number", "+1 555 0199")  # fmt: skip
    for words in (("key", "create", *project), number, ("embed", "create", *project)):
        status, _, err = await porthole(*words, environ=environ, stdin=b"secret-graph-token\n")
        assert status == 0, err
    async with engine.connect() as connection:
        rows = (await connection.execute(text("SELECT * FROM audit_event ORDER BY id"))).all()
    actions = [row.action for row in rows]
    assert actions == ["project.created", "api_key.created", "phone_number.connected", "inbox_embed.created"]
    assert {(row.actor_type, row.actor_name, row.address) for row in rows} == {("cli", getpass.getuser(), None)}
    assert "secret" not in str(rows)
    assert (rows[2].changes["business_account_id"], rows[3].changes["scope_type"]) == ([None, "9"], [None, "project"])


async def test_wrong_words_to_a_command_are_one_line_that_says_what_is_wrong(settings: Settings) -> None:
    nobody = "018f0000-0000-7000-8000-000000000000"
    for words, expected in (
        (("key", "create", "--project", nobody), "there is no project"),
        (("key", "create", "--project", "x"), "is not a UUID"),
        (("embed", "create", "--project", nobody, "--allowed-origin", "http://evil.example"), "must be https"),
    ):
        status, _, err = await porthole(*words, environ=environ_of(settings))
        assert (status, err.count("\n")) == (1, 1), err
        assert expected in err


async def test_a_port_in_use_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    with bind("127.0.0.1", 0) as sock:
        port = port_of(sock)
        status, _, err = await porthole("demo", "--port", str(port), "--data-dir", str(tmp_path / "demo"))
    assert (status, err) == (1, f"porthole: port {port} on 127.0.0.1 is in use; choose another with --port\n")


async def test_a_data_directory_that_cannot_be_written_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    free = ("--port", "0", "--simulator-port", "0", "--host-page-port", "0")
    status, _, err = await porthole("demo", *free, "--data-dir", str(tmp_path / "file" / "demo"))
    assert (status, err.count("\n")) == (1, 1)
    assert "cannot be written" in err
    assert "--data-dir" in err


@pytest.fixture
def directory() -> Iterator[Path]:
    with server_directory() as path:
        yield path


@pytest.mark.timeout(150)
async def test_the_demo_starts_answers_holds_its_directory_and_leaves_no_child_behind(directory: Path) -> None:
    free = ("--port", "0", "--simulator-port", "0", "--host-page-port", "0", "--data-dir", str(directory))
    process = await asyncio.create_subprocess_exec(
        sys.executable, *("-m", "cli", "demo", *free, "--json"), env=clean_environ({}), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    report = msgspec.json.decode(await asyncio.wait_for(process.stdout.readline(), 60))
    assert set(report) >= REPORTED
    for number in report["phone_numbers"]:
        assert {"phone_number_id", "whatsapp_config_id", "business_account_id", "display_phone_number"} <= set(number)

    async with httpx.AsyncClient() as client:
        for url in ("host_page_url", "simulator_url", "embed_url"):
            assert (await client.get(report[url])).status_code == 200, url
        created = await client.post(
            f"{report['base_url']}/platform/v1/inbox_embeds",
            headers={"X-API-Key": report["api_key"]},
            json={"inbox_embed": {"name": "Hotels", "scope_type": "customer", "scope_id": report["customer_id"]}},
        )
        assert created.status_code == 201, created.text
        listed = await client.get(
            f"{report['base_url']}/inbox/v1/conversations?status=all&limit=100",
            headers={"Authorization": f"Bearer {report['embed_token']}"},
        )
        assert len(listed.json()["data"]) >= 40
        await _the_bot_answers(client, report)

    status, _, err = await porthole("demo", *free)
    assert (status, err.count("\n")) == (1, 1)
    assert "is in use by another run" in err

    children = psutil.Process(process.pid).children(recursive=True) + _servers_in(directory)
    assert any("bot.py" in word for child in children for word in child.cmdline())
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 60) == 0
    process._transport.close()  # type: ignore[attr-defined]
    assert _servers_in(directory) == []
    assert not any(_runs(child) for child in children)


async def _the_bot_answers(client: httpx.AsyncClient, report: dict[str, Any]) -> None:
    """The customer whom the demo names writes, and then asks for a person: the conversation is handed off."""
    wa_id, number = report["bot_customer"]["wa_id"], report["phone_numbers"][0]["phone_number_id"]
    headers = {"Authorization": f"Bearer {report['embed_token']}"}

    async def says(words: str) -> None:
        message = {"phone_number_id": number, "type": "text", "text": {"body": words}}
        answer = await client.post(f"{report['simulator_url']}/_sim/users/{wa_id}/messages", json=message)
        assert answer.status_code == 201, answer.text

    async def seen() -> tuple[str, str]:
        answer = await client.get(f"{report['base_url']}/inbox/v1/conversations?search={wa_id}", headers=headers)
        (conversation,) = answer.json()["data"]
        return conversation["mode"], conversation["last_message"]["preview"]

    async def answered() -> bool:
        return (await seen())[1].startswith("Your order left")

    async def handed_off() -> bool:
        return (await seen())[0] == "handoff"

    assert (await seen())[0] == "running"
    await says("Where is my order?")
    await eventually(answered, 30)
    await says("A human, please")
    await eventually(handed_off, 30)


@pytest.mark.parametrize(("program", "stopped"), [("python", True), ("valkey", False)])
def test_what_a_killed_run_left_behind_is_stopped_and_nothing_else(tmp_path: Path, program: str, stopped: bool) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, cwd=tmp_path) as process:
        (tmp_path / "bot.pid").write_text(str(process.pid))
        stop_leftover(tmp_path, "bot", program)
        assert (process.poll() is not None) == stopped
        process.kill()


def _servers_in(directory: Path) -> list[psutil.Process]:
    """PostgreSQL's and Valkey's processes, which are nobody's children once they run."""
    found = [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(str(directory) in word for word in process.info["cmdline"] or [])
    ]
    return [process for process in found if "postgres" in process.name() or "valkey" in process.name()]


def _runs(process: psutil.Process) -> bool:
    """A zombie has ended; it only waits for whoever adopted it."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def test_a_database_that_takes_too_long_is_one_line_too(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ_of(settings).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(CommandError, match="the database does not do this: TimeoutError"):
        async with database():
            raise TimeoutError
