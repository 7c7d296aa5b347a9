"""The business's own phone: what somebody types in the WhatsApp Business app of a number that is on the API as well.

Source: Meta, Onboarding WhatsApp Business app users; Webhooks, smb_message_echoes. Statuses follow as for any message,
and the app knows no 24-hour window.
"""

from cli.simulator.content import SILENT_TYPES, TypedMessage, apply, content_of, quoted_context
from cli.simulator.journey import start_journey
from cli.simulator.messages import Json, Message
from cli.simulator.simulator import Simulator
from cli.simulator.users import User

# They change a message that is there, and have no journey of their own.
_CHANGES = ("edit", "revoke")


class AppMessage(TypedMessage, forbid_unknown_fields=True):
    """What the business types to a customer. `timestamp_as_number` is a habit of some echoes."""

    timestamp_as_number: bool = False


async def send_from_app(simulator: Simulator, user: User, given: AppMessage) -> Message:
    """Record the message, echo it to the business and bring it to the customer. Raise ValueError for content that
    makes no sense, KeyError if the number is unknown."""
    number = simulator.numbers[given.phone_number_id]
    content = content_of(simulator, given)
    context, quoted = quoted_context(simulator, given)
    message = Message(
        key=simulator.messages.new_key(outbound=True),
        phone_number_id=number.phone_number_id,
        user=user,
        outbound=True,
        type=given.type,
        content=content,
        timestamp=given.timestamp if given.timestamp is not None else simulator.clock.timestamp(),
        context_key=context,
        visible=False,
        origin="app",
    )
    simulator.messages.add(message)
    extra: Json = {"timestamp": message.timestamp} if given.timestamp_as_number else {}
    if given.errors:
        extra["errors"] = given.errors
    simulator.tell_echo(message, extra | given.extra, quoted)
    if message.type in _CHANGES:
        apply(simulator, message, "business")
    elif message.type == "reaction" or message.type not in SILENT_TYPES:
        await start_journey(simulator, message)
    return message
