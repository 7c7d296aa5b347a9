"""`porthole doctor` names what is wrong, and what to do about it."""

import json
import socket
import ssl
import time
from pathlib import Path
from types import SimpleNamespace

import httpx
import msgspec
import pytest
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from cli.doctor import Check, diagnose
from cli.unreachable import why_unreachable
from shared.crypto import encrypt
from shared.settings import Settings
from tests.commands import environ_of, porthole
from tests.factories import ACCESS_TOKEN
from tests.integration.test_outbound_http import certificate
from tests.raw_server import running_raw_server
from tests.stack import Stack


async def _said(settings: Settings) -> dict[str, Check]:
    """The first line of each kind that is not all right, or any of it."""
    found: dict[str, Check] = {}
    for check in await diagnose(settings):
        name = "webhook" if check.name.startswith("webhook http") else check.name
        if name not in found or found[name].status == "ok":
            found[name] = check
    return found


async def test_a_stack_in_which_all_is_well(stack: Stack) -> None:
    said = await _said(stack.settings)
    assert {name: check.message for name, check in said.items() if check.status == "wrong"} == {}
    assert {"settings", "PostgreSQL", "migrations", "clock", "Redis", "storage", "webhook"} <= said.keys()
    numbers = [check for name, check in said.items() if name.startswith("number ")]
    assert [check.status for check in numbers] == ["ok", "ok"]
    assert said["webhook"].status == "ok"
    assert said["https"].status == "warning", "on loopback there is no certificate"


@pytest.mark.parametrize(
    ("wrong", "name", "words"),
    [
        ({"database_url": "postgresql://nobody@127.0.0.1:9/none"}, "PostgreSQL", "PORTHOLE_DATABASE_URL"),
        ({"redis_url": "redis://127.0.0.1:9/0"}, "Redis", "PORTHOLE_REDIS_URL"),
        ({"pubsub_url": "redis://127.0.0.1:9/0"}, "pub/sub", "PORTHOLE_PUBSUB_URL"),
        ({"storage_url": "file:///proc/porthole"}, "storage", "PORTHOLE_STORAGE_URL"),
        ({"base_url": "http://127.0.0.1:9"}, "webhook", "PORTHOLE_BASE_URL"),
        ({"whatsapp_verify_token": "another word"}, "webhook", "PORTHOLE_WHATSAPP_VERIFY_TOKEN"),
        ({"secret_key": "another secret key altogether"}, "number +1 555 0100", "put that one back"),
        ({"graph_url": "http://127.0.0.1:9"}, "number +1 555 0100", "way out"),
    ],
)
async def test_what_is_wrong_is_named(stack: Stack, wrong: dict[str, str], name: str, words: str) -> None:
    said = await _said(msgspec.structs.replace(stack.settings, **wrong))
    found = said.get(name) or next(check for key, check in said.items() if key.startswith("number "))
    assert found.status == "wrong"
    assert words in found.message


async def test_a_certificate_that_vouches_for_itself_is_named_as_that(stack: Stack, tmp_path: Path) -> None:
    async with running_raw_server(tls=certificate(tmp_path, "localhost")) as server:
        base_url = f"https://localhost:{server.port}"
        said = await _said(msgspec.structs.replace(stack.settings, base_url=base_url))
    assert said["webhook"].status == "wrong"
    assert "certificate is not trusted (self-signed certificate)" in said["webhook"].message


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (socket.gaierror(socket.EAI_NONAME, "not known"), "DNS"),
        (ExceptionGroup("each address", [OSError("no route"), ConnectionRefusedError()]), "refused"),
        (ssl.SSLError("wrong version number"), "does not speak TLS"),
        (httpx.ConnectTimeout(""), "firewall"),
        (OSError("something else"), "ConnectError"),
    ],
)
def test_why_nothing_answers_is_said_by_the_innermost_cause(cause: Exception, words: str) -> None:
    error = httpx.ConnectError("All connection attempts failed")
    error.__cause__ = OSError("as httpcore has it")
    error.__cause__.__context__ = cause
    assert words in why_unreachable(error)


