"""/platform/v1/whatsapp/phone_numbers (Kapso: Platform API, "Phone numbers")."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, delete, get, patch, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from api.access import CurrentActor, CurrentKey, ProjectKey
from api.body_check import Sent
from api.errors import AnyRequest, not_found
from api.openapi import refusals
from api.platform.paging import Contains, Moment, Page, PerPage, in_utc, numbered
from shared.audit import Actor, record
from shared.crypto import DecryptionError, decrypt
from shared.operations.connect_number import NewNumber, check_customer, connect_number
from shared.operations.delete_number import begin_deletion, delete_number, erase_some_of_number
from shared.operations.note_number import note_number
from shared.operations.update_number import AccessToken, AccountId, NumberChanges, NumberName, update_number
from shared.paging import PageMeta
from shared.publish import close_embed, reload_embed
from shared.queries.customers import get_customer
from shared.queries.numbers import Number, find_number
from shared.queries.phone_numbers import (
    PhoneNumberFilters,
    PhoneNumberView,
    get_phone_number,
    has_heard,
    list_phone_numbers,
)
from shared.validation import InvalidFieldsError
from shared.whatsapp.number import check_account, describe_number
from shared.whatsapp.number_health import (
    NumberHealth,
    check_health,
    forget_health,
    keep_health,
    kept_health,
    without_token,
)


class NewPhoneNumber(msgspec.Struct, kw_only=True):
    """What Meta's dashboard says of the number. Token and account are checked with WhatsApp first."""

    name: NumberName
    phone_number_id: Annotated[
        str, Meta(pattern=r"^\d{1,32}$", description="Meta's id of the number.", examples=["106540352242922"])
    ]
    business_account_id: AccountId
    access_token: AccessToken
    inbound_processing_enabled: Annotated[bool, Meta(description="Whether customers' messages to it are stored.")] = (
        True
    )


class NewPhoneNumberBody(msgspec.Struct):
    whatsapp_phone_number: NewPhoneNumber


class PhoneNumberChangesBody(msgspec.Struct):
    whatsapp_phone_number: NumberChanges


class PhoneNumberAnswer(msgspec.Struct):
    data: PhoneNumberView


class PhoneNumberPage(msgspec.Struct):
    data: list[PhoneNumberView]
    meta: PageMeta


MetaIdQuery = Annotated[str | None, QueryParameter(max_length=200, description="Only those with this id of Meta's.")]


async def _check_customer(sent: Sent) -> None:
    if sent.fields.get("customer_id") is not None:
        await check_customer(sent.connection, sent.project_id, sent.fields["customer_id"])


