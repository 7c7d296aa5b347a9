"""Which files WhatsApp takes, and what they must begin with."""

import hashlib

import pytest

from shared.whatsapp.media_file import LargeMediaError, WrongMediaError, filename_for, media_file
from shared.whatsapp.media_types import MEDIA_TYPES, MiB, may_be, media_type

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
STILL = b"RIFF\x1a\x00\x00\x00WEBPVP8L" + bytes(12)
MOVING = b"RIFF\x1a\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00" + bytes(8)
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"
M4A = b"\x00\x00\x00\x18ftypM4A \x00\x00\x00\x00"
THREE_GP = b"\x00\x00\x00\x18ftyp3gp5\x00\x00\x00\x00"
OGG = b"OggS\x00\x02" + bytes(22) + b"OpusHead"
MP3 = b"ID3\x04\x00\x00\x00\x00\x00\x00"
FRAME = b"\xff\xfb\x90\x00"
AAC = b"\xff\xf1\x50\x80"
AMR = b"#!AMR\n"
PDF = b"%PDF-1.7\n"
ZIP = b"PK\x03\x04\x14\x00"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
TEXT = "Größe: 3 Äpfel".encode()
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

BEGINNINGS: dict[str, tuple[bytes, ...]] = {
    "image/jpeg": (JPEG,),
    "image/png": (PNG,),
    "image/webp": (STILL, MOVING),
    "video/mp4": (MP4, THREE_GP),
    "video/3gpp": (THREE_GP, MP4),
    "audio/aac": (AAC, MP3),
    "audio/amr": (AMR,),
    "audio/mpeg": (MP3, FRAME),
    "audio/mp4": (M4A, MP4),
    "audio/ogg": (OGG,),
    "application/pdf": (PDF,),
    "text/plain": (TEXT, b"{\\rtf1", "\ufeffé".encode("utf-16-le"), "\ufeffé".encode("utf-16-be")),
    **dict.fromkeys([name for name in MEDIA_TYPES if "openxml" in name], (ZIP,)),
    **dict.fromkeys(["application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"], (OLE,)),
}
NOTHING = (
    b"GIF89a\x00\x00",
    b"RIFF\x24\x00\x00\x00WAVEfmt \x00",
    b"\x1aE\xdf\xa3\x01\x00",  # WebM
    b"\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00",
    b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00",
    b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00",
    b"\x7fELF\x02\x01\x01\x00",
    b"MZ\x90\x00\x03\x00",
    bytes(64),
)


def test_every_type_is_known_by_how_its_files_begin() -> None:
    assert set(BEGINNINGS) == set(MEDIA_TYPES)
    for mime_type, beginnings in BEGINNINGS.items():
        for head in beginnings:
            assert mime_type in may_be(head), (mime_type, head)


@pytest.mark.parametrize("head", NOTHING)
def test_what_whatsapp_does_not_take_begins_like_none_of_them(head: bytes) -> None:
    assert may_be(head) == ()


def test_a_file_begins_like_no_type_of_another_kind() -> None:
    for head in (JPEG, PNG, STILL, MP4, OGG, FRAME, AAC, AMR, PDF, ZIP, OLE, TEXT):
        majors = {name.partition("/")[0] for name in may_be(head)}
        assert len(majors) == 1 or majors == {"video", "audio"}, head


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("image/jpeg", "image/jpeg"),
        ("IMAGE/JPEG", "image/jpeg"),
        ("image/jpg", "image/jpeg"),
        ("audio/ogg; codecs=opus", "audio/ogg"),
        ("audio/ogg;codecs=opus", "audio/ogg"),
        ("audio/mp3", "audio/mpeg"),
        ("text/plain; charset=utf-8", "text/plain"),
        ("image/gif", None),
        ("image", None),
        ("", None),
        ("text/html", None),
        ("text/plain\r\nX: y", None),
        ("text/plain; charset=utf-8\r\nX: y", None),
        ('text/plain; name="a"', None),
    ],
)
def test_types_go_by_several_names(said: str, known: str | None) -> None:
    found = media_type(said)
    assert (None if found is None else found.mime_type) == known


async def _check(data: bytes, wanted: str = "", content_type: str = "", filename: str = "") -> str:
    with media_file() as file:
        await file.write(data)
        return file.check(wanted, content_type, filename).mime_type


