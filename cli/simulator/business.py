"""The business's side: what POST /{phone_number_id}/messages does."""

from cli.simulator.config import SimulatedNumber
from cli.simulator.content import MEDIA_TYPES
from cli.simulator.errors import GraphError
from cli.simulator.journey import start_journey
from cli.simulator.messages import Json, Message, key_of
from cli.simulator.send_rules import check_product, check_receipt, check_send
from cli.simulator.simulator import Simulator
from cli.simulator.template_rules import find_template, render
from cli.simulator.users import User, digits

_TYPING_SECONDS = 25


async def send_message(simulator: Simulator, number: SimulatedNumber, body: Json) -> Json:
    """Accept a message and return Meta's answer. Raise GraphError if it is refused at once."""
    check_product(body)
    kind = check_send(body)
    content = body[kind]
    rendered = _render(simulator, number, body) if kind == "template" else None
    for media_id in media_ids(kind, content, rendered):
        if simulator.media.find(media_id) is None or simulator.faults.media_gone:
            details = f"Param {kind}['id'] is not a valid whatsapp business account media attachment ID"
            raise GraphError(100, details, message=f"(#100) {details}")
    user, recipient = _recipient(simulator, number, body)
    _refuse_outside_window(simulator, number, kind, user)
    message = _message(simulator, number, body, kind, user, rendered)
    simulator.messages.add(message)
    # The id in the answer is the one of this moment; the statuses may be told from another perspective.
    sent: Json = {"id": message.wamid(simulator.faults.wamid_scope)}
    if kind == "template":
        sent["message_status"] = "accepted"
    await start_journey(simulator, message)
    return {"messaging_product": "whatsapp", "contacts": [recipient], "messages": [sent]}


def media_ids(kind: str, content: object, rendered: Json | None) -> list[str]:
    """The uploaded media a message refers to, header included."""
    holders = [content] if kind in MEDIA_TYPES else []
    for parts in (rendered, content if kind == "interactive" else None):
        header = parts.get("header") if isinstance(parts, dict) else None
        if isinstance(header, dict):
            holders.append(header.get(header["type"]))
    return [str(holder["id"]) for holder in holders if isinstance(holder, dict) and holder.get("id")]


def _recipient(simulator: Simulator, number: SimulatedNumber, body: Json) -> tuple[User, Json]:
    """Who a send is for, and what the answer calls them. Meta accepts a message for nobody and finds out later."""
    if body.get("to") is None:
        bsuid = str(body["recipient"])
        user = simulator.users.by_bsuid(bsuid) or User("0", bsuid, bsuid=bsuid, has_whatsapp=False)
        return user, {"input": bsuid, "user_id": bsuid}
    phone = str(body["to"])
    if digits(phone) == digits(number.display_phone_number):
        raise GraphError(131021, "The recipient is the sending number itself.")
    allowed = simulator.faults.allowed_recipients
    if allowed and digits(phone) not in allowed:
        raise GraphError(131030, "Recipient phone number not in allowed list: Add recipient phone number to it.")
    user = simulator.users.by_phone(phone) or User(digits(phone), phone, has_whatsapp=False)
    return user, {"input": phone, "wa_id": user.wa_id}


def _refuse_outside_window(simulator: Simulator, number: SimulatedNumber, kind: str, user: User) -> None:
    """Only if the tests want it at once; otherwise the message is accepted and fails on its journey."""
    at_once = simulator.faults.closed_window_answer == "error" and user.has_whatsapp
    if at_once and kind != "template" and not simulator.window_open(number.phone_number_id, user):
        raise GraphError(131047, "More than 24 hours have passed since the customer last replied to this number.")


def _render(simulator: Simulator, number: SimulatedNumber, body: Json) -> Json:
    template = body["template"]
    if not isinstance(template, dict):
        raise TypeError("the template was checked to be an object")
    known = simulator.templates[number.business_account_id]
    found = find_template(known, template["name"], template["language"]["code"])
    if found["category"] == "AUTHENTICATION" and body.get("to") is None:
        raise GraphError(131062, "Authentication templates need a phone number.")
    return render(found, template.get("components") or [])


def _message(
    simulator: Simulator, number: SimulatedNumber, body: Json, kind: str, user: User, rendered: Json | None
) -> Message:
    context = body.get("context")
    callback_data = body.get("biz_opaque_callback_data")
    return Message(
        key=simulator.messages.new_key(outbound=True),
        phone_number_id=number.phone_number_id,
        user=user,
        outbound=True,
        type=kind,
        content=body[kind],
        timestamp=simulator.clock.timestamp(),
        context_key=key_of(str(context["message_id"])) if isinstance(context, dict) else None,
        callback_data=str(callback_data) if callback_data is not None else None,
        to_bsuid=body.get("to") is None,
        visible=False,
        rendered=rendered,
    )


def read_receipt(simulator: Simulator, number: SimulatedNumber, body: Json) -> Json:
    """Mark the customer's message and the earlier ones as read, and show the typing indicator if it comes along.
    Raise GraphError if the body or the message is not sound."""
    check_product(body)
    check_receipt(body)
    target = simulator.messages.find(str(body["message_id"]))
    if target is None or target.outbound or target.phone_number_id != number.phone_number_id:
        raise GraphError(131009, "message_id is not the id of a message this number received.")
    for message in simulator.messages.chat(number.phone_number_id, target.user.wa_id):
        if not message.outbound and message.timestamp <= target.timestamp and not message.has_status("read"):
            simulator.mark(message, "read")
    if body.get("typing_indicator") is not None:
        simulator.events.publish(
            {
                "type": "typing",
                "phone_number_id": number.phone_number_id,
                "wa_id": target.user.wa_id,
                "seconds": _TYPING_SECONDS,
            }
        )
    return {"success": True}
