"""The conversations, as the simulated WhatsApp knows them."""

import random
from typing import Literal

import msgspec

from cli.simulator import wamid
from cli.simulator.users import User

Json = dict[str, object]

# `api` is what customers and businesses send today, `app` what was typed in the WhatsApp Business app, `past` what was
# there before, and `call` a call, which has its place in the chat too.
Origin = Literal["api", "app", "past", "call"]


class Status(msgspec.Struct, omit_defaults=True):
    """`timestamp` is unix seconds."""

    status: str
    timestamp: int
    errors: list[Json] = []


class Message(msgspec.Struct):
    """One message. `content` is Meta's object under the key of the type; `context_key` is the key of the message it
    answers; `callback_data` is the business's `biz_opaque_callback_data`. `visible` means it reached the phone, and
    `seen` that the customer looked at it. `given_wamid` is an id that did not come from here."""

    key: str
    phone_number_id: str
    user: User
    outbound: bool
    type: str
    content: object
    timestamp: int
    context_key: str | None = None
    callback_data: str | None = None
    to_bsuid: bool = False
    visible: bool = True
    seen: bool = False
    origin: Origin = "api"
    edited: bool = False
    revoked: bool = False
    rendered: Json | None = None
    statuses: list[Status] = []
    reactions: dict[Literal["business", "customer"], str] = {}
    given_wamid: str | None = None

    def has_status(self, *names: str) -> bool:
        return any(status.status in names for status in self.statuses)

    def wamid(self, scope: Literal["phone", "bsuid"]) -> str:
        """The id from one perspective; a user without a BSUID has only the phone's."""
        if self.given_wamid is not None:
            return self.given_wamid
        bsuid = self.user.bsuid if scope == "bsuid" else None
        return wamid.encode(wamid.Wamid(bsuid or self.user.wa_id, self.key, self.outbound, bsuid is not None))


class MessageStore:
    """Every message, by key and by chat. Ids come from the seed alone, so that a run can be repeated."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  repeatable ids are the point
        self._by_key: dict[str, Message] = {}
        self._chats: dict[tuple[str, str], list[Message]] = {}

    def new_key(self, outbound: bool) -> str:
        """Hexadecimal; Meta's own keys have these two lengths."""
        return f"{self._random.getrandbits(72):018X}" if outbound else f"{self._random.getrandbits(80):020X}"

    def add(self, message: Message) -> None:
        self._by_key[message.key] = message
        self._chats.setdefault((message.phone_number_id, message.user.wa_id), []).append(message)

    def get(self, key: str) -> Message | None:
        return self._by_key.get(key)

    def find(self, message_id: str) -> Message | None:
        """By any of the wamids the message is known under."""
        return self._by_key.get(key_of(message_id))

    def chat(self, phone_number_id: str, wa_id: str) -> list[Message]:
        """In the order of their timestamps; equal ones in the order they came."""
        return sorted(self._chats.get((phone_number_id, wa_id), []), key=lambda message: message.timestamp)

    def all(self) -> list[Message]:
        return list(self._by_key.values())

    def rename(self, old_wa_id: str, new_wa_id: str) -> None:
        """A user took another phone number: the chats go along."""
        for phone_number_id, wa_id in [chat for chat in self._chats if chat[1] == old_wa_id]:
            moved = self._chats.pop((phone_number_id, wa_id))
            self._chats.setdefault((phone_number_id, new_wa_id), []).extend(moved)


def key_of(message_id: str) -> str:
    """What all wamids of one message share; the id itself if it is in no known layout."""
    decoded = wamid.decode(message_id)
    return decoded.key if decoded else message_id
