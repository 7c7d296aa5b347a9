"""Which files WhatsApp takes, how large, what their first bytes look like, and one sample of each kind."""

import base64
import struct
import zlib

_MB = 1024 * 1024

# Source: Meta, Cloud API, Media, Supported media types.
LIMITS: dict[str, tuple[tuple[str, ...], int]] = {
    "audio": (("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"), 16 * _MB),
    "image": (("image/jpeg", "image/png"), 5 * _MB),
    "video": (("video/mp4", "video/3gpp"), 16 * _MB),
    "sticker": (("image/webp",), 500 * 1024),
    "document": (
        (
            "text/plain",
            "application/pdf",
            "application/msword",
            "application/vnd.ms-excel",
            "application/vnd.ms-powerpoint",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        ),
        100 * _MB,
    ),
}

_SIGNATURES = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (8, b"WEBP", "image/webp"),
    (0, b"OggS", "audio/ogg"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"%PDF-", "application/pdf"),
)


def kind_of(mime_type: str) -> str | None:
    """The message type a file is sent as, or None if WhatsApp does not take it."""
    bare = mime_type.partition(";")[0].strip().lower()
    return next((kind for kind, (types, _) in LIMITS.items() if bare in types), None)


def sniff(data: bytes) -> str | None:
    """What the first bytes say. MP4 is left out: the same bytes begin a video and an m4a."""
    return next((mime for offset, magic, mime in _SIGNATURES if data[offset:].startswith(magic)), None)


def sample(kind: str) -> tuple[str, bytes]:
    """A small file of this kind, for a customer's message that came without one: its MIME type and its bytes."""
    return _SAMPLES[kind]


def _png(width: int, height: int) -> bytes:
    """A soft diagonal gradient."""
    rows = b"".join(
        b"\x00" + b"".join(bytes((90 + 130 * x // width, 150, 120 + 110 * y // height)) for x in range(width))
        for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )


_PDF = b"""%PDF-1.1
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj
trailer<</Root 1 0 R>>
%%EOF
"""

# Audio and video are headers only: enough to be stored and passed on, not to be played.
_SAMPLES: dict[str, tuple[str, bytes]] = {
    "image": ("image/png", _png(240, 160)),
    "video": ("video/mp4", b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"),
    "audio": ("audio/ogg; codecs=opus", b"OggS\x00\x02" + bytes(22)),
    "document": ("application/pdf", _PDF),
    "sticker": ("image/webp", base64.b64decode("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")),
}
