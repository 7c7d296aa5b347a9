"""What is done to WhatsApp numbers through the Platform API and in the dashboard: it needs WhatsApp, or many steps."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar.datastructures import State
from msgspec import Meta

from api.errors import found
from api.inbox_embeds import record_revoked, tell_revoked
from shared.audit import Actor, record
from shared.crypto import DecryptionError, decrypt
from shared.operations.connect_number import NewNumber, check_customer, connect_number
from shared.operations.delete_number import begin_deletion, delete_number, erase_some_of_number
from shared.operations.note_number import note_number
from shared.operations.update_number import AccessToken, AccountId, NumberChanges, NumberName, update_number
from shared.publish import reload_embed
from shared.queries.numbers import Number, find_number
from shared.queries.phone_numbers import PhoneNumberView, get_phone_number, has_heard
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


async def connect(
    state: State, project_id: UUID, actor: Actor, wanted: NewPhoneNumber, customer_id: UUID | None
) -> PhoneNumberView:
    """Connect a number, once WhatsApp has said that the token and the account are right.

    Raises InvalidFieldsError, ConflictError with the code `number_connected`, or what a call of Graph raises.
    """
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
        await connect_number(connection, project_id, number, state.settings.secret_key)
        await record(connection, project_id, actor, "phone_number.connected", wanted.phone_number_id, number.changes())
        view = await get_phone_number(connection, project_id, wanted.phone_number_id)
    assert view is not None
    return view


async def change_number(
    state: State, project_id: UUID, actor: Actor, phone_number_id: str, wanted: NumberChanges
) -> PhoneNumberView:
    """Change a number; its conversations follow it to another customer.

    Raises ApiError 404, InvalidFieldsError, or what a call of Graph raises.
    """
    said = await _check_changes(state, project_id, phone_number_id, wanted)
    async with state.engine.begin() as connection:
        changes, embed_ids = await update_number(
            connection, project_id, phone_number_id, wanted, secret_key=state.settings.secret_key, graph=said
        )
        if changes:
            await record(connection, project_id, actor, "phone_number.updated", phone_number_id, changes)
        view = await get_phone_number(connection, project_id, phone_number_id)
    assert view is not None
    for embed_id in embed_ids:
        await reload_embed(state.pubsub, embed_id)
    if changes:
        await forget_health(state.redis, phone_number_id)
    return view


async def disconnect_number(state: State, project_id: UUID, actor: Actor, phone_number_id: str) -> None:
    """Disconnect a number and erase its conversations; a deletion that was interrupted goes on where it is repeated.
    Raises NotFoundError.
    """
    async with state.engine.begin() as connection:
        narrowed = await begin_deletion(connection, project_id, phone_number_id)
        await record(connection, project_id, actor, "phone_number.deletion_started", phone_number_id)
    try:
        await _erase(state, project_id, actor, phone_number_id)
    finally:  # what was erased leaves the iframes even if the rest failed
        for embed_id in narrowed:
            await reload_embed(state.pubsub, embed_id)


async def health_of_number(state: State, project_id: UUID, phone_number_id: str) -> NumberHealth:
    """What WhatsApp says of the number now, or said in the last three minutes. Raises ApiError 404."""
    async with state.engine.connect() as connection:
        number = found(await find_number(connection, project_id, phone_number_id), "Phone number")
        heard = await has_heard(connection, project_id, phone_number_id)
    kept = await kept_health(state.redis, phone_number_id)
    if kept is not None:
        return kept
    health = await _check(state, number, heard)
    await keep_health(state.redis, phone_number_id, health)
    return health


async def _check_changes(
    state: State, project_id: UUID, phone_number_id: str, wanted: NumberChanges
) -> dict[str, Any] | None:
    """What WhatsApp says of the number, if it has a new token. Raises ApiError 404, or InvalidFieldsError with every
    field that is wrong.
    """
    errors: dict[str, list[str]] = {}
    async with state.engine.connect() as connection:
        number = found(await find_number(connection, project_id, phone_number_id), "Phone number")
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


async def _erase(state: State, project_id: UUID, actor: Actor, phone_number_id: str) -> None:
    more = True
    while more:
        async with state.engine.begin() as connection:
            more = await erase_some_of_number(connection, project_id, phone_number_id)
    async with state.engine.begin() as connection:
        embed_ids = await delete_number(connection, project_id, phone_number_id)
        await record_revoked(connection, project_id, actor, embed_ids, {"scope_id": [phone_number_id, None]})
        await record(connection, project_id, actor, "phone_number.deleted", phone_number_id)
    await tell_revoked(state.pubsub, embed_ids)


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
