"""What is done to a team's people through the Platform API and in the dashboard, with its lines in the audit log."""

from uuid import UUID

import msgspec
from litestar.datastructures import State

from api.inbox_embeds import record_revoked, tell_revoked
from shared.audit import Actor, made, record
from shared.operations.create_user import NewUser, create_user
from shared.operations.delete_user import delete_user
from shared.operations.update_user import UserChanges, update_user
from shared.publish import publish
from shared.queries.users import UserView, get_user


async def add_user(
    state: State, project_id: UUID, actor: Actor, wanted: NewUser, user_id: UUID | None = None
) -> UserView:
    """Raises what `create_user` raises."""
    async with state.engine.begin() as connection:
        user_id = await create_user(connection, project_id, wanted, user_id)
        changes = made(msgspec.structs.asdict(wanted))
        await record(connection, project_id, actor, "user.created", user_id, changes)
        view = await get_user(connection, project_id, user_id)
    assert view is not None
    return view


async def change_user(state: State, project_id: UUID, actor: Actor, user_id: UUID, wanted: UserChanges) -> UserView:
    """Raises what `update_user` raises."""
    async with state.engine.begin() as connection:
        changes = await update_user(connection, project_id, user_id, wanted)
        if changes:
            await record(connection, project_id, actor, "user.updated", user_id, changes)
        view = await get_user(connection, project_id, user_id)
    assert view is not None
    return view


async def remove_user(state: State, project_id: UUID, actor: Actor, user_id: UUID) -> None:
    """Their conversations become unassigned, and embeds of what is assigned to them are revoked. Raises
    NotFoundError.
    """
    async with state.engine.begin() as connection:
        embed_ids, events = await delete_user(connection, project_id, user_id)
        await record(connection, project_id, actor, "user.deleted", user_id)
        await record_revoked(connection, project_id, actor, embed_ids, {"assigned_user_id": [user_id, None]})
    await tell_revoked(state.pubsub, embed_ids)
    await publish(state.pubsub, events)
