"""An engine begins to answer somebody: an execution of its workflow, on the conversation with that person."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID, uuid4

import msgspec
from msgspec import Meta
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import Event
from shared.ids import new_id
from shared.models import PhoneNumber, WorkflowExecution
from shared.operations.open_conversation import Recipient, open_conversation
from shared.operations.update_execution import check_sizes, follow_execution, log_event, open_execution
from shared.queries.workflows import get_workflow
from shared.refusals import ConflictError, RefusedError
from shared.scope import Scope
from shared.validation import InvalidFieldsError
from shared.whatsapp.phone import digits_of_number


class NewExecution(msgspec.Struct, frozen=True, kw_only=True):
    """Kapso: Workflows API, "Execute workflow". Each of the three objects holds at most 64 KiB of JSON."""

    phone_number: (
        Annotated[
            str, Meta(max_length=40, examples=["+15551234567"], description="Whom to answer; goes before `recipient`.")
        ]
        | None
    ) = None
    recipient: (
        Annotated[
            str,
            Meta(max_length=200, examples=["US.13491208655302741918"], description="A business-scoped user id."),
        ]
        | None
    ) = None
    phone_number_id: (
        Annotated[
            str,
            Meta(
                max_length=40, examples=["106540352242922"], description="Required if the project has several numbers."
            ),
        ]
        | None
    ) = None
    variables: dict[str, Any] = {}
    context: dict[str, Any] = {}
    initial_data: dict[str, Any] = {}


class StartedExecution(msgspec.Struct, frozen=True):
    """What has begun, and what to publish."""

    id: UUID
    tracking_id: UUID
    workflow_id: UUID
    conversation_id: UUID
    events: list[Event]


async def start_execution(
    connection: AsyncConnection, project_id: UUID, workflow_id: UUID, wanted: NewExecution
) -> StartedExecution:
    """Start a workflow on the active conversation with the person, which is opened if there is none.

    Raises NotFoundError (no such workflow), InvalidFieldsError with every wrong field, RefusedError with code
    `workflow_not_active`, or ConflictError with code `execution_open`: one execution at a time answers a conversation.
    """
    workflow = await get_workflow(connection, project_id, workflow_id)
    recipient, phone_number_id = await check_execution(connection, project_id, msgspec.structs.asdict(wanted))
    if workflow.status != "active":
        raise RefusedError("workflow_not_active", "The workflow is not active.")
    scope = Scope(project_id, phone_number_id=phone_number_id)
    conversation_id = await open_conversation(connection, scope, recipient)
    if await open_execution(connection, conversation_id) is not None:
        raise ConflictError("execution_open", "A workflow execution is open on this conversation already.")
    execution_id, tracking_id = new_id(), uuid4()
    await connection.execute(
        insert(WorkflowExecution).values(
            id=execution_id,
            project_id=project_id,
            workflow_id=workflow_id,
            conversation_id=conversation_id,
            tracking_id=tracking_id,
            variables=wanted.variables,
            context=wanted.context,
            initial_data=wanted.initial_data,
            started_at=func.clock_timestamp(),  # now() may be before the lock, and so before an earlier execution
        )
    )
    await log_event(connection, execution_id, "execution_started")
    events = await follow_execution(connection, conversation_id)
    return StartedExecution(execution_id, tracking_id, workflow_id, conversation_id, events)


async def check_execution(
    connection: AsyncConnection, project_id: UUID, fields: Mapping[str, Any]
) -> tuple[Recipient, str]:
    """Whom the execution answers, over which number, by those fields that are right by themselves.

    Raises InvalidFieldsError with every other that is wrong.
    """
    errors: dict[str, list[str]] = {}
    try:
        check_sizes(**{name: fields[name] for name in ("variables", "context", "initial_data") if name in fields})
    except InvalidFieldsError as error:
        errors |= error.errors
    phone_number, bsuid = fields.get("phone_number"), fields.get("recipient")
    digits = None if phone_number is None else digits_of_number(phone_number)
    if phone_number is not None and digits is None:
        errors["phone_number"] = ["is not a phone number"]
    elif digits is None and not bsuid:
        errors["phone_number"] = ["is required, unless `recipient` is given"]
    phone_number_id, problem = await _number(connection, project_id, fields.get("phone_number_id"))
    if problem is not None:
        errors["phone_number_id"] = [problem]
    if errors:
        raise InvalidFieldsError(errors)
    assert phone_number_id is not None
    return Recipient(digits) if digits else Recipient(bsuid=bsuid), phone_number_id


async def _number(
    connection: AsyncConnection, project_id: UUID, given: str | None
) -> tuple[str, None] | tuple[None, str]:
    """The number meant, or what is wrong with it."""
    query = select(PhoneNumber.phone_number_id).where(PhoneNumber.project_id == project_id)
    if given is not None:
        query = query.where(PhoneNumber.phone_number_id == given)
    found = (await connection.execute(query.limit(2))).scalars().all()
    if len(found) == 1:
        return found[0], None
    if given is not None:
        return None, "is not a phone number of this project"
    return None, "is required, since the project has several" if found else "the project has no phone number yet"