class PhoneNumberController(Controller):
    path = "/whatsapp/phone_numbers"
    tags = ("Phone numbers",)

    @get(responses=refusals())
    async def list(
        self,
        request: AnyRequest,
        state: State,
        key: CurrentKey,
        phone_number_id: MetaIdQuery = None,
        business_account_id: MetaIdQuery = None,
        customer_id: Annotated[UUID | None, QueryParameter(description="Only this customer's.")] = None,
        messaging_enabled: Annotated[
            bool | None, QueryParameter(description="Only those that WhatsApp lets send, or only the others.")
        ] = None,
        name_contains: Contains = None,
        created_after: Moment = None,
        created_before: Moment = None,
        page: Page = 1,
        per_page: PerPage = 20,
    ) -> Response[PhoneNumberPage]:
        """The project's WhatsApp numbers, newest first."""
        filters = PhoneNumberFilters(
            phone_number_id=phone_number_id,
            business_account_id=business_account_id,
            customer_id=customer_id,
            messaging_enabled=messaging_enabled,
            name_contains=name_contains,
            created_after=in_utc(created_after, "created_after"),
            created_before=in_utc(created_before, "created_before"),
        )
        async with state.engine.connect() as connection:
            data, meta = await list_phone_numbers(connection, key.project_id, filters, page=page, per_page=per_page)
        return numbered(request, PhoneNumberPage(data, meta), meta)

    @post(responses=refusals(409, 502))
    async def connect(
        self, state: State, key: CurrentKey, actor: CurrentActor, data: JSONBody[NewPhoneNumberBody]
    ) -> PhoneNumberAnswer:
        """Connect a number of the project's own. Beyond Kapso, where each number is a customer's."""
        return await _connect(state, key, actor, data.whatsapp_phone_number, None)

    @get("/{phone_number_id:str}/health", responses=refusals(404))
    async def health(self, state: State, key: CurrentKey, phone_number_id: FromPath[str]) -> NumberHealth:
        """What WhatsApp says of the number now, or said in the last three minutes."""
        async with state.engine.connect() as connection:
            number = await find_number(connection, key.project_id, phone_number_id)
            heard = await has_heard(connection, key.project_id, phone_number_id)
        if number is None:
            raise not_found("Phone number")
        kept = await kept_health(state.redis, phone_number_id)
        if kept is not None:
            return kept
        health = await _check(state, number, heard)
        await keep_health(state.redis, phone_number_id, health)
        return health

    @get("/{phone_number_id:str}", responses=refusals(404))
    async def get(self, state: State, key: CurrentKey, phone_number_id: FromPath[str]) -> PhoneNumberAnswer:
        """One number, by Meta's id."""
        async with state.engine.connect() as connection:
            view = await get_phone_number(connection, key.project_id, phone_number_id)
        if view is None:
            raise not_found("Phone number")
        return PhoneNumberAnswer(view)

    @patch("/{phone_number_id:str}", responses=refusals(404, 502), checked_by=_check_customer)
    async def update(
        self,
        state: State,
        key: CurrentKey,
        actor: CurrentActor,
        phone_number_id: FromPath[str],
        data: JSONBody[PhoneNumberChangesBody],
    ) -> PhoneNumberAnswer:
        """Change a number; what is not sent stays as it is. Its conversations follow it to another customer."""
        wanted = data.whatsapp_phone_number
        said = await _check_changes(state, key.project_id, phone_number_id, wanted)
        async with state.engine.begin() as connection:
            changes, embed_ids = await update_number(
                connection, key.project_id, phone_number_id, wanted, secret_key=state.settings.secret_key, graph=said
            )
            if changes:
                await record(connection, key.project_id, actor, "phone_number.updated", phone_number_id, changes)
            view = await get_phone_number(connection, key.project_id, phone_number_id)
        assert view is not None
        for embed_id in embed_ids:
            await reload_embed(state.pubsub, embed_id)
        if changes:
            await forget_health(state.redis, phone_number_id)
        return PhoneNumberAnswer(view)

    @delete("/{phone_number_id:str}", responses=refusals(404))
    async def delete(self, state: State, key: CurrentKey, actor: CurrentActor, phone_number_id: FromPath[str]) -> None:
        """Disconnect a number and erase its conversations; embeds of the number are revoked. A deletion that was
        interrupted goes on where it is repeated; until then the number takes in no messages.
        """
        async with state.engine.begin() as connection:
            narrowed = await begin_deletion(connection, key.project_id, phone_number_id)
            await record(connection, key.project_id, actor, "phone_number.deletion_started", phone_number_id)
        try:
            await _erase(state, key, actor, phone_number_id)
        finally:  # what was erased leaves the iframes even if the rest failed
            for embed_id in narrowed:
                await reload_embed(state.pubsub, embed_id)


class CustomerPhoneNumberController(Controller):
    path = "/customers/{customer_id:uuid}/whatsapp/phone_numbers"
    tags = ("Phone numbers",)

    @post(responses=refusals(404, 409, 502))
    async def connect(
        self,
        state: State,
        key: CurrentKey,
        actor: CurrentActor,
        customer_id: FromPath[UUID],
        data: JSONBody[NewPhoneNumberBody],
    ) -> PhoneNumberAnswer:
        """Connect a customer's number."""
        async with state.engine.connect() as connection:
            if await get_customer(connection, key.project_id, customer_id) is None:
                raise not_found("Customer")
        return await _connect(state, key, actor, data.whatsapp_phone_number, customer_id)


