"""Operators' passwords: what one may be, and Argon2id off the event loop."""

import asyncio
from typing import Annotated
from weakref import WeakKeyDictionary

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from msgspec import Meta

SHORTEST, LONGEST = 12, 200
AT_ONCE = 2  # each takes 64 MiB and a processor for a moment

# Its length is judged by check_password, in words for a person; this is what we bother to hash at all.
Password = Annotated[str, Meta(max_length=1000)]

_hasher = PasswordHasher()  # the second recommendation of RFC 9106, section 4: 64 MiB, three passes, four lanes
# What somebody who is not there is compared with, so that they take as long as somebody who is.
_NOBODY = _hasher.hash("nobody has this password")
_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


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
    """What the database keeps of a password."""
    async with _turn():
        return await asyncio.to_thread(_hasher.hash, password)


async def password_is_right(password: str, password_hash: str | None) -> bool:
    """Whether it is the password of this hash; without one it is not, and that takes as long to say."""
    async with _turn():
        is_right = await asyncio.to_thread(_verify, password, password_hash or _NOBODY)
    return is_right and password_hash is not None


def _verify(password: str, password_hash: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except VerificationError:
        return False


def _turn() -> asyncio.Semaphore:
    return _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))
