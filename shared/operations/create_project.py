"""Create a project, its keys, and what else belongs to one."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.crypto import new_token, token_hash
from shared.ids import new_id
from shared.models import ApiKey, Project


class ProjectNotFoundError(Exception):
    """There is no such project."""


async def create_project(connection: AsyncConnection, name: str, project_id: UUID | None = None) -> UUID:
    """Store a project, under the caller's id where it has made one up, and return the id. Raises IntegrityError for an
    id that has been used.
    """
    project_id = project_id or new_id()
    await connection.execute(insert(Project).values(id=project_id, name=name))
    return project_id


async def create_key(
    connection: AsyncConnection, project_id: UUID, name: str, key_id: UUID | None = None
) -> tuple[UUID, str]:
    """Store an API key, under the caller's id where it has made one up, and return the id and the key itself, which is
    not kept. Raises ProjectNotFoundError, or IntegrityError for an id that has been used.
    """
    if (await connection.execute(select(Project.id).where(Project.id == project_id))).scalar_one_or_none() is None:
        raise ProjectNotFoundError(f"there is no project {project_id}")
    key_id, key = key_id or new_id(), new_token()
    await connection.execute(
        insert(ApiKey).values(id=key_id, project_id=project_id, name=name, key_hash=token_hash(key))
    )
    return key_id, key


async def ensure_key(connection: AsyncConnection, project_id: UUID, name: str, key: str) -> None:
    """Make a key that the caller has chosen good for the project; it may be so already."""
    await connection.execute(
        insert(ApiKey)
        .values(id=new_id(), project_id=project_id, name=name, key_hash=token_hash(key))
        .on_conflict_do_nothing(index_elements=[ApiKey.key_hash])
    )
