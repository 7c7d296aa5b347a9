"""Uploads in the content of a message: `upload_id` stands where Meta's media object has `id` or `link`."""

from collections.abc import Iterator
from typing import Any

import msgspec

from shared.whatsapp.media_file import KINDS

UPLOAD_ID = "upload_id"


class MediaPlace(msgspec.Struct, frozen=True):
    """Where a message names a file. `path` is that of the id, `image.upload_id` for one; `kind` is the key that the
    media object stands under; `given` is what stands there as the id.
    """

    path: str
    kind: str
    given: Any


def upload_places(kind: str, content: Any) -> list[MediaPlace]:
    """Every place in a message of type `kind` where an upload is named."""
    return list(_places({kind: content}, "", UPLOAD_ID))


def media_id_places(kind: str, content: Any) -> list[MediaPlace]:
    """Every place in a message of type `kind` where a file is named by Meta's id."""
    return list(_places({kind: content}, "", "id"))


def with_media_id(kind: str, content: Any, media_id: str, filename: str | None = None) -> Any:
    """The content as Meta takes it: with Meta's id of the file in place of ours. A document is told its name, if the
    message does not say another.
    """
    return _replaced({kind: content}, media_id, filename)[kind]


def _places(value: Any, path: str, name: str) -> Iterator[MediaPlace]:
    if isinstance(value, dict):
        for key, part in value.items():
            inner = f"{path}.{key}" if path else key
            if key in KINDS and isinstance(part, dict) and name in part:
                yield MediaPlace(f"{inner}.{name}", key, part[name])
            yield from _places(part, inner, name)
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from _places(part, f"{path}[{place}]", name)


def _replaced(value: Any, media_id: str, filename: str | None) -> Any:
    if isinstance(value, list):
        return [_replaced(part, media_id, filename) for part in value]
    if not isinstance(value, dict):
        return value
    replaced = {key: _replaced(part, media_id, filename) for key, part in value.items()}
    for key, part in replaced.items():
        if key in KINDS and isinstance(part, dict) and UPLOAD_ID in part:
            del part[UPLOAD_ID]
            named = {"filename": filename} if key == "document" and filename else {}
            replaced[key] = {"id": media_id, **named, **part}
    return replaced
