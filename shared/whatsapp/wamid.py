"""WhatsApp message ids.

A wamid is base64 of a small record that names the other side and the message; the same message carries different
wamids when the other side is named by phone number or by business-scoped user id. Meta does not document the record,
so everything here falls back to the wamid itself.
"""

import base64
import binascii
import re

_PREFIX = "wamid."
_HEXADECIMAL = re.compile(rb"[0-9A-Fa-f]+").fullmatch
_KEY_LENGTHS = range(16, 65)


def wamid_key(wamid: str) -> str:
    """The part of a wamid that stays the same however the other side is named; the whole wamid if it does not decode.

    The key is the last field of the record: a length byte, that many hexadecimal digits, and a zero byte.
    """
    encoded = wamid.removeprefix(_PREFIX)
    try:
        record = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        return wamid
    end = len(record) - 1 if record.endswith(b"\x00") else len(record)
    for length in _KEY_LENGTHS:
        start = end - length
        if start < 1:
            break
        if record[start - 1] == length:
            key = record[start:end]
            if _HEXADECIMAL(key):
                return key.decode().upper()
    return wamid
