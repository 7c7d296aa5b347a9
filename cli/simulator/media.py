"""Media: what may be uploaded, how long it lives, and where its bytes are. Source: Meta, Cloud API, Media."""

import base64
import hashlib
import hmac
import random
from typing import Literal
from urllib.parse import urlencode

import msgspec

from cli.simulator.clock import Clock
from cli.simulator.config import SimulatorConfig
from cli.simulator.errors import GraphError, unknown_object
from cli.simulator.media_types import LIMITS, kind_of, sniff
from cli.simulator.messages import Json

DOWNLOAD_PATH = "/whatsapp_business/attachments"
INBOUND_LIMIT = 100 * 1024 * 1024
_URL_SECONDS = 5 * 60
_DAY = 24 * 60 * 60
_UPLOAD_DAYS, _WEBHOOK_DAYS = 30, 7


class Media(msgspec.Struct, frozen=True):
    """`expires` is unix seconds; `phone_number_id` is the number it was uploaded to or sent to."""

    id: str
    phone_number_id: str
    mime_type: str
    data: bytes
    expires: float
    filename: str | None = None

    @property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.data).digest()

    def suits(self, kind: str) -> bool:
        """Whether WhatsApp would show the bytes as this message type. Meta looks into the file: an Ogg file that
        claims to be MP4 is accepted, and fails later with 131053."""
        found = sniff(self.data)
        if found is not None and kind_of(found) != kind_of(self.mime_type):
            return False
        return kind == "document" or kind_of(self.mime_type) == kind


class MediaStore:
    """Everything uploaded by businesses and sent by customers, in memory."""

    def __init__(self, config: SimulatorConfig, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._random = random.Random(config.seed)  # noqa: S311  repeatable ids are the point
        self._media: dict[str, Media] = {}

    def upload(self, phone_number_id: str, mime_type: str, data: bytes, filename: str | None) -> Media:
        """A business uploads. Raise GraphError 100 for a type WhatsApp does not take, 131053 for too many bytes."""
        bare = mime_type.partition(";")[0].strip().lower()
        kind = kind_of(bare)
        if kind is None:
            listed = ", ".join(known for types, _ in LIMITS.values() for known in types)
            message = f"Param file must be a file with one of the following types: {listed}. "
            message += f"Received file of type '{mime_type}'."
            raise GraphError(100, message, message=f"(#100) {message}")
        limit = LIMITS[kind][1]
        if len(data) > limit:
            raise GraphError(131053, f"The file is {len(data)} bytes; {kind} may have at most {limit}.")
        if not data:
            raise GraphError(100, "The file is empty.", message="(#100) The parameter file is required.")
        return self._keep(phone_number_id, mime_type, data, filename, _UPLOAD_DAYS)

    def receive(self, phone_number_id: str, mime_type: str, data: bytes, filename: str | None) -> Media:
        """A customer sends. Raise ValueError over 100 MB, which WhatsApp does not deliver."""
        if len(data) > INBOUND_LIMIT:
            raise ValueError("a customer's file may have at most 100 MB")
        return self._keep(phone_number_id, mime_type, data, filename, _WEBHOOK_DAYS)

    def remember(self, phone_number_id: str, media_id: str, mime_type: str, data: bytes) -> None:
        """A customer has sent it before, under an id that is known."""
        expires = self._clock.now() + _WEBHOOK_DAYS * _DAY
        self._media.setdefault(media_id, Media(media_id, phone_number_id, mime_type, data, expires))

    def find(self, media_id: str) -> Media | None:
        media = self._media.get(media_id)
        return media if media and self._clock.now() < media.expires else None

    def delete(self, media: Media) -> None:
        del self._media[media.id]

    def describe(self, media: Media) -> Json:
        """The answer to GET /{media_id}."""
        return {
            "messaging_product": "whatsapp",
            "url": self.url(media, "getMedia"),
            "mime_type": media.mime_type,
            "sha256": media.sha256.hex(),
            "file_size": len(media.data),
            "id": media.id,
        }

    def inbound_content(self, media: Media) -> Json:
        """What a webhook says of a file; the hash is base64 there."""
        return {
            "id": media.id,
            "mime_type": media.mime_type,
            "sha256": base64.b64encode(media.sha256).decode(),
            "url": self.url(media, "webhook"),
        }

    def url(self, media: Media, source: Literal["getMedia", "webhook"]) -> str:
        """Good for five minutes of the simulated clock, for who has the access token."""
        expires = self._clock.timestamp() + _URL_SECONDS
        query = {"mid": media.id, "source": source, "ext": expires, "hash": self._seal(media.id, expires)}
        return f"{self._config.base_url}{DOWNLOAD_PATH}?{urlencode(query)}"

    def open_url(self, media_id: str, expires: int, seal: str) -> Media:
        """The media behind a URL. Raise GraphError, 404, once it has expired or if it was tampered with."""
        media = self.find(media_id)
        genuine = hmac.compare_digest(seal.encode(), self._seal(media_id, expires).encode())
        if media is None or not genuine or self._clock.now() >= expires:
            raise not_found(media_id)
        return media

    def _keep(self, phone_number_id: str, mime_type: str, data: bytes, filename: str | None, days: int) -> Media:
        media_id = str(self._random.randrange(10**14, 10**15))
        media = Media(media_id, phone_number_id, mime_type, data, self._clock.now() + days * _DAY, filename)
        self._media[media_id] = media
        return media

    def _seal(self, media_id: str, expires: int) -> str:
        message = f"{media_id}:{expires}".encode()
        return hmac.new(self._config.app_secret.encode(), message, hashlib.sha256).hexdigest()[:32]


def not_found(media_id: str) -> GraphError:
    """What Meta answers for a URL that has expired."""
    error = unknown_object("get", media_id)
    error.http_status = 404
    return error
