"""What Graph finds by an id alone: a number, a file, a template (Meta: Graph API, "Reading nodes").

An id does not say what it is of. A number's is one that the project has; a file's comes with `phone_number_id`.
"""

from typing import Annotated, Any

import msgspec
from litestar import Controller, delete, get
from litestar.datastructures import State
from litestar.params import PathParameter, QueryParameter

from api.access import CurrentActor, CurrentKey, ProjectKey
from api.errors import not_found
from api.meta.accounts import only_account
from api.meta.done import Done
from api.meta.media import delete_media, describe_media, is_media
from api.meta.numbers import number_of
from api.meta.phone_numbers import GraphFields, ask_number
from api.meta.templates import find_template
from api.openapi import graph_refusals
from shared.audit import record
from shared.queries.numbers import Number, find_number
from shared.validation import InvalidFieldsError
from shared.whatsapp.graph import is_object_id

ObjectId = Annotated[str, PathParameter(description="Meta's id of a number, a file or a template.")]
NumberOfFile = Annotated[
    str | None, QueryParameter(max_length=40, description="The number whose file it is; required for files.")
]


class ObjectController(Controller):
    path = "/{object_id:str}"
    tags = ("Media",)

    @get(responses=graph_refusals(403, 404, 502))
    async def get(
        self,
        state: State,
        key: CurrentKey,
        object_id: ObjectId,
        phone_number_id: NumberOfFile = None,
        fields: GraphFields = None,
    ) -> dict[str, Any]:
        """A file of the number in `phone_number_id`, with links that open without a key for four minutes; or, without
        it, a number of the project as Meta describes it. A template is found so too if the project has one WhatsApp
        account; with several, what is no number of the project is 422, whether there is such a thing or not.
        """
        if phone_number_id is not None:
            number = await _number(state, key, phone_number_id)
            media: dict[str, Any] = msgspec.to_builtins(await describe_media(state, number, object_id))
            return media
        async with state.engine.connect() as connection:
            is_number = await find_number(connection, key.project_id, object_id) is not None
        if is_number:
            return await ask_number(
                state, key.project_id, object_id, "", **({} if fields is None else {"fields": fields})
            )
        if not is_object_id(object_id):
            raise not_found("Object")
        account = await only_account(state, key.project_id)
        template = None if account is None else await find_template(state, account, object_id)
        if template is not None:
            return template
        if account is None or await is_media(state, account, object_id):
            raise InvalidFieldsError({"phone_number_id": ["is required"]})
        raise not_found("Object")

    @delete(status_code=200, responses=graph_refusals(403, 404, 502))
    async def delete(
        self,
        state: State,
        key: CurrentKey,
        actor: CurrentActor,
        object_id: ObjectId,
        phone_number_id: NumberOfFile = None,
    ) -> Done:
        """Delete a file of a number."""
        if phone_number_id is None:
            raise InvalidFieldsError({"phone_number_id": ["is required"]})
        await delete_media(state, await _number(state, key, phone_number_id), object_id)
        async with state.engine.begin() as connection:
            await record(connection, key.project_id, actor, "media.deleted", object_id)
        return Done()


async def _number(state: State, key: ProjectKey, phone_number_id: str) -> Number:
    async with state.engine.connect() as connection:
        return await number_of(connection, key.project_id, phone_number_id)
