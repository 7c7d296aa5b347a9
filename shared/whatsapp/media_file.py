"""A file on its way to WhatsApp: kept on disk, measured as it comes in, and checked before Meta sees it."""

import asyncio
import base64
import contextlib
import hashlib
import re
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, get_args

import msgspec

from shared.whatsapp.media_types import (
    HEAD,
    MEDIA_TYPES,
    MOST,
    Kind,
    MediaType,
    may_be,
    media_type,
    media_type_of_name,
    most_of,
)

IN_MEMORY = 256 * 1024  # bytes
LONGEST_NAME = 240  # characters
KINDS = frozenset(get_args(Kind))

_UNSAID = frozenset({"", "application/octet-stream", "binary/octet-stream"})
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class WrongMediaError(Exception):
    """WhatsApp does not take the file; the text says why."""


class LargeMediaError(WrongMediaError):
    """The file is larger than WhatsApp takes of its type."""


class MediaFile:
    """A file that is written once and then read. What goes beyond `most` bytes is measured, and not kept."""

    def __init__(self, kept: IO[bytes], most: int) -> None:
        self.most = most
        self.size = 0
        self.head = b""
        self._digest = hashlib.sha256()
        self._kept = kept

    @property
    def sha256(self) -> str:
        """Of what was written, hexadecimal."""
        return self._digest.hexdigest()

    async def write(self, chunk: bytes) -> None:
        """Add to the end."""
        self.size += len(chunk)
        if self.size > self.most:
            return
        self.head += chunk[: HEAD - len(self.head)]
        self._digest.update(chunk)
        if self.size > IN_MEMORY:
            await asyncio.to_thread(self._kept.write, chunk)
        else:
            self._kept.write(chunk)

    def content(self) -> IO[bytes]:
        """What was written, from the beginning."""
        self._kept.seek(0)
        return self._kept

    def check(self, wanted: str, content_type: str, filename: str) -> MediaType:
        """The file's type, which its bytes and its size have to fit. Raises WrongMediaError or LargeMediaError.

        `wanted` is a MIME type, one of KINDS, or empty; `content_type` is what the file came with, which may be empty.
        The type is named as the caller names it, with parameters such as the codec.
        """
        if self.size == 0:
            raise WrongMediaError("The file is empty.")
        kind = wanted if wanted in KINDS else ""
        said = content_type if kind or not wanted else wanted
        found = self._guessed(filename, kind) if said.strip().lower() in _UNSAID else self._said(said)
        if kind not in ("", "document", found.kind, found.mime_type.partition("/")[0]):
            raise WrongMediaError(f"The file is {found.mime_type}, which is no {kind}.")
        most = min(self.most, most_of(found, self.head))
        if self.size > most:
            raise LargeMediaError(f"{found.mime_type} may have at most {most} bytes.")
        return found

    def _said(self, said: str) -> MediaType:
        found = media_type(said)
        if found is None:
            raise WrongMediaError(f"WhatsApp takes no {said[:100]}; it takes {', '.join(MEDIA_TYPES)}.")
        if found.mime_type not in may_be(self.head):
            raise WrongMediaError(f"The file is said to be {found.mime_type}, and does not begin like one.")
        named = said.strip().lower()
        return msgspec.structs.replace(found, mime_type=named) if named.startswith(found.mime_type) else found

    def _guessed(self, filename: str, kind: str) -> MediaType:
        possible = [MEDIA_TYPES[name] for name in may_be(self.head)]
        named = media_type_of_name(filename)
        if named in possible:
            return named
        fitting = [one for one in possible if one.kind == kind] or possible
        if not fitting or (len(fitting) > 1 and fitting[0].kind == "document"):
            raise WrongMediaError("The file does not show what it is, or is nothing that WhatsApp takes; say its type.")
        return fitting[0]


@contextlib.contextmanager
def media_file(most: int = MOST) -> Iterator[MediaFile]:
    """An empty file, gone after the block; a small one never gets to the disk."""
    with SpooledTemporaryFile(max_size=IN_MEMORY) as kept:
        yield MediaFile(kept, most)


def read_sha256(said: object) -> bytes | None:
    """A hash as Meta writes it: base64 in webhooks, hexadecimal in Graph's answers. None for anything else."""
    if not isinstance(said, str):
        return None
    try:
        digest = bytes.fromhex(said) if len(said) == 64 else base64.b64decode(said, validate=True)
    except ValueError:
        return None
    return digest if len(digest) == 32 else None


def clean_filename(given: str) -> str:
    """A name without folders, and without characters that a reader does not see or that turn the text around."""
    return _UNPRINTABLE.sub("", given.replace("\\", "/").rpartition("/")[2]).strip()[-LONGEST_NAME:]


def filename_for(found: MediaType, given: str) -> str:
    """The name to send a file under. Meta looks at the ending: the type has to be what it stands for."""
    name = clean_filename(given) or "file"
    return name if name.rpartition(".")[2].lower() in found.endings else f"{name}.{found.endings[0]}"
