"""/platform/v1/users (Kapso: Platform API, "Users"; there it is read-only, since people sign up elsewhere)."""

from uuid import UUID

import msgspec
from litestar import Controller, Response, delete, get, patch, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody

from api.access import CurrentActor, CurrentKey
from api.body_check import Sent
from api.errors import AnyRequest, not_found
from api.openapi import refusals
from api.platform.paging import Page, PerPage, numbered
from shared.audit import made, record
from shared.operations.create_user import NewUser, check_user_fields, create_user
from shared.operations.delete_user import delete_user
from shared.operations.update_user import UserChanges, update_user
from shared.paging import PageMeta
from shared.publish import close_embed, publish
from shared.queries.users import UserView, get_user, list_users


class NewUserBody(msgspec.Struct):
    user: NewUser


class UserChangesBody(msgspec.Struct):
    user: UserChanges


class UserAnswer(msgspec.Struct):
    data: UserView


class UserPage(msgspec.Struct):
    data: list[UserView]
    meta: PageMeta


async def _check(sent: Sent) -> None:
    await check_user_fields(sent.connection, sent.project_id, sent.fields, sent.path.get("user_id"))


class UserController(Controller):
    path = "/users"
    tags = ("Users",)

    @get(responses=refusals())
    async def list(
        self, request: AnyRequest, state: State, key: CurrentKey, page: Page = 1, per_page: PerPage = 20
    ) -> Response[UserPage]:
        """The project's people, newest first."""
        async with state.engine.connect() as connection:
            data, meta = await list_users(connection, key.project_id, page=page, per_page=per_page)
        return numbered(request, UserPage(data, meta), meta)

    @post(responses=refusals(), checked_by=_check)
    async def create(
        self, state: State, key: CurrentKey, actor: CurrentActor, data: JSONBody[NewUserBody]
    ) -> UserAnswer:
        """Add a person, to whom conversations can be assigned. Beyond Kapso."""
        async with state.engine.begin() as connection:
            user_id = await create_user(connection, key.project_id, data.user)
            changes = made(msgspec.structs.asdict(data.user))
            await record(connection, key.project_id, actor, "user.created", user_id, changes)
            view = await get_user(connection, key.project_id, user_id)
        assert view is not None
        return UserAnswer(view)

    @get("/{user_id:uuid}", responses=refusals(404))
    async def get(self, state: State, key: CurrentKey, user_id: FromPath[UUID]) -> UserAnswer:
        """One person, by `user_id`."""
        async with state.engine.connect() as connection:
            view = await get_user(connection, key.project_id, user_id)
        if view is None:
            raise not_found("User")
        return UserAnswer(view)

    @patch("/{user_id:uuid}", responses=refusals(404), checked_by=_check)
    async def update(
        self,
        state: State,
        key: CurrentKey,
        actor: CurrentActor,
        user_id: FromPath[UUID],
        data: JSONBody[UserChangesBody],
    ) -> UserAnswer:
        """Change a person; what is not sent stays as it is. Beyond Kapso."""
        async with state.engine.begin() as connection:
            changes = await update_user(connection, key.project_id, user_id, data.user)
            if changes:
                await record(connection, key.project_id, actor, "user.updated", user_id, changes)
            view = await get_user(connection, key.project_id, user_id)
        assert view is not None
        return UserAnswer(view)

    @delete("/{user_id:uuid}", responses=refusals(404))
    async def delete(self, state: State, key: CurrentKey, actor: CurrentActor, user_id: FromPath[UUID]) -> None:
        """Remove a person. Their conversations become unassigned, and embeds of what is assigned to them are revoked.
        Beyond Kapso.
        """
        async with state.engine.begin() as connection:
            embed_ids, events = await delete_user(connection, key.project_id, user_id)
            await record(connection, key.project_id, actor, "user.deleted", user_id)
            for embed_id in embed_ids:
                changes = {"assigned_user_id": [user_id, None]}
                await record(connection, key.project_id, actor, "inbox_embed.revoked", embed_id, changes)
        for embed_id in embed_ids:
            await close_embed(state.pubsub, embed_id, "revoked_token")
        await publish(state.pubsub, events)
