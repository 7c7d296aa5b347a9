"""The audit log: who created, changed, rotated or deleted what, and from where."""

from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.ids import new_id
from shared.models import AuditEvent

SEALED = "(hidden)"
"""Stands for both values of a secret that changed."""


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts: an API key, an operator in the dashboard, a person in an embedded inbox, somebody at the command line,
    or Porthole by itself.

    `user_id` is the person's own, where the host of the inbox says who is looking; `id` is the embed's then.
    """

    type: Literal["api_key", "operator", "embed", "cli", "system"]
    id: str | None = None
    name: str | None = None
    user_id: str | None = None
    address: str | None = None
    user_agent: str | None = None
    request_id: str | None = None


async def record(
    connection: AsyncConnection,
    project_id: UUID | None,
    actor: Actor,
    action: str,
    object_id: object,
    changes: Mapping[str, Any] | None = None,
) -> None:
    """Add a line, in the transaction that does the thing. `action` is "<object type>.<what was done>"; what is done to
    operators belongs to no project.

    `changes` is {field: [before, after]}; a secret's values are left out by the caller, or SEALED.
    """
    await connection.execute(
        insert(AuditEvent).values(
            id=new_id(),
            project_id=project_id,
            actor_type=actor.type,
            actor_id=actor.id,
            actor_name=actor.name,
            user_id=actor.user_id,
            action=action,
            object_type=action.partition(".")[0],
            object_id=str(object_id),
            changes=msgspec.to_builtins(changes or {}),
            address=actor.address,
            user_agent=None if actor.user_agent is None else actor.user_agent[:300],
            request_id=actor.request_id,
        )
    )


def made(values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The changes of a creation: {field: [None, value]} of what was said of it. The caller leaves secrets out."""
    return {field: [None, value] for field, value in values.items() if value is not None}


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """{field: [before, after]} of the fields of `after` that differ."""
    return {field: [before[field], value] for field, value in after.items() if before[field] != value}
