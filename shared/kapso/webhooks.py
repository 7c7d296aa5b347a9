"""The webhooks that go to the business's own systems: the events' names, and their bodies in Kapso's version 2 (Kapso:
"Webhooks"). A body is compact JSON, and its bytes are what is signed.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from shared.ids import new_id
from shared.kapso.conversations import ConversationExtension, KapsoConversation
from shared.kapso.messages import KapsoMessage
from shared.user_claims import User

RECEIVED = "whatsapp.message.received"
FAILED = "whatsapp.message.failed"
CREATED = "whatsapp.conversation.created"
ENDED = "whatsapp.conversation.ended"
INACTIVE = "whatsapp.conversation.inactive"
NUMBER_CREATED = "whatsapp.phone_number.created"
NUMBER_DELETED = "whatsapp.phone_number.deleted"
HANDOFF = "workflow.execution.handoff"
WORKFLOW_FAILED = "workflow.execution.failed"
RESUMED = "workflow.execution.resumed"
"""Ours: Kapso runs the engine itself, and need not tell it that a person handed back."""

META = "meta.webhook"
"""What deliveries of the kind `meta` are listed as; Kapso has no name for them."""

STATUS_EVENTS = {status: f"whatsapp.message.{status}" for status in ("sent", "delivered", "read", "failed")}
"""The event of each status that Meta reports; `played` has none."""

MESSAGE_EVENTS = (RECEIVED, *STATUS_EVENTS.values())
CONVERSATION_EVENTS = (CREATED, ENDED, INACTIVE)
_CONTACT_EVENTS = ("whatsapp.contact.identity_changed", "whatsapp.contact.marketing_preference_changed")
_CONNECTION_EVENTS = tuple(f"whatsapp.phone_number.{what}" for what in ("offboarded", "disconnected", "reconnected"))
_ACCOUNT_EVENTS = tuple(f"whatsapp.account.{what}" for what in ("disabled", "restricted", "reinstated", "violation"))
_AGENT_EVENTS = tuple(f"kapso_agent.run.{what}" for what in ("approval_required", "completed", "failed", "cancelled"))
_LEGACY_EVENTS = ("whatsapp.config.created", "whatsapp.config.deleted")

NUMBER_EVENTS = (*MESSAGE_EVENTS, *CONVERSATION_EVENTS, *_CONTACT_EVENTS)
"""What a number's webhooks may ask for."""

PROJECT_EVENTS = (
    NUMBER_CREATED,
    NUMBER_DELETED,
    *_CONNECTION_EVENTS,
    *_ACCOUNT_EVENTS,
    HANDOFF,
    WORKFLOW_FAILED,
    RESUMED,
    "project.event",
    *_AGENT_EVENTS,
    *_LEGACY_EVENTS,
)
"""What a project's webhooks may ask for. Messages and conversations are not among them, as Kapso has it."""

_encoder = msgspec.json.Encoder()


def message_body(
    event: str,
    message: KapsoMessage,
    conversation: KapsoConversation,
    *,
    is_new_conversation: bool = False,
    error: dict[str, Any] | None = None,
) -> bytes:
    """The body of a `whatsapp.message.*` event.

    The message shows the status that the event is of, whatever it has come to since. `error` is {code, title, details}
    of a message that WhatsApp refused at once, so that there is no status of Meta's to say why.
    """
    kapso = dict(message["kapso"])
    kapso["phone_number"] = _with_plus(kapso.get("phone_number"))
    if event == RECEIVED:
        kapso |= {"status": "received", "processing_status": "pending"}
    else:
        kapso |= {"status": event.rpartition(".")[2], "processing_status": "completed"}
    if error is not None:
        kapso["statuses"] = [*(kapso.get("statuses") or []), _refusal(message, error)]
    return _encoder.encode(
        {
            "message": {**message, "kapso": kapso},
            "conversation": _conversation(conversation),
            "is_new_conversation": is_new_conversation,
            "phone_number_id": conversation.phone_number_id,
        }
    )


def conversation_body(conversation: KapsoConversation) -> bytes:
    """The body of `whatsapp.conversation.created` and `whatsapp.conversation.ended`."""
    return _encoder.encode(
        {"conversation": _conversation(conversation), "phone_number_id": conversation.phone_number_id}
    )