@pytest.mark.parametrize(
    ("data", "wanted", "content_type", "filename", "found"),
    [
        (PNG, "image/png", "", "", "image/png"),
        (PNG, "image", "image/png", "", "image/png"),
        (PNG, "", "image/png", "", "image/png"),
        (PNG, "image", "application/octet-stream", "", "image/png"),
        (PNG, "", "", "", "image/png"),
        (PNG, "document", "image/png", "", "image/png"),
        (STILL, "image", "image/webp", "", "image/webp"),
        (STILL, "sticker", "", "", "image/webp"),
        (OGG, "audio", "audio/ogg; codecs=opus", "", "audio/ogg; codecs=opus"),
        (OGG, "audio/opus", "", "", "audio/ogg"),
        (MP4, "video", "", "", "video/mp4"),
        (MP4, "audio", "", "", "audio/mp4"),
        (MP4, "", "", "voice.m4a", "audio/mp4"),
        (ZIP, "document", "application/octet-stream", "Letter.DOCX", DOCX),
        (TEXT, "document", "", "", "text/plain"),
    ],
)
async def test_a_type_is_what_the_caller_says_or_what_the_bytes_show(
    data: bytes, wanted: str, content_type: str, filename: str, found: str
) -> None:
    assert await _check(data, wanted, content_type, filename) == found


@pytest.mark.parametrize(
    ("data", "wanted", "content_type", "words"),
    [
        (b"", "image/png", "", "empty"),
        (JPEG, "image/png", "", "does not begin like"),
        (PNG, "", "image/jpeg", "does not begin like"),
        (b"<html>", "application/pdf", "", "does not begin like"),
        (PDF, "text/plain", "", "does not begin like"),
        (PNG, "video", "image/png", "no video"),
        (PNG, "sticker", "image/png", "no sticker"),
        (b"GIF89a\x00", "image/gif", "", "takes no image/gif"),
        (b"GIF89a\x00", "image", "", "does not show what it is"),
        (ZIP, "document", "", "does not show what it is"),
        (PNG, "picture", "image/png", "takes no picture"),
    ],
)
async def test_what_is_not_what_it_is_said_to_be_is_refused(
    data: bytes, wanted: str, content_type: str, words: str
) -> None:
    with pytest.raises(WrongMediaError, match=words):
        await _check(data, wanted, content_type)


@pytest.mark.parametrize(
    ("head", "wanted", "most"),
    [
        (PNG, "image/png", 5 * MiB),
        (MP4, "video/mp4", 16 * MiB),
        (OGG, "audio/ogg", 16 * MiB),
        (STILL, "image/webp", 100 * 1024),
        (MOVING, "image/webp", 500 * 1024),
    ],
)
async def test_each_type_has_a_largest_size(head: bytes, wanted: str, most: int) -> None:
    assert await _check(head.ljust(most, b"\x00"), wanted) == wanted
    with pytest.raises(LargeMediaError, match=str(most)):
        await _check(head.ljust(most + 1, b"\x00"), wanted)


async def test_a_file_is_kept_as_it_was_written_and_no_further_than_its_most() -> None:
    with media_file(most=1000) as file:
        for _ in range(10):
            await file.write(b"a" * 100)
        assert (file.size, file.sha256) == (1000, hashlib.sha256(b"a" * 1000).hexdigest())
        assert file.content().read() == b"a" * 1000
        await file.write(b"a")
        assert (file.size, file.content().read()) == (1001, b"a" * 1000)
        with pytest.raises(LargeMediaError):
            file.check("text/plain", "", "")


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("lamp.png", "lamp.png"),
        ("lamp.PNG", "lamp.PNG"),
        ("lamp.mp4", "lamp.mp4.png"),
        ("lamp", "lamp.png"),
        ("", "file.png"),
        ("../../etc/passwd", "passwd.png"),
        ("C:\\photos\\lamp.png", "lamp.png"),
        ('a"\r\nX-Evil: 1.png', 'a"X-Evil: 1.png'),
        ("\u202egnp.exe", "gnp.exe.png"),
        ("a" * 300 + ".png", "a" * 236 + ".png"),
        ("größe.png", "größe.png"),
    ],
)
def test_a_name_fits_the_type_and_is_only_a_name(given: str, name: str) -> None:
    assert filename_for(MEDIA_TYPES["image/png"], given) == name
