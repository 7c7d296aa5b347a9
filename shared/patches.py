"""PATCH bodies: structs whose fields hold msgspec's UNSET unless they were sent."""

from typing import Any

import msgspec
from msgspec import UNSET


def sent_fields(changes: msgspec.Struct) -> dict[str, Any]:
    """The fields that were sent, null among their values."""
    return {name: value for name, value in msgspec.structs.asdict(changes).items() if value is not UNSET}
