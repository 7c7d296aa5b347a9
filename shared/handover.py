"""A webhook that travels with the wake, from the api that received it to the worker that takes it in."""

import hmac
from datetime import UTC, datetime, timedelta

import msgspec

from shared.crypto import derive_keys

GOOD_FOR = timedelta(minutes=1)
"""It is old after some milliseconds; the rest is for clocks that differ."""

_SEAL_LENGTH = 32


class Handover(msgspec.Struct, array_like=True):
    """A row of `inbound_event` that may not be stored yet. The api has checked Meta's signature of the body."""

    event_id: int
    received_at: datetime
    body: bytes
    traceparent: str | None = None


class Handovers:
    """Seals and opens them: what comes over Redis is believed only if an api has sealed it, as a whole, just now."""

    def __init__(self, secret_key: str) -> None:
        self._keys = derive_keys(secret_key, "porthole handovers")
        self._decoder = msgspec.msgpack.Decoder(Handover)

    def seal(self, handover: Handover) -> bytes:
        packed = msgspec.msgpack.encode(handover)
        return hmac.digest(self._keys[0], packed, "sha256") + packed

    def open(self, payload: bytes) -> Handover | None:
        """None for a wake that carries nothing, or nothing that is to be believed."""
        seal, packed = payload[:_SEAL_LENGTH], payload[_SEAL_LENGTH:]
        if not any(hmac.compare_digest(seal, hmac.digest(key, packed, "sha256")) for key in self._keys):
            return None
        try:
            handover = self._decoder.decode(packed)
        except msgspec.DecodeError:
            return None
        return handover if abs(datetime.now(UTC) - handover.received_at) < GOOD_FOR else None
