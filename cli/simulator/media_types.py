"""Which files WhatsApp takes, how large, what their first bytes look like, and samples of each kind."""

import functools
from pathlib import Path

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


# One small real file of each kind, made for this simulator: what a decoder would find in it is said in each name.
_FOLDER = Path(__file__).parent / "samples"
SAMPLES: dict[str, tuple[str, str]] = {
    "image": ("image/png", "transparent.png"),
    "jpeg": ("image/jpeg", "photo.jpg"),
    "video": ("video/mp4", "video.mp4"),
    "audio": ("audio/ogg; codecs=opus", "voice.ogg"),
    "document": ("application/pdf", "page.pdf"),
    "sticker": ("image/webp", "sticker.webp"),
    "animated_sticker": ("image/webp", "animated_sticker.webp"),
}


@functools.cache
def sample(name: str) -> tuple[str, bytes]:
    """A small file: its MIME type and its bytes. Each media type has one under its own name, for a message that came
    without a file; `jpeg` and `animated_sticker` are two more. Raise KeyError for any other name.

    The PNG has an alpha channel, the MP4 a second of H.264 (baseline) and AAC, the Ogg file four seconds of Opus in
    mono, the PDF one page.
    """
    mime_type, filename = SAMPLES[name]
    return mime_type, (_FOLDER / filename).read_bytes()
