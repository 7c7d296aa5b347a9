"""A webhook that travels with the wake, from the api that received it to the worker that takes it in."""

from datetime import datetime

import msgspec


class Handover(msgspec.Struct, array_like=True):
    """A row of `inbound_event` that may not be stored yet, and Meta's signature of it: what comes over Redis is not
    believed more than what comes over HTTP.
    """

    event_id: int
    received_at: datetime
    body: bytes
    signature: str


encode_handover = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(Handover)


def decode_handover(payload: bytes) -> Handover | None:
    """None for a wake that carries nothing, or nothing that this version understands."""
    try:
        return _decoder.decode(payload) if payload else None
    except msgspec.DecodeError:
        return None
