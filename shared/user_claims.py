"""Who is looking at an inbox, as the host's backend says it: a JWT that it signs with the embed's signing secret."""

import time
from typing import Annotated

import jwt
import msgspec
import structlog
from msgspec import Meta

from shared.crypto import DecryptionError, decrypt
from shared.embeds import Embed, EmbedRefusedError

log = structlog.get_logger()

LONGEST_LIFE = 24 * 3600 + 60  # seconds; a day, and a minute for a host's clock that is ahead
MOST_CLAIM = 8000  # characters; with 200 of each in the longest spelling of JSON it has about 6,500

# No control characters, and no halves of characters, which JSON can spell and PostgreSQL cannot store.
Text = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f\ud800-\udfff]+\Z")]


class User(msgspec.Struct, frozen=True):
    """A person of the host's: `id` is the host's own, `name` is what others read."""

    id: Annotated[str, Meta(examples=["42"])]
    name: Annotated[str, Meta(examples=["Ana Ribeiro"])]


class _Claims(msgspec.Struct):
    sub: Text
    name: Text
    exp: float


def read_user_claim(claim: str, embed: Embed, secret_key: str) -> User:
    """The person whom a claim names.

    It must be signed by HS256 (RFC 7518, section 3.2) with the embed's own secret, and have an end that is not over
    and at most a day ahead, since nobody can take it back; `nbf` is obeyed where it stands, `aud` is refused, because
    no audience was agreed on (RFC 7519, section 4.1).
    Raises EmbedRefusedError with the code `invalid_user_claim` or `expired_user_claim`.
    """
    if embed.signing_secret is None or len(claim) > MOST_CLAIM or not claim.isascii():
        raise EmbedRefusedError("invalid_user_claim", embed)
    try:
        secret = decrypt(embed.signing_secret, secret_key)
    except DecryptionError as error:
        log.error("signing_secret_unreadable", embed_id=str(embed.id), error=str(error))
        raise EmbedRefusedError("invalid_user_claim", embed) from error
    try:
        payload = jwt.decode(
            claim,
            secret,
            algorithms=["HS256"],
            # Many libraries add `iat`, and a host's clock may be a little ahead of ours.
            options={"require": ["exp"], "verify_iat": False},
        )
        claims = msgspec.convert(payload, _Claims)
    except jwt.ExpiredSignatureError as error:
        raise EmbedRefusedError("expired_user_claim", embed) from error
    except (jwt.InvalidTokenError, msgspec.ValidationError) as error:
        raise EmbedRefusedError("invalid_user_claim", embed) from error
    if claims.exp > time.time() + LONGEST_LIFE:
        raise EmbedRefusedError("invalid_user_claim", embed)
    return User(claims.sub, claims.name)
