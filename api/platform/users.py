"""/platform/v1/users (Kapso: Platform API, "Users"; there it is read-only, since people sign up elsewhere)."""

from uuid import UUID

import msgspec
from litestar import Controller, Response, delete, get, patch, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody

from api.access import CurrentActor, CurrentKey
from api.body_check import Sent
from api.errors import AnyRequest, found
from api.openapi import refusals
from api.platform.paging import Page, PerPage, numbered
from api.users import add_user, change_user, remove_user
from shared.operations.create_user import NewUser, check_user_fields
from shared.operations.update_user import UserChanges
from shared.paging import PageMeta
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
        return UserAnswer(await add_user(state, key.project_id, actor, data.user))

    @get("/{user_id:uuid}", responses=refusals(404))
    async def get(self, state: State, key: CurrentKey, user_id: FromPath[UUID]) -> UserAnswer:
        """One person, by `user_id`."""
        async with state.engine.connect() as connection:
            view = await get_user(connection, key.project_id, user_id)
        return UserAnswer(found(view, "User"))

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
        return UserAnswer(await change_user(state, key.project_id, actor, user_id, data.user))

    @delete("/{user_id:uuid}", responses=refusals(404))
    async def delete(self, state: State, key: CurrentKey, actor: CurrentActor, user_id: FromPath[UUID]) -> None:
        """Remove a person. Their conversations become unassigned, and embeds of what is assigned to them are revoked.
        Beyond Kapso.
        """
        await remove_user(state, key.project_id, actor, user_id)
