"""What becomes of a business's message after it was accepted: its statuses, and its place on the phone."""

import asyncio

from cli.simulator.errors import status_error
from cli.simulator.messages import Message, key_of
from cli.simulator.simulator import Simulator
from cli.simulator.webhooks import Change

_REACTION_SECONDS = 30 * 24 * 60 * 60
# How long a send waits for its own statuses to be taken, with `statuses_before_answer`.
_PATIENCE_SECONDS = 5.0


async def start_journey(simulator: Simulator, message: Message) -> None:
    """Returns at once, or, with `statuses_before_answer`, when the business has been told all."""
    failure = _failure(simulator, message)
    if not simulator.faults.statuses_before_answer:
        simulator.background.start(_travel(simulator, message, failure, hurried=False))
        return
    changes = await _travel(simulator, message, failure, hurried=True)
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            for change in changes:
                await change.attempted.wait()
    except TimeoutError:
        return


def mark_read(simulator: Simulator, message: Message) -> Change | None:
    """The customer saw a message. The business hears of it only from users with read receipts."""
    message.seen = True
    if message.has_status("read") or message.type in ("reaction", "call") or not message.user.read_receipts:
        return None
    return simulator.tell_status(message, "read")


async def _travel(simulator: Simulator, message: Message, failure: int | None, *, hurried: bool) -> list[Change]:
    settings = simulator.settings
    changes = []
    if simulator.faults.echo_sends and message.origin == "api":
        changes.append(_echo(simulator, message))
    if not hurried:
        await asyncio.sleep(settings.sent_seconds)
    if failure is not None:
        return [*changes, simulator.tell_status(message, "failed", [status_error(failure)])]
    changes.append(simulator.tell_status(message, "sent"))
    # A reaction gets no status after `sent`.
    if message.type == "reaction":
        _react(simulator, message)
        return changes
    if not hurried:
        await asyncio.sleep(settings.delivered_seconds)
    message.visible = True
    if simulator.faults.skip_delivered:
        simulator.publish(message)
    else:
        changes.append(simulator.tell_status(message, "delivered"))
    if simulator.settings.auto_read or simulator.events.is_open(message.phone_number_id, message.user.wa_id):
        if not hurried:
            await asyncio.sleep(settings.read_seconds)
        if read := mark_read(simulator, message):
            changes.append(read)
    return changes


def _failure(simulator: Simulator, message: Message) -> int | None:
    """The code this message will fail with, found out after it was accepted."""
    if message.origin == "app":
        return None if message.user.has_whatsapp else 131026
    forced = simulator.faults.take_async_failure()
    if forced is not None:
        return forced
    if not message.user.has_whatsapp:
        return 131026
    if message.type != "template" and not simulator.window_open(message.phone_number_id, message.user):
        return 131047
    if message.type == "reaction" and not _can_react(simulator, message):
        return 131009
    if isinstance(message.content, dict):
        media = simulator.media.find(str(message.content.get("id", "")))
        if media is not None and not media.suits(message.type):
            return 131053
    return None


def _echo(simulator: Simulator, message: Message) -> Change:
    """Some numbers hear of their own sends as if they had been typed in the app."""
    if message.context_key is None:
        return simulator.tell_echo(message, {}, None)
    target = simulator.messages.get(message.context_key)
    quoted = target.wamid(simulator.faults.wamid_scope) if target else message.context_key
    return simulator.tell_echo(message, {}, {"id": quoted})


def _can_react(simulator: Simulator, reaction: Message) -> bool:
    target = _target(simulator, reaction)
    return (
        target is not None
        and target.type != "reaction"
        and not target.revoked
        and simulator.clock.now() - target.timestamp <= _REACTION_SECONDS
    )


def _react(simulator: Simulator, reaction: Message) -> None:
    target = _target(simulator, reaction)
    if target is not None and isinstance(reaction.content, dict):
        target.reactions["business"] = str(reaction.content["emoji"])
        simulator.publish(target)


def _target(simulator: Simulator, reaction: Message) -> Message | None:
    content = reaction.content
    return simulator.messages.get(key_of(str(content["message_id"]))) if isinstance(content, dict) else None
