"""Secrets: tokens and keys that are shown once, encryption at rest, and the signature on Meta's webhooks.

A `secret_key` may be several with commas between them, while one is replaced by another: the first encrypts and signs,
and what the others have encrypted or signed is still read.
"""

import base64
import functools
import hashlib
import hmac
import secrets
from collections.abc import Iterable

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class DecryptionError(Exception):
    """The value was encrypted with another secret key, or is damaged."""


def new_token() -> str:
    """256 random bits as 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """What the database keeps of a token. A plain SHA-256 is enough for 256 random bits: there is nothing to guess."""
    return hashlib.sha256(token.encode()).digest()


def encrypt(plain: str, secret_key: str) -> bytes:
    """Encrypt a credential for the database (AES-128-CBC and HMAC-SHA-256, as Fernet specifies)."""
    return encrypt_bytes(plain.encode(), secret_key)


def decrypt(stored: bytes, secret_key: str) -> str:
    """Read what `encrypt` made. Raises DecryptionError."""
    return decrypt_bytes(stored, secret_key).decode()


def encrypt_bytes(plain: bytes, secret_key: str) -> bytes:
    """`encrypt` for bytes."""
    return _cipher(secret_key).encrypt(plain)


def decrypt_bytes(stored: bytes, secret_key: str) -> bytes:
    """Read what `encrypt_bytes` made. Raises DecryptionError."""
    try:
        return _cipher(secret_key).decrypt(stored)
    except InvalidToken as error:
        raise DecryptionError("encrypted with another PORTHOLE_SECRET_KEY, or damaged") from error


def encrypt_anew(stored: bytes, secret_key: str) -> bytes:
    """What `encrypt` would make now of what it made with any of the keys. Raises DecryptionError."""
    try:
        return _cipher(secret_key).rotate(stored)
    except InvalidToken as error:
        raise DecryptionError("encrypted with another PORTHOLE_SECRET_KEY, or damaged") from error


@functools.lru_cache(maxsize=8)
def _cipher(secret_key: str) -> MultiFernet:
    keys = derive_keys(secret_key, "porthole credentials")
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])


def derive_key(secret_key: str, purpose: str) -> bytes:
    """A key of 32 bytes for one purpose (RFC 5869): who learns it knows no other."""
    return derive_keys(secret_key, purpose)[0]


def derive_keys(secret_key: str, purpose: str) -> list[bytes]:
    """`derive_key` of each secret key: the first is for what is made now, any of them may have made what is checked."""
    return [
        HKDF(hashes.SHA256(), length=32, salt=None, info=purpose.encode()).derive(key.strip().encode())
        for key in secret_key.split(",")
        if key.strip()
    ]


def webhook_signature(body: bytes, app_secret: bytes) -> str:
    """The value of X-Hub-Signature-256 for a body.

    Meta: Graph API, Webhooks, "Validating payloads": HMAC-SHA256 over the raw bytes, hexadecimal, behind `sha256=`.
    """
    return "sha256=" + hmac.digest(app_secret, body, "sha256").hex()


def webhook_signature_is_valid(body: bytes, header: str, app_secrets: Iterable[bytes]) -> bool:
    """Whether the header signs the body with one of the secrets; compared in constant time."""
    given = header.encode("latin-1", "replace")
    return any(hmac.compare_digest(webhook_signature(body, secret).encode(), given) for secret in app_secrets)