class SinceMessage(msgspec.Struct, frozen=True):
    """The last message before a silence."""

    id: UUID
    whatsapp_message_id: str | None
    direction: str
    created_at: datetime


def inactive_body(conversation: KapsoConversation, since: SinceMessage, minutes: int) -> bytes:
    """The body of `whatsapp.conversation.inactive`."""
    return _encoder.encode(
        {
            "conversation": _conversation(conversation),
            "phone_number_id": conversation.phone_number_id,
            "since_message": since,
            "inactivity": {"minutes": minutes},
        }
    )


def number_body(project_id: UUID, phone_number_id: str, customer_id: UUID | None) -> bytes:
    """The body of `whatsapp.phone_number.created` and `.deleted`."""
    return _encoder.encode(
        {
            "phone_number_id": phone_number_id,
            "project": {"id": project_id},
            "customer": None if customer_id is None else {"id": customer_id},
        }
    )


class ExecutionHead(msgspec.Struct, frozen=True):
    """What the events of a workflow execution begin with."""

    event: str
    occurred_at: datetime
    project_id: UUID
    workflow_id: UUID
    workflow_execution_id: UUID
    status: str
    tracking_id: UUID
    channel: str
    whatsapp_conversation_id: UUID


def handoff_body(head: ExecutionHead, source: str) -> bytes:
    """The body of `workflow.execution.handoff`. Kapso's sources are parts of its own engine, `agent_tool` and
    `action_step`; ours are `inbox`, where a person pressed the button, and `api`.
    """
    return _encoder.encode({**msgspec.structs.asdict(head), "handoff": {"reason": None, "source": source}})


def resumed_body(head: ExecutionHead, source: str, by: User | None) -> bytes:
    """The body of `workflow.execution.resumed`: a handoff is over. The sources are those of `handoff_body`."""
    return _encoder.encode({**msgspec.structs.asdict(head), "resumed": {"source": source, "by": by}})


def workflow_failed_body(head: ExecutionHead, message: str) -> bytes:
    """The body of `workflow.execution.failed`."""
    return _encoder.encode({**msgspec.structs.asdict(head), "error": {"message": message}})


def batch_body(
    event: str, bodies: list[bytes], *, window_ms: int, first_sequence: int, last_sequence: int, conversation_id: UUID
) -> bytes:
    """The body of several events of one conversation together, `bodies` being those that they would have alone."""
    info = _encoder.encode(
        {
            "size": len(bodies),
            "window_ms": window_ms,
            "first_sequence": first_sequence,
            "last_sequence": last_sequence,
            "conversation_id": conversation_id,
        }
    )
    return b'{"type":%b,"batch":true,"data":[%b],"batch_info":%b}' % (_encoder.encode(event), b",".join(bodies), info)


def body_for_number(body: bytes, phone_number_id: str) -> bytes:
    """What of a webhook of Meta's that can be decoded belongs to one number: its very bytes, if that is all of it."""
    parsed = msgspec.json.decode(body)
    kept = []
    for entry in parsed["entry"]:
        changes = [change for change in entry["changes"] if _number_of(change) == phone_number_id]
        if changes:
            kept.append({**entry, "changes": changes})
    return body if kept == parsed["entry"] else _encoder.encode({**parsed, "entry": kept})


def _number_of(change: dict[str, Any]) -> str | None:
    metadata = change["value"].get("metadata")
    return str(metadata.get("phone_number_id")) if isinstance(metadata, dict) else None


def sample_body(event: str, project_id: UUID, phone_number_id: str | None) -> bytes:
    """What a test sends: a body of the event's form, with a message that nobody wrote."""
    number = phone_number_id or "1234567890"
    if event == META:
        return _encoder.encode(_sample_of_meta(number))
    conversation = _sample_conversation(number)
    if event in MESSAGE_EVENTS:
        message = _sample_message(event, conversation)
        return message_body(event, message, conversation, is_new_conversation=event == RECEIVED)
    if event == INACTIVE:
        since = SinceMessage(new_id(), "wamid.SAMPLE", "inbound", conversation.last_active_at)
        return inactive_body(conversation, since, 60)
    if event in CONVERSATION_EVENTS:
        return conversation_body(conversation)
    if event in (HANDOFF, WORKFLOW_FAILED, RESUMED):
        head = ExecutionHead(
            event=event,
            occurred_at=conversation.last_active_at,
            project_id=project_id,
            workflow_id=new_id(),
            workflow_execution_id=new_id(),
            status="waiting" if event == RESUMED else event.rpartition(".")[2],
            tracking_id=new_id(),
            channel="whatsapp",
            whatsapp_conversation_id=conversation.id,
        )
        if event == RESUMED:
            return resumed_body(head, "inbox", None)
        return handoff_body(head, "inbox") if event == HANDOFF else workflow_failed_body(head, "A sample failure.")
    if event in (NUMBER_CREATED, NUMBER_DELETED, *_LEGACY_EVENTS):
        return number_body(project_id, number, None)
    return _encoder.encode(
        {"id": new_id(), "event": event, "occurred_at": conversation.last_active_at, "project_id": project_id}
    )


