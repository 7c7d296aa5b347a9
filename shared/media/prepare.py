"""What a person's file has to be before it can be sent: of a type that WhatsApp takes, or made into one."""

import asyncio
import contextlib
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator
from typing import IO

import msgspec

from shared.events import UploadKind
from shared.media.converter import LONGEST_SECONDS, MOST_PICTURE, PICTURES, RECORDINGS
from shared.media.inspector import Findings, Inspector, Problem
from shared.media.limits import MOST_PIXELS
from shared.whatsapp.media_file import LargeMediaError, MediaFile, WrongMediaError
from shared.whatsapp.media_types import UNKNOWN, MiB, may_be, media_type

MOST: dict[UploadKind, int] = {
    "image": 50 * MiB,  # more than WhatsApp takes, since it is made smaller
    "video": 16 * MiB,
    "audio": 16 * MiB,
    "voice": 16 * MiB,
    "document": 100 * MiB,
    "sticker": 500 * 1024,
}
"""The most bytes of a file as it is uploaded, by what it is to be sent as."""

_MAY_BE: dict[UploadKind, str] = {
    "image": "a JPEG, PNG, WebP, GIF, BMP or AVIF picture",
    "video": "an MP4 or 3GP film with H.264 and AAC",
    "audio": "MP3, M4A, AAC, AMR, or Ogg with Opus in one channel",
    "voice": "a recording as WebM, Ogg or MP4",
    "document": "PDF, text, Word, Excel, PowerPoint, or any other type that WhatsApp takes",
    "sticker": "a WebP picture",
}
_PROBLEMS: dict[Problem, str] = {
    "damaged": "The file is damaged, or not what it says it is.",
    "no_sound": "There is no sound in the recording.",
    "too_long": f"A voice message may last at most {LONGEST_SECONDS // 60} minutes.",
    "too_many_pixels": f"The picture may have at most {MOST_PIXELS // 1_000_000} megapixels; make it smaller.",
}
_BEGINNINGS = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (8, b"WEBP", "image/webp"),
    (0, b"GIF8", "image/gif"),
    (0, b"BM", "image/bmp"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypavis", "image/avif"),
    (4, b"ftyphe", "image/heic"),
    (4, b"ftypmif1", "image/heic"),
    (0, b"\x1aE\xdf\xa3", "audio/webm"),
    (0, b"OggS", "audio/ogg"),
    (4, b"ftyp", "audio/mp4"),
)
_CODECS = {
    "audio/ogg": {"opus"},
    "audio/mp4": {"aac"},
    "audio/aac": {"aac"},
    "audio/amr": {"amr_nb", "amr_wb"},
    "audio/mpeg": {"mp3"},
}


class PreparedFile(msgspec.Struct):
    """A file as it is sent; `content` is at no particular place. `size` is in bytes."""

    content: IO[bytes]
    mime_type: str
    size: int
    sha256: bytes
    found: Findings


@contextlib.asynccontextmanager
async def prepared(
    inspector: Inspector, file: MediaFile, kind: UploadKind, content_type: str, filename: str
) -> AsyncIterator[PreparedFile]:
    """The file as WhatsApp takes it, until the end of the block. What it is called only decides between types whose
    files begin alike.

    Raises WrongMediaError, whose text says to a person what to do, or LargeMediaError.
    """
    if file.size == 0:
        raise WrongMediaError("The file is empty.")
    if file.size > file.most:
        raise LargeMediaError(f"As {kind}, a file may have at most {_words(file.most)}.")
    if kind in ("image", "voice"):
        with tempfile.TemporaryFile() as output:
            yield await _converted(inspector, file, kind, output)
    else:
        mime_type = _checked(file, kind, content_type, filename)
        found = await inspector.inspect(file.content(), mime_type)
        _check_contents(kind, mime_type, found)
        yield PreparedFile(file.content(), mime_type, file.size, bytes.fromhex(file.sha256), found)


async def _converted(inspector: Inspector, file: MediaFile, kind: UploadKind, output: IO[bytes]) -> PreparedFile:
    source = next((name for offset, start, name in _BEGINNINGS if file.head.startswith(start, offset)), UNKNOWN)
    if source == "image/heic":
        raise WrongMediaError("WhatsApp takes no HEIC pictures; save it as JPEG first.")
    if source not in (PICTURES if kind == "image" else RECORDINGS):
        raise _wrong(kind)
    found = await inspector.convert(file.content(), source, output)
    if found.problem is not None:
        raise WrongMediaError(_PROBLEMS[found.problem])
    assert found.mime_type is not None
    size = output.seek(0, os.SEEK_END)
    if found.mime_type.startswith("image/") and size > MOST_PICTURE:
        raise LargeMediaError("The picture is too large; make it smaller.")
    return PreparedFile(output, found.mime_type, size, await asyncio.to_thread(_sha256, output), found)


def _checked(file: MediaFile, kind: UploadKind, content_type: str, filename: str) -> str:
    """The MIME type that the bytes have."""
    said = media_type(content_type)
    hint = said.mime_type if said is not None and said.mime_type in may_be(file.head) else ""
    try:
        return file.check(kind, hint, filename).mime_type
    except LargeMediaError:
        raise
    except WrongMediaError as error:
        raise _wrong(kind) from error


def _check_contents(kind: UploadKind, mime_type: str, found: Findings) -> None:
    """What the first bytes do not tell. A document goes as it is."""
    if kind == "video":
        if not found.film or found.width is None:
            raise WrongMediaError(_PROBLEMS["damaged"])
        if found.film_codec != "h264" or found.sound_codec not in (None, "aac"):
            codecs = " and ".join(one for one in (found.film_codec, found.sound_codec) if one)
            raise WrongMediaError(f"WhatsApp shows films with H.264 and AAC; this one has {codecs}. Convert it first.")
    elif kind == "audio":
        if found.waveform is None:
            raise WrongMediaError(_PROBLEMS["damaged"])
        if found.sound_codec not in _CODECS[mime_type] or (mime_type == "audio/ogg" and found.channels != 1):
            raise _wrong(kind)
    elif kind == "sticker" and found.thumbnail is None:
        raise WrongMediaError(_PROBLEMS["damaged"])


def _wrong(kind: UploadKind) -> WrongMediaError:
    return WrongMediaError(f"This cannot be sent as {kind}; that has to be {_MAY_BE[kind]}.")


def _words(size: int) -> str:
    return f"{size // MiB} MB" if size >= MiB else f"{size // 1024} KB"


def _sha256(file: IO[bytes]) -> bytes:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").digest()  # type: ignore[arg-type]
