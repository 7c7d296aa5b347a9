"""Links to media that open without a key and for a few minutes only (Kapso: "Media", download_url)."""

import base64
import binascii
from datetime import UTC, datetime, timedelta

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.crypto import DecryptionError, decrypt_bytes, encrypt_bytes
from shared.models import PhoneNumber
from shared.settings import Settings

MEDIA_SECONDS = 240


class InvalidLinkError(Exception):
    """The token is not ours, is damaged, or its time is over."""


class MediaLink(msgspec.Struct, frozen=True):
    """What a link opens: one media object of one number, by Meta's id of it, or an upload by ours."""

    phone_number_id: str
    media_id: str
    expires_at: datetime


def media_url(settings: Settings, phone_number_id: str, media_id: str, seconds: int = MEDIA_SECONDS) -> str:
    """An absolute URL of the media's bytes, good for `seconds`."""
    return new_media_link(settings, phone_number_id, media_id, seconds)[0]


def new_media_link(
    settings: Settings, phone_number_id: str, media_id: str, seconds: int = MEDIA_SECONDS
) -> tuple[str, datetime]:
    """`media_url`, and when it stops being good."""
    expires_at = datetime.now(UTC) + timedelta(seconds=seconds)
    link = MediaLink(phone_number_id, media_id, expires_at)
    token = encrypt_bytes(msgspec.msgpack.encode(link), settings.secret_key).decode().rstrip("=")
    return f"{settings.base_url.rstrip('/')}/meta/whatsapp/media_download?token={token}", expires_at


def read_media_token(settings: Settings, token: str) -> MediaLink:
    """What `media_url` was given. Raises InvalidLinkError."""
    try:
        sealed = (token + "=" * (-len(token) % 4)).encode()
        base64.urlsafe_b64decode(sealed)
        link = msgspec.msgpack.decode(decrypt_bytes(sealed, settings.secret_key), type=MediaLink)
    except (DecryptionError, msgspec.DecodeError, binascii.Error, UnicodeError, ValueError) as error:
        raise InvalidLinkError("not a link of this server") from error
    if link.expires_at <= datetime.now(UTC):
        raise InvalidLinkError("the link has expired")
    return link


async def access_token_of_link(connection: AsyncConnection, link: MediaLink) -> bytes | None:
    """The encrypted token of the link's number, None if the number is no longer there. The link is the permission."""
    query = select(PhoneNumber.access_token).where(PhoneNumber.phone_number_id == link.phone_number_id)
    return (await connection.scalars(query)).one_or_none()
