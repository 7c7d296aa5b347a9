"""Bodies of webhooks as people read them."""

import msgspec

MOST_SHOWN = 200_000  # bytes


class Payload(msgspec.Struct, frozen=True):
    """The text to show, of a body with so many bytes; of a very long one it is the beginning."""

    text: str
    size: int
    is_whole: bool


def readable(beginning: bytes, size: int) -> Payload:
    """JSON with a line for each value; as it came where it is something else, or very long. `beginning` holds at least
    MOST_SHOWN of the body's `size` bytes. Bytes that are not UTF-8 are replaced.
    """
    if size > MOST_SHOWN:
        return Payload(beginning[:MOST_SHOWN].decode(errors="replace"), size, is_whole=False)
    try:
        text = msgspec.json.format(beginning, indent=2)
    except (msgspec.DecodeError, RecursionError):
        text = beginning
    return Payload(text.decode(errors="replace"), size, is_whole=True)
