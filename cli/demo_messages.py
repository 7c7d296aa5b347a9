"""The demo's messages as WhatsApp would have carried them: ids, times, media, quotes, and the webhooks about them."""

import base64
import random
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec

from cli.demo_script import Line, Thread
from cli.simulator.config import SimulatedNumber
from cli.simulator.errors import status_error
from cli.simulator.media_types import sample
from cli.simulator.messages import Message, Status
from cli.simulator.payloads import envelope, inbound_value, serialise, status_value
from cli.simulator.users import User, digits

# Which of the simulator's files a message of each kind brings.
_FILES = {"image": "jpeg", "video": "video", "audio": "audio", "document": "document", "sticker": "sticker"}
_NOT_SUPPORTED, _WINDOW_CLOSED = 131051, 131047
_JOURNEYS = {
    "sent": ["sent"],
    "delivered": ["sent", "delivered"],
    "read": ["sent", "delivered", "read"],
    "failed": ["sent", "failed"],
}


class DemoMessage(msgspec.Struct):
    """`quoted` is Meta's `context` of an inbound message: {"from", "id"}."""

    message: Message
    quoted: dict[str, Any] | None = None

    @property
    def wamid(self) -> str:
        return self.message.wamid("phone")

    @property
    def quoted_wamid(self) -> str | None:
        return None if self.quoted is None else self.quoted["id"]


class Messenger:
    """Writes threads down. The same seed and time give the same messages."""

    def __init__(self, seed: str, now: datetime) -> None:
        # A seed in words: the simulator counts its own ids from a number, and the two must not meet.
        self._random = random.Random(seed)  # noqa: S311  repeatable ids are the point
        self._now = now

    def write(self, number: SimulatedNumber, thread: Thread) -> list[DemoMessage]:
        """The messages of a thread, oldest first. Raises KeyError for a `to` that no earlier line has as its name."""
        user = User(thread.wa_id, thread.contact)
        named: dict[str, DemoMessage] = {}
        written = []
        for line in thread.messages:
            past = self._write_line(number, user, line, None if line.to is None else named[line.to])
            written.append(past)
            if line.name is not None:
                named[line.name] = past
        return written

    def _write_line(self, number: SimulatedNumber, user: User, line: Line, target: DemoMessage | None) -> DemoMessage:
        outbound = line.outbound is not None
        body = line.outbound if outbound else line.inbound
        [(kind, content)] = body.items() if isinstance(body, dict) else [("text", {"body": body})]
        if kind in _FILES:
            content = self._file(kind, outbound) | content
        quoted = None
        if target is not None and kind == "reaction":
            content = {"message_id": target.wamid} | content
        elif target is not None:
            author = digits(number.display_phone_number) if target.message.outbound else user.wa_id
            quoted = {"from": author, "id": target.wamid}
        message = Message(
            # As long as Meta's own keys are.
            key=f"{self._random.getrandbits(72):018X}" if outbound else f"{self._random.getrandbits(80):020X}",
            phone_number_id=number.phone_number_id,
            user=user,
            outbound=outbound,
            type=kind,
            content=content,
            timestamp=int((self._now - timedelta(minutes=line.ago)).timestamp()),
        )
        if outbound:
            message.statuses = self._statuses(message.timestamp, line.status)
        return DemoMessage(message, quoted)

    def _file(self, kind: str, outbound: bool) -> dict[str, Any]:
        """What Meta says of a file that came; of one that we sent, we know the id only."""
        media_id = str(self._random.randrange(10**14, 10**15))
        if outbound:
            return {"id": media_id}
        mime_type, data = sample(_FILES[kind])
        return {"id": media_id, "mime_type": mime_type, "sha256": base64.b64encode(sha256(data).digest()).decode()}

    def _statuses(self, sent: int, last: str) -> list[Status]:
        now = int(self._now.timestamp())
        statuses = [Status(name, min(now, sent + 1 + 2 * place)) for place, name in enumerate(_JOURNEYS[last])]
        if last == "failed":
            statuses[-1].errors = [status_error(_WINDOW_CLOSED)]
        return statuses


def webhook_body(numbers: dict[str, SimulatedNumber], written: list[DemoMessage]) -> bytes:
    """One webhook that brings every inbound message and every status of the outbound ones; `numbers` are by id."""
    entries: list[dict[str, object]] = []
    for past in written:
        number = numbers[past.message.phone_number_id]
        entries.append(
            {
                "id": number.business_account_id,
                "changes": [{"field": "messages", "value": value} for value in _values(number, past)],
            }
        )
    return serialise(envelope(entries))


def _values(number: SimulatedNumber, past: DemoMessage) -> list[dict[str, Any]]:
    message = past.message
    if message.outbound:
        return [status_value(number, message, status, "phone") for status in message.statuses]
    extra: dict[str, Any] = {"errors": [status_error(_NOT_SUPPORTED)]} if message.type == "unsupported" else {}
    return [inbound_value(number, message, past.quoted, extra, "phone")]
