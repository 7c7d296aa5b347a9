"""PORTHOLE_SECRET_KEY is replaced: what the old key encrypted is read all along, and the old key can go in the end."""

import msgspec
import pytest
from sqlalchemy import LargeBinary, text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.crypto import DecryptionError, decrypt, encrypt
from shared.models import Base
from shared.operations import encrypt_anew
from shared.settings import Settings, SettingsError, read_settings
from tests.commands import environ_of, porthole
from tests.factories import ProjectRows, make_embed

NEW = "a new secret key for everything"


async def _sealed(engine: AsyncEngine) -> list[bytes]:
    query = text("""
        SELECT access_token FROM phone_number UNION ALL
        SELECT signing_secret FROM inbox_embed WHERE signing_secret IS NOT NULL
    """)
    async with engine.connect() as connection:
        return list((await connection.execute(query)).scalars())


async def test_everything_is_read_with_the_old_key_until_it_is_encrypted_with_the_new_one(
    settings: Settings, engine: AsyncEngine, project: ProjectRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with engine.begin() as connection:
        await make_embed(connection, project.id)
        query = text("UPDATE inbox_embed SET signing_secret = :sealed")
        await connection.execute(query, {"sealed": encrypt("of the embed", settings.secret_key)})
    before = await _sealed(engine)
    assert len(before) == 3
    both = f"{NEW}, {settings.secret_key}"
    plain = [decrypt(sealed, both) for sealed in before]
    assert plain == [decrypt(sealed, settings.secret_key) for sealed in before]

    monkeypatch.setattr(encrypt_anew, "BATCH", 1)
    assert await encrypt_anew.encrypt_everything_anew(engine, both) == 3
    after = await _sealed(engine)
    assert sorted(decrypt(sealed, NEW) for sealed in after) == sorted(plain)
    for sealed in after:
        with pytest.raises(DecryptionError):
            decrypt(sealed, settings.secret_key)


async def test_the_command_says_how_many_and_which_key_is_missing(
    settings: Settings, engine: AsyncEngine, project: ProjectRows
) -> None:
    words = ("secrets", "encrypt-anew")
    rotating = msgspec.structs.replace(settings, secret_key=f"{NEW},{settings.secret_key}")
    status, out, err = await porthole(*words, environ=environ_of(rotating))
    assert status == 0, err
    assert out.startswith("2 values are encrypted with the first key")
    status, _, err = await porthole(*words, environ=environ_of(settings))
    assert status == 1
    assert "add the key that it was encrypted with" in err


def test_all_that_is_encrypted_and_stays_is_encrypted_anew() -> None:
    sealed = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary) and "encrypted" in (column.comment or "")
    }
    anew = {f"{column.class_.__tablename__}.{column.key}" for column in encrypt_anew.SEALED}
    assert sealed - anew == {"idempotency_key.answer"}, "which is gone after a day"
    assert anew <= sealed


def test_each_of_several_keys_is_long_enough(settings: Settings) -> None:
    for key in (f"{NEW},short", f",{NEW}", f"{NEW},"):
        with pytest.raises(SettingsError, match="PORTHOLE_SECRET_KEY must have at least 16 characters"):
            read_settings(environ_of(settings) | {"PORTHOLE_SECRET_KEY": key})
