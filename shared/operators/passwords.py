"""Operators' passwords: what one may be, and Argon2id off the event loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from weakref import WeakKeyDictionary

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from msgspec import Meta

from shared.refusals import BusyError

SHORTEST, LONGEST = 12, 200
AT_ONCE = 2  # each takes 64 MiB and a processor for a moment
MOST_WAITING = 20  # for their turn; whoever comes then is refused

# Its length is judged by check_password, in words for a person; this is what we bother to hash at all.
Password = Annotated[str, Meta(max_length=1000)]

_hasher = PasswordHasher()  # the second recommendation of RFC 9106, section 4: 64 MiB, three passes, four lanes
# What somebody who is not there is compared with, so that they take as long as somebody who is.
_NOBODY = _hasher.hash("nobody has this password")


class _Turns:
    """Of one event loop: `taken` counts those who have their turn, and those who wait for it."""

    def __init__(self) -> None:
        self.free = asyncio.Semaphore(AT_ONCE)
        self.taken = 0


_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, _Turns] = WeakKeyDictionary()


def check_password(password: str, email: str | None, errors: dict[str, list[str]]) -> None:
    """Add to `errors` what is wrong with a new password (NIST SP 800-63B, section 3.1.1: length, and no rules about
    characters).
    """
    if len(password) < SHORTEST:
        errors["password"] = [f"must have at least {SHORTEST} characters"]
    elif len(password) > LONGEST:
        errors["password"] = [f"must have at most {LONGEST} characters"]
    elif email is not None and password.strip().lower() == email.strip().lower():
        errors["password"] = ["must not be the email address"]


async def hash_password(password: str) -> str:
    """What the database keeps of a password. Raises BusyError."""
    async with _turn():
        return await asyncio.to_thread(_hasher.hash, password)


async def password_is_right(password: str, password_hash: str | None) -> bool:
    """Whether it is the password of this hash; without one it is not, and that takes as long to say. Raises
    BusyError.
    """
    async with _turn():
        is_right = await asyncio.to_thread(_verify, password, password_hash or _NOBODY)
    return is_right and password_hash is not None


def _verify(password: str, password_hash: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except VerificationError:
        return False


@asynccontextmanager
async def _turn() -> AsyncIterator[None]:
    """Raises BusyError where MOST_WAITING wait already."""
    turns = _turns.setdefault(asyncio.get_running_loop(), _Turns())
    if turns.taken >= AT_ONCE + MOST_WAITING:
        raise BusyError("Too many passwords wait to be checked.")
    turns.taken += 1
    try:
        async with turns.free:
            yield
    finally:
        turns.taken -= 1