async def test_clocks_that_are_apart_and_a_server_that_is_too_old_are_named(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The doctor's alone: the roles are in this process, and theirs is right.
    monkeypatch.setattr("cli.doctor.time", SimpleNamespace(time=lambda: time.time() + 60))
    monkeypatch.setattr("cli.doctor.OLDEST_POSTGRES", 99)
    checks = await diagnose(stack.settings)
    clocks = [check for check in checks if check.name == "clock"]
    assert [check.status for check in clocks] == ["wrong"] * 3
    assert sorted(check.message.split()[2] for check in clocks) == ["PostgreSQL", "Redis", "WhatsApp"]
    assert all("run NTP" in check.message for check in clocks)
    (postgres,) = (check for check in checks if check.name == "PostgreSQL")
    assert (postgres.status, "needs 99 or newer" in postgres.message) == ("wrong", True)


async def test_a_redis_that_forgets_and_an_account_that_is_not_subscribed_are_named(stack: Stack) -> None:
    async with Redis.from_url(stack.settings.redis_url) as redis:
        await redis.config_set("maxmemory-policy", "allkeys-lru")
        try:
            await stack.simulator.put("/_sim/faults", json={"unsubscribed": True})
            said = await _said(stack.settings)
        finally:
            await redis.config_set("maxmemory-policy", "noeviction")
    assert said["Redis"].status == "warning"
    assert "set noeviction" in said["Redis"].message
    (number, *_) = (check for name, check in said.items() if name.startswith("number "))
    assert number.status == "warning"
    assert "subscribe the app" in number.message
    meta = {"Authorization": f"Bearer {ACCESS_TOKEN}"}
    answer = await stack.simulator.post("/v25.0/900100/subscribed_apps", headers=meta)  # as docs/real-number.md says
    assert answer.json() == {"success": True}
    said = await _said(stack.settings)
    assert {check.status for name, check in said.items() if name.startswith("number ")} == {"ok"}


async def test_whatsapp_may_be_slower_than_postgresql_may(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.doctor.SECONDS", 2.0)
    await stack.simulator.put("/_sim/faults", json={"slow_seconds": 2.5})
    said = await _said(stack.settings)
    assert said["PostgreSQL"].status == "ok", said["PostgreSQL"].message
    numbers = [check.status for name, check in said.items() if name.startswith("number ")]
    assert numbers == ["ok", "ok"]


@pytest.mark.own_roles  # which find a database of another version
async def test_a_refused_token_and_a_database_of_another_version_say_what_to_run(
    stack: Stack, engine: AsyncEngine
) -> None:
    async with engine.begin() as connection:
        query = text("UPDATE phone_number SET access_token = :sealed")
        await connection.execute(query, {"sealed": encrypt("a token of nobody", stack.settings.secret_key)})
    said = await _said(stack.settings)
    refused = [check for name, check in said.items() if name.startswith("number ")]
    assert {check.status for check in refused} == {"wrong"}
    assert "permanent token" in refused[0].message
    for revision, status, words in (("9999", "warning", "of a newer version"), ("0001", "wrong", "porthole migrate")):
        async with engine.begin() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = :found"), {"found": revision})
        said = await _said(stack.settings)
        assert said["migrations"].status == status
        assert words in said["migrations"].message


async def test_the_command_prints_lines_and_its_status_says_whether_all_is_well(stack: Stack) -> None:
    status, out, err = await porthole("doctor", environ=environ_of(stack.settings))
    assert (status, err) == (0, ""), out
    assert "migrations: the database is at" in out
    environ = environ_of(stack.settings) | {"PORTHOLE_DATABASE_ULR": "x", "PORTHOLE_BASE_URL": "http://127.0.0.1:9"}
    status, out, _ = await porthole("doctor", "--json", environ=environ)
    answer = json.loads(out)
    assert (status, answer["ok"]) == (1, False)
    assert any("PORTHOLE_DATABASE_ULR" in check["message"] for check in answer["checks"])
