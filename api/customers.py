"""What is done to customers through the Platform API and in the dashboard, with its lines in the audit log."""

from uuid import UUID

import msgspec
from litestar.datastructures import State

from api.inbox_embeds import record_revoked, tell_revoked
from shared.audit import Actor, made, record
from shared.operations.create_customer import NewCustomer, create_customer
from shared.operations.delete_customer import delete_customer
from shared.operations.update_customer import CustomerChanges, update_customer
from shared.queries.customers import CustomerView, get_customer


async def add_customer(
    state: State, project_id: UUID, actor: Actor, wanted: NewCustomer, customer_id: UUID | None = None
) -> CustomerView:
    """Raises what `create_customer` raises."""
    async with state.engine.begin() as connection:
        customer_id = await create_customer(connection, project_id, wanted, customer_id)
        changes = made(msgspec.structs.asdict(wanted))
        await record(connection, project_id, actor, "customer.created", customer_id, changes)
        view = await get_customer(connection, project_id, customer_id)
    assert view is not None
    return view


async def change_customer(
    state: State, project_id: UUID, actor: Actor, customer_id: UUID, wanted: CustomerChanges
) -> CustomerView:
    """Raises what `update_customer` raises."""
    async with state.engine.begin() as connection:
        changes = await update_customer(connection, project_id, customer_id, wanted)
        if changes:
            await record(connection, project_id, actor, "customer.updated", customer_id, changes)
        view = await get_customer(connection, project_id, customer_id)
    assert view is not None
    return view


async def remove_customer(state: State, project_id: UUID, actor: Actor, customer_id: UUID) -> None:
    """Numbers and conversations stay the project's; embeds of the customer's are revoked. Raises NotFoundError."""
    async with state.engine.begin() as connection:
        embed_ids = await delete_customer(connection, project_id, customer_id)
        await record(connection, project_id, actor, "customer.deleted", customer_id)
        await record_revoked(connection, project_id, actor, embed_ids, {"scope_id": [customer_id, None]})
    await tell_revoked(state.pubsub, embed_ids)
