"""WhatsApp message ids.

A wamid is base64 of a small binary record: the peer, a byte for the kind of peer, a byte for the direction, and the
message's own key as ASCII hex. Meta does not document the layout; this is the one seen in real ids. The peer is a
phone number or a business-scoped user id (BSUID), so one message is known under two ids that share only the key.
"""

import base64
import binascii

import msgspec

_PREFIX = "wamid."
_PHONE, _BSUID = 0x02, 0x14
_OUTBOUND, _INBOUND = 0x11, 0x12


class Wamid(msgspec.Struct, frozen=True):
    """`peer` and `key` are ASCII, 1 to 255 characters; `outbound` means sent by the business."""

    peer: str
    key: str
    outbound: bool
    bsuid: bool


def encode(wamid: Wamid) -> str:
    """Raise ValueError if the peer or the key is empty, not ASCII, or longer than 255."""
    peer, key = wamid.peer.encode("ascii"), wamid.key.encode("ascii")
    if not (1 <= len(peer) <= 255 and 1 <= len(key) <= 255):
        raise ValueError("the peer and the key of a wamid are 1 to 255 characters long")
    kind = _BSUID if wamid.bsuid else _PHONE
    direction = _OUTBOUND if wamid.outbound else _INBOUND
    record = b"\x1c\x18%c%b\x15%c\x00%c\x18%c%b\x00" % (len(peer), peer, kind, direction, len(key), key)
    return _PREFIX + base64.b64encode(record).decode()


def decode(text: str) -> Wamid | None:
    """None for anything that is not in the layout above."""
    if not text.startswith(_PREFIX):
        return None
    try:
        record = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
        peer_end = 3 + record[2]
        key_start = peer_end + 6
        wamid = Wamid(
            peer=record[3:peer_end].decode("ascii"),
            key=record[key_start : key_start + record[key_start - 1]].decode("ascii"),
            outbound=record[peer_end + 3] == _OUTBOUND,
            bsuid=record[peer_end + 1] == _BSUID,
        )
        return wamid if encode(wamid) == text else None
    except (binascii.Error, IndexError, ValueError):
        return None
