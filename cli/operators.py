"""The dashboard's operators, from the command line: made there, invited, and let in again."""

import argparse
import sys

from sqlalchemy.ext.asyncio import AsyncEngine

from cli.admin import actor_of_shell, database
from cli.errors import CommandError
from cli.output import emit
from shared.operators.accounts import NewOperator, create_operator, find_operator
from shared.operators.links import link_url, make_first_owner_link, make_invitation, make_password_link
from shared.operators.passwords import hash_password
from shared.settings import Settings
from shared.validation import InvalidFieldsError, convert_fields


async def operator_create(arguments: argparse.Namespace) -> None:
    """The password comes from standard input, so that it is in no shell history and no process list."""
    password = sys.stdin.readline().rstrip("\n")
    fields = {"email": arguments.email, "name": arguments.name, "password": password}
    try:
        wanted = convert_fields(NewOperator, fields)
        password_hash = await hash_password(wanted.password)
        async with database() as (_, engine), engine.begin() as connection:
            operator_id = await create_operator(connection, wanted, arguments.role, password_hash, actor_of_shell())
    except InvalidFieldsError as error:
        raise CommandError(str(error)) from error
    value = {"operator_id": operator_id, "email": wanted.email.lower(), "role": arguments.role}
    emit(arguments.json, value, f"created the {arguments.role} {arguments.email}")


async def operator_link(arguments: argparse.Namespace) -> None:
    async with database() as (settings, engine), engine.begin() as connection:
        if arguments.role is not None:
            token = await make_invitation(connection, arguments.role, actor_of_shell())
        else:
            operator = await find_operator(connection, arguments.email)
            if operator is None or operator.disabled_at is not None:
                raise CommandError(f"there is no operator {arguments.email} who may sign in")
            token = await make_password_link(connection, operator.id, actor_of_shell())
    url = link_url(settings.base_url, token)
    emit(arguments.json, {"url": url}, f"works once, within 24 hours: {url}")


async def first_owner_url(engine: AsyncEngine, settings: Settings) -> str | None:
    """A new link for the first owner; None once there is one."""
    async with engine.begin() as connection:
        token = await make_first_owner_link(connection)
    return None if token is None else link_url(settings.base_url, token)


def first_owner_text(url: str | None) -> str:
    if url is None:
        return ""
    return f"\n\nNobody can sign in to the dashboard yet. Become its owner, within 24 hours:\n\n  {url}"
