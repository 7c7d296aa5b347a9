"""One change to the database each, and what came of it: migrate, project, key, number, embed."""

import argparse
import contextlib
import getpass
import os
import sys
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from cli.errors import CommandError
from cli.output import emit
from shared.audit import Actor, made, record
from shared.crypto import DecryptionError
from shared.db import create_engine
from shared.embed_snippet import embed_url, iframe_snippet
from shared.log import configure_logs
from shared.migrate import UnknownRevisionError, downgrade, is_newer, upgrade
from shared.operations.connect_number import NewNumber, connect_number
from shared.operations.create_embed import ScopeNotFoundError, create_embed, read_new_embed
from shared.operations.create_project import ProjectNotFoundError, create_key, create_project
from shared.operations.encrypt_anew import encrypt_everything_anew
from shared.refusals import RefusedError
from shared.settings import Settings, read_settings
from shared.validation import InvalidFieldsError


async def migrate(arguments: argparse.Namespace) -> None:
    """Bring the database to the level of this code, or back to an earlier one."""
    async with database() as (_, engine):
        try:
            revision = await (downgrade(engine, arguments.to) if arguments.to else upgrade(engine))
        except UnknownRevisionError as error:
            raise CommandError(str(error)) from error
    newer = ", of a newer version: there is nothing to do" if is_newer(revision) else ""
    emit(arguments.json, {"revision": revision}, f"the database is at revision {revision}{newer}")


async def secrets_encrypt_anew(arguments: argparse.Namespace) -> None:
    """Encrypt with the first of PORTHOLE_SECRET_KEY's keys what any of them has encrypted."""
    async with database() as (settings, engine):
        try:
            values = await encrypt_everything_anew(engine, settings.secret_key)
        except DecryptionError as error:
            raise CommandError(f"a value was {error}; add the key that it was encrypted with") from error
    emit(arguments.json, {"values": values}, f"{values} values are encrypted with the first key; the others can go")


async def project_create(arguments: argparse.Namespace) -> None:
    async with database() as (_, engine), engine.begin() as connection:
        project_id = await create_project(connection, arguments.name)
        await record(
            connection, project_id, actor_of_shell(), "project.created", project_id, made({"name": arguments.name})
        )
    emit(arguments.json, {"project_id": project_id, "name": arguments.name}, f"project {project_id}")


async def key_create(arguments: argparse.Namespace) -> None:
    project_id = _uuid(arguments.project)
    try:
        async with database() as (_, engine), engine.begin() as connection:
            key_id, key = await create_key(connection, project_id, arguments.name)
            await record(
                connection, project_id, actor_of_shell(), "api_key.created", key_id, made({"name": arguments.name})
            )
    except ProjectNotFoundError as error:
        raise CommandError(f"{error}; `porthole project create NAME` makes one") from error
    value = {"api_key_id": key_id, "api_key": key, "project_id": arguments.project}
    emit(arguments.json, value, f"API key, shown once: {key}")


async def number_connect(arguments: argparse.Namespace) -> None:
    """The access token comes from standard input, so that it is in no shell history and no process list."""
    access_token = sys.stdin.readline().strip()
    if not access_token:
        raise CommandError("the number's access token is read from standard input, and there is none")
    number = NewNumber(
        phone_number_id=arguments.phone_number_id,
        business_account_id=arguments.business_account_id,
        display_phone_number=arguments.display_phone_number,
        name=arguments.name,
        access_token=access_token,
        customer_id=_uuid(arguments.customer) if arguments.customer else None,
    )
    project_id = _uuid(arguments.project)
    try:
        async with database() as (settings, engine), engine.begin() as connection:
            number_id = await connect_number(connection, project_id, number, settings.secret_key)
            await record(
                connection,
                project_id,
                actor_of_shell(),
                "phone_number.connected",
                number.phone_number_id,
                number.changes(),
            )
    except (ProjectNotFoundError, InvalidFieldsError, RefusedError) as error:
        raise CommandError(str(error)) from error
    value = {"whatsapp_config_id": number_id, "phone_number_id": arguments.phone_number_id}
    emit(arguments.json, value, f"connected {arguments.display_phone_number}")


async def embed_create(arguments: argparse.Namespace) -> None:
    wanted = {
        "scope_type": arguments.scope_type,
        "scope_id": arguments.scope_id,
        "name": arguments.name,
        "assigned_user_id": arguments.assigned_user_id,
        "allowed_origins": arguments.allowed_origin,
        "default_mode": arguments.default_mode,
        "language": arguments.language,
        "expires_at": arguments.expires_at,
    }
    try:
        async with database() as (settings, engine), engine.begin() as connection:
            embed = read_new_embed(wanted)
            project_id = _uuid(arguments.project)
            created = await create_embed(connection, project_id, embed, settings.secret_key)
            changes = made(msgspec.structs.asdict(embed))
            await record(connection, project_id, actor_of_shell(), "inbox_embed.created", created.embed_id, changes)
    except (InvalidFieldsError, ScopeNotFoundError) as error:
        raise CommandError(str(error)) from error
    url = embed_url(settings.base_url, created.token)
    value = {
        "id": created.embed_id,
        "token": created.token,
        "embed_url": url,
        "iframe": iframe_snippet(url, embed.name),
        "signing_secret": created.signing_secret,
    }
    text = f"embed URL, shown once: {url}\nsigning secret for user claims, shown once: {created.signing_secret}"
    emit(arguments.json, value, text)


@contextlib.asynccontextmanager
async def database() -> AsyncIterator[tuple[Settings, AsyncEngine]]:
    """What a command works on. Raises SettingsError, and CommandError for what the database refuses."""
    settings = read_settings()
    configure_logs(settings.log_level)
    engine = create_engine(settings, application_name="cli", patient=True)
    try:
        yield settings, engine
    except (SQLAlchemyError, OSError) as error:
        reason: Any = getattr(error, "orig", None) or error
        said = str(reason).splitlines() or [type(reason).__name__]
        raise CommandError(f"the database does not do this: {said[0]}") from error
    finally:
        await engine.dispose()


def actor_of_shell() -> Actor:
    """Whom the audit log names: the user of the operating system, by number where it has no name for it."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = str(os.getuid())
    return Actor(type="cli", name=name)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise CommandError(f"{text} is not a UUID") from error
