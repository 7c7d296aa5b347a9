"""Signed URLs of stored files: an <img> sends no Authorization, so that the URL itself is the permission.

They are made for views, which are built inside a scope, and open one file for one to two hours. All URLs of a file that
are made within WINDOW are the same, so that browsers can keep it.
"""

import base64
import hmac
import time
from typing import Literal
from urllib.parse import urlencode
from uuid import UUID

from shared.crypto import derive_keys
from shared.settings import Settings

WINDOW = 3600  # seconds

Variant = Literal["file", "thumbnail"]

_keys: list[bytes] = []


def sign_media_urls(settings: Settings) -> None:
    """Set the process's keys. Every role that builds views does so when it starts: views know no settings."""
    _keys[:] = derive_keys(settings.secret_key, "porthole media urls")


def stored_media_url(media_id: UUID, variant: Variant) -> str:
    """A path with a query, below the origin of the page."""
    if not _keys:
        raise RuntimeError("sign_media_urls has not been called in this process")
    expires = (int(time.time()) // WINDOW + 2) * WINDOW
    query = urlencode({"expires": expires, "signature": _signature(_keys[0], media_id, variant, expires)})
    return f"/inbox/v1/media/{media_id}{'/thumbnail' if variant == 'thumbnail' else ''}?{query}"


def is_signed(media_id: UUID, variant: Variant, expires: int, signature: str) -> bool:
    """Whether a URL is one that was made here and has not expired. Compared in constant time."""
    genuine = any(
        hmac.compare_digest(_signature(key, media_id, variant, expires).encode(), signature.encode()) for key in _keys
    )
    return genuine and time.time() < expires


def _signature(key: bytes, media_id: UUID, variant: Variant, expires: int) -> str:
    signed = hmac.digest(key, f"{media_id}/{variant}/{expires}".encode(), "sha256")
    return base64.urlsafe_b64encode(signed[:16]).decode().rstrip("=")