async def _connect(
    state: State, key: ProjectKey, actor: Actor, wanted: NewPhoneNumber, customer_id: UUID | None
) -> PhoneNumberAnswer:
    said = await describe_number(state.graph, wanted.phone_number_id, wanted.access_token)
    await check_account(state.graph, wanted.phone_number_id, wanted.business_account_id, wanted.access_token)
    number = NewNumber(
        phone_number_id=wanted.phone_number_id,
        business_account_id=wanted.business_account_id,
        display_phone_number=str(said.get("display_phone_number") or wanted.phone_number_id),
        name=wanted.name,
        access_token=wanted.access_token,
        customer_id=customer_id,
        inbound_processing_enabled=wanted.inbound_processing_enabled,
        graph=said,
    )
    async with state.engine.begin() as connection:
        await connect_number(connection, key.project_id, number, state.settings.secret_key)
        await record(
            connection, key.project_id, actor, "phone_number.connected", wanted.phone_number_id, number.changes()
        )
        view = await get_phone_number(connection, key.project_id, wanted.phone_number_id)
    assert view is not None
    return PhoneNumberAnswer(view)


async def _check_changes(
    state: State, project_id: UUID, phone_number_id: str, wanted: NumberChanges
) -> dict[str, Any] | None:
    """What WhatsApp says of the number, if it has a new token. Raises ApiError 404, or InvalidFieldsError with every
    field that is wrong.
    """
    errors: dict[str, list[str]] = {}
    async with state.engine.connect() as connection:
        number = await find_number(connection, project_id, phone_number_id)
        if number is None:
            raise not_found("Phone number")
        if isinstance(wanted.customer_id, UUID):
            try:
                await check_customer(connection, project_id, wanted.customer_id)
            except InvalidFieldsError as error:
                errors |= error.errors
    said = None
    try:
        if isinstance(wanted.access_token, str):
            said = await describe_number(state.graph, phone_number_id, wanted.access_token)
        if isinstance(wanted.business_account_id, str):
            token = wanted.access_token if isinstance(wanted.access_token, str) else _stored_token(state, number)
            await check_account(state.graph, phone_number_id, wanted.business_account_id, token)
    except InvalidFieldsError as error:
        errors |= error.errors
    if errors:
        raise InvalidFieldsError(errors)
    return said


def _stored_token(state: State, number: Number) -> str:
    try:
        return decrypt(number.access_token, state.settings.secret_key)
    except DecryptionError as error:
        raise InvalidFieldsError({"access_token": [f"is required: the one that is stored is {error}"]}) from error


async def _erase(state: State, key: ProjectKey, actor: Actor, phone_number_id: str) -> None:
    more = True
    while more:
        async with state.engine.begin() as connection:
            more = await erase_some_of_number(connection, key.project_id, phone_number_id)
    async with state.engine.begin() as connection:
        embed_ids = await delete_number(connection, key.project_id, phone_number_id)
        for embed_id in embed_ids:
            changes = {"scope_id": [phone_number_id, None]}
            await record(connection, key.project_id, actor, "inbox_embed.revoked", embed_id, changes)
        await record(connection, key.project_id, actor, "phone_number.deleted", phone_number_id)
    for embed_id in embed_ids:
        await close_embed(state.pubsub, embed_id, "revoked_token")


async def _check(state: State, number: Number, heard: bool) -> NumberHealth:
    try:
        token = decrypt(number.access_token, state.settings.secret_key)
    except DecryptionError as error:
        return without_token(str(error))
    health, said = await check_health(
        state.graph, number.phone_number_id, number.business_account_id, token, heard=heard
    )
    if said is not None:
        async with state.engine.begin() as connection:
            await note_number(connection, number.phone_number_id, said)
    return health
