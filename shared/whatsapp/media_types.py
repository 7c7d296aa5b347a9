"""The files that WhatsApp takes: their types, how large they may be, and how they begin.

Meta: Cloud API, "Media", "Supported media types"; Kapso: "Media", limits.
"""

import re
from typing import Literal

import msgspec

KiB, MiB = 1024, 1024 * 1024

Kind = Literal["image", "video", "audio", "document", "sticker"]

UNKNOWN = "application/octet-stream"

HEAD = 1024
"""The bytes of a file's beginning that `may_be` wants to see."""


class MediaType(msgspec.Struct, frozen=True):
    """`most` is in bytes; `endings` are those of file names, the usual one first."""

    mime_type: str
    kind: Kind
    most: int
    endings: tuple[str, ...]


_OFFICE = "application/vnd.openxmlformats-officedocument"

MEDIA_TYPES: dict[str, MediaType] = {
    one.mime_type: one
    for one in (
        MediaType("image/jpeg", "image", 5 * MiB, ("jpg", "jpeg")),
        MediaType("image/png", "image", 5 * MiB, ("png",)),
        MediaType("image/webp", "sticker", 500 * KiB, ("webp",)),
        MediaType("video/mp4", "video", 16 * MiB, ("mp4", "m4v")),
        MediaType("video/3gpp", "video", 16 * MiB, ("3gp", "3gpp")),
        MediaType("audio/aac", "audio", 16 * MiB, ("aac",)),
        MediaType("audio/amr", "audio", 16 * MiB, ("amr",)),
        MediaType("audio/mpeg", "audio", 16 * MiB, ("mp3",)),
        MediaType("audio/mp4", "audio", 16 * MiB, ("m4a",)),
        MediaType("audio/ogg", "audio", 16 * MiB, ("ogg", "opus")),
        MediaType("application/pdf", "document", 100 * MiB, ("pdf",)),
        MediaType("text/plain", "document", 100 * MiB, ("txt",)),
        MediaType("application/msword", "document", 100 * MiB, ("doc",)),
        MediaType("application/vnd.ms-excel", "document", 100 * MiB, ("xls",)),
        MediaType("application/vnd.ms-powerpoint", "document", 100 * MiB, ("ppt",)),
        MediaType(f"{_OFFICE}.wordprocessingml.document", "document", 100 * MiB, ("docx",)),
        MediaType(f"{_OFFICE}.spreadsheetml.sheet", "document", 100 * MiB, ("xlsx",)),
        MediaType(f"{_OFFICE}.presentationml.presentation", "document", 100 * MiB, ("pptx",)),
    )
}
STILL_STICKER = 100 * KiB
"""The most of a sticker that does not move, in bytes."""

MOST = max(one.most for one in MEDIA_TYPES.values())
"""The most of any file, in bytes."""

# What programs call them that know them by another name.
_ALIASES = {
    "image/jpg": "image/jpeg",
    "video/3gp": "video/3gpp",
    "audio/mp3": "audio/mpeg",
    "audio/m4a": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
    "audio/opus": "audio/ogg",
}
_PARAMETERS = re.compile(r"(\s*;\s*[\w-]+=[\w.,-]+)*", re.ASCII)

_ZIP = tuple(name for name in MEDIA_TYPES if name.startswith(_OFFICE))
_OLE = ("application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint")
# Where the bytes are, what they are, and the types whose files begin so.
_SIGNATURES: tuple[tuple[int, bytes, tuple[str, ...]], ...] = (
    (0, b"\xff\xd8\xff", ("image/jpeg",)),
    (0, b"\x89PNG\r\n\x1a\n", ("image/png",)),
    (8, b"WEBP", ("image/webp",)),
    (4, b"ftypM4A", ("audio/mp4",)),
    (4, b"ftypM4B", ("audio/mp4",)),
    (4, b"ftypqt", ()),
    (4, b"ftyphe", ()),
    (4, b"ftypmif1", ()),
    (4, b"ftypavif", ()),
    (4, b"ftyp", ("video/mp4", "video/3gpp", "audio/mp4")),
    (0, b"OggS", ("audio/ogg",)),
    (0, b"#!AMR", ("audio/amr",)),
    (0, b"ID3", ("audio/mpeg", "audio/aac")),
    (0, b"%PDF-", ("application/pdf",)),
    (0, b"PK\x03\x04", _ZIP),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OLE),
    (0, b"{\\rtf", ("application/msword", "text/plain")),
    (0, b"\xff\xfe", ("text/plain",)),
    (0, b"\xfe\xff", ("text/plain",)),
)


def media_type(mime_type: str) -> MediaType | None:
    """The type that a Content-Type names, with or without parameters; None if WhatsApp does not take such files."""
    name, semicolon, rest = mime_type.partition(";")
    if not _PARAMETERS.fullmatch(semicolon + rest):
        return None
    name = name.strip().lower()
    return MEDIA_TYPES.get(_ALIASES.get(name, name))


def media_type_of_name(filename: str) -> MediaType | None:
    """The type that the ending of a file's name stands for."""
    ending = filename.rpartition(".")[2].lower()
    return next((one for one in MEDIA_TYPES.values() if ending in one.endings), None)


def may_be(head: bytes) -> tuple[str, ...]:
    """The MIME types that a file which begins with `head` may have; none if nothing that WhatsApp takes begins so."""
    for offset, signature, names in _SIGNATURES:
        if head.startswith(signature, offset):
            return names
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:  # ISO/IEC 11172-3, 13818-7: sync word and layer
        return ("audio/aac",) if head[1] & 0x06 == 0 else ("audio/mpeg",)
    return () if b"\x00" in head else ("text/plain",)


def type_of(head: bytes, said: str) -> str:
    """The MIME type of a file that begins with `head`, whatever it is called; `said` decides only between those that
    begin alike. `application/octet-stream` for what WhatsApp does not know, or cannot tell by its beginning.
    """
    possible = may_be(head)
    named = media_type(said)
    if named is not None and named.mime_type in possible:
        return named.mime_type
    if len(possible) == 1 or (possible and MEDIA_TYPES[possible[0]].kind != "document"):
        return possible[0]
    return UNKNOWN


def most_of(wanted: MediaType, head: bytes) -> int:
    """The most bytes of a file of this type that begins with `head`; a sticker that moves may be larger."""
    moves = head[12:16] == b"VP8X" and len(head) > 20 and bool(head[20] & 0x02)  # WebP container: "Animation"
    return STILL_STICKER if wanted.kind == "sticker" and not moves else wanted.most
