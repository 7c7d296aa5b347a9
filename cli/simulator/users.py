"""The customers."""

import msgspec

# Where one subscriber is known under two spellings: country code, the extra digit, where it goes, length of the rest.
# Source: Meta, Cloud API, Phone numbers ("Brazil and Mexico") and the same habit in Argentina.
_EXTRA_DIGIT = {"55": ("9", 4, 8), "52": ("1", 2, 10), "54": ("9", 2, 10)}


class User(msgspec.Struct):
    """`wa_id` is the phone number in digits. `phone_hidden` leaves it out of webhooks, so that `bsuid` is all a
    business learns; `parent_bsuid` is its form for linked portfolios. `last_inbound` is the newest message per
    phone_number_id, unix seconds."""

    wa_id: str
    name: str
    bsuid: str | None = None
    parent_bsuid: str | None = None
    username: str | None = None
    phone_hidden: bool = False
    read_receipts: bool = True
    has_whatsapp: bool = True
    last_inbound: dict[str, int] = {}

    @property
    def hides_phone(self) -> bool:
        return self.phone_hidden and bool(self.bsuid)


class UserBook:
    """Finds a user by phone number, in any of its spellings, or by BSUID."""

    def __init__(self) -> None:
        self._by_wa_id: dict[str, User] = {}

    def put(self, user: User) -> None:
        self._by_wa_id[user.wa_id] = user

    def get(self, wa_id: str) -> User | None:
        return self._by_wa_id.get(wa_id)

    def all(self) -> list[User]:
        return list(self._by_wa_id.values())

    def by_phone(self, phone: str) -> User | None:
        return next((user for spelling in spellings(digits(phone)) if (user := self.get(spelling))), None)

    def by_bsuid(self, bsuid: str) -> User | None:
        """By either kind."""
        return next((user for user in self._by_wa_id.values() if bsuid in (user.bsuid, user.parent_bsuid)), None)

    def rename(self, user: User, wa_id: str) -> None:
        """The user took another phone number."""
        del self._by_wa_id[user.wa_id]
        user.wa_id = wa_id
        self.put(user)


def digits(phone: str) -> str:
    return "".join(character for character in phone if character.isdigit())


def spellings(phone: str) -> list[str]:
    """The number as given, then the other form of it, for Brazil, Mexico and Argentina."""
    extra, at, rest = _EXTRA_DIGIT.get(phone[:2], ("", 0, 0))
    if extra and len(phone) == at + rest:
        return [phone, phone[:at] + extra + phone[at:]]
    if extra and len(phone) == at + rest + 1 and phone[at] == extra:
        return [phone, phone[:at] + phone[at + 1 :]]
    return [phone]