def _conversation(conversation: KapsoConversation) -> dict[str, Any]:
    """Kapso's documents and its clients disagree on where the contact's name stands; it stands in both places."""
    return {
        **msgspec.structs.asdict(conversation),
        "phone_number": _with_plus(conversation.phone_number),
        "contact_name": conversation.kapso.contact_name,
    }


def _with_plus(digits: str | None) -> str | None:
    """Webhooks write numbers with a plus sign, the API without one (Kapso: "Message events")."""
    return f"+{digits}" if digits else None


def _refusal(message: KapsoMessage, error: dict[str, Any]) -> dict[str, Any]:
    """A refusal in the form of Meta's status objects (Meta: Cloud API webhooks, "statuses")."""
    details = {"details": error.get("details")}
    errors = [{"code": error["code"], "title": error["title"], "message": error["title"], "error_data": details}]
    return {
        "id": message["id"],
        "status": "failed",
        "timestamp": message["timestamp"],
        "recipient_id": message.get("to"),
        "errors": errors,
    }


def _sample_conversation(phone_number_id: str) -> KapsoConversation:
    now = datetime.now(UTC).replace(microsecond=0)
    return KapsoConversation(
        id=new_id(),
        phone_number="15551234567",
        business_scoped_user_id=None,
        parent_business_scoped_user_id=None,
        username=None,
        status="active",
        last_active_at=now,
        created_at=now - timedelta(minutes=5),
        updated_at=now,
        metadata={},
        phone_number_id=phone_number_id,
        whatsapp_config_id=new_id(),
        kapso=ConversationExtension(
            contact_name="Sample Contact",
            messages_count=1,
            last_message_id="wamid.SAMPLE",
            last_message_type="text",
            last_message_timestamp=now,
            last_message_text="This is a test.",
            last_inbound_at=now,
            last_outbound_at=None,
        ),
    )


def _sample_message(event: str, conversation: KapsoConversation) -> KapsoMessage:
    at = str(int(conversation.last_active_at.timestamp()))
    contact, business = "15551234567", "15550100000"
    inbound = event == RECEIVED
    status = event.rpartition(".")[2]
    reported: list[dict[str, Any]] = (
        [] if inbound else [{"id": "wamid.SAMPLE", "status": status, "timestamp": at, "recipient_id": contact}]
    )
    if event == FAILED:
        reported[0]["errors"] = [{"code": 131026, "title": "Message undeliverable"}]
    return {
        "id": "wamid.SAMPLE",
        "timestamp": at,
        "type": "text",
        "from": contact if inbound else business,
        "to": business if inbound else contact,
        "username": None,
        "text": {"body": "This is a test."},
        "kapso": {
            "direction": "inbound" if inbound else "outbound",
            "origin": "cloud_api",
            "phone_number": contact,
            "phone_number_id": conversation.phone_number_id,
            "has_media": False,
            "whatsapp_conversation_id": conversation.id,
            "contact_name": "Sample Contact",
            "content": "This is a test.",
            "statuses": reported,
            "message_type_data": {},
            "sent_by": None,
        },
    }


def _sample_of_meta(phone_number_id: str) -> dict[str, Any]:
    message = {
        "from": "15551234567",
        "id": "wamid.SAMPLE",
        "timestamp": str(int(datetime.now(UTC).timestamp())),
        "type": "text",
        "text": {"body": "This is a test."},
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550100000", "phone_number_id": phone_number_id},
        "contacts": [{"profile": {"name": "Sample Contact"}, "wa_id": "15551234567"}],
        "messages": [message],
    }
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "0", "changes": [{"field": "messages", "value": value}]}],
    }
