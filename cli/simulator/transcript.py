"""Earlier messages, so that a chat on the phone does not start empty."""

import base64
from hashlib import sha256
from typing import Literal

import msgspec

from cli.simulator.media_types import SAMPLES, sample
from cli.simulator.messages import Json, Message, Status, key_of
from cli.simulator.simulator import Simulator
from cli.simulator.users import User


class PastMessage(msgspec.Struct):
    """One message of the past. `timestamp` is unix seconds; `content` is Meta's object for `type`, and `text` a short
    form of it. Give the `wamid` the business knows it under, so that quotes and reactions find it."""

    direction: Literal["inbound", "outbound"]
    timestamp: int
    type: str = "text"
    text: Json | None = None
    content: Json | list[Json] | None = None
    rendered: Json | None = None
    wamid: str | None = None
    status: Literal["sent", "delivered", "read"] = "read"
    context: Json | None = None


def preload(simulator: Simulator, phone_number_id: str, user: User, past: list[PastMessage]) -> None:
    """Put the messages into the chat without telling anyone; one that is there already is left alone."""
    for item in past:
        outbound = item.direction == "outbound"
        key = key_of(item.wamid) if item.wamid else simulator.messages.new_key(outbound)
        if simulator.messages.get(key) is not None:
            continue
        quoted = (item.context or {}).get("message_id")
        simulator.messages.add(
            Message(
                key=key,
                phone_number_id=phone_number_id,
                user=user,
                outbound=outbound,
                type=item.type,
                content=item.content if item.content is not None else item.text,
                timestamp=item.timestamp,
                context_key=key_of(str(quoted)) if quoted else None,
                seen=item.status == "read",
                origin="past",
                rendered=item.rendered,
                statuses=[Status(item.status, item.timestamp)],
                given_wamid=item.wamid if item.wamid and key == item.wamid else None,
            )
        )
        if not outbound:
            _remember_file(simulator, phone_number_id, item)
            simulator.heard_from(user, phone_number_id, item.timestamp)


def _remember_file(simulator: Simulator, phone_number_id: str, item: PastMessage) -> None:
    """Have the file of a message, if it is one of the samples."""
    if not isinstance(item.content, dict):
        return
    for mime_type, data in map(sample, SAMPLES):
        if item.content.get("sha256") == base64.b64encode(sha256(data).digest()).decode():
            simulator.media.remember(phone_number_id, str(item.content["id"]), mime_type, data)
