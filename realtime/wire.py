"""JSON for python-socketio: payloads come from Redis as JSON and go out as they are, not parsed and written again."""

from typing import Any

import msgspec


class Encoded:
    """A value that is already JSON."""

    __slots__ = ("text",)

    def __init__(self, payload: bytes) -> None:
        self.text = payload.decode()


def dumps(value: Any, **_: Any) -> str:
    """Encode a Socket.IO event, [name, argument]; the argument may be Encoded."""
    if isinstance(value, list) and len(value) == 2 and isinstance(value[1], Encoded):
        return f"[{msgspec.json.encode(value[0]).decode()},{value[1].text}]"
    return msgspec.json.encode(value).decode()


def loads(text: str | bytes, **_: Any) -> Any:
    return msgspec.json.decode(text)
