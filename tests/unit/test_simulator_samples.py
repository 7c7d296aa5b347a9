"""The sample files are small, and are what their names say."""

import struct

import pytest

from cli.simulator.media_types import kind_of, sample, sniff

NAMES = ("image", "jpeg", "video", "audio", "document", "sticker", "animated_sticker")


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_small_and_of_its_type(name: str) -> None:
    mime_type, data = sample(name)
    assert 0 < len(data) < 16 * 1024
    assert kind_of(mime_type) is not None
    assert sniff(data) in (mime_type.partition(";")[0], None)


def test_the_png_has_an_alpha_channel() -> None:
    width, height, depth, color = struct.unpack(">IIBB", sample("image")[1][16:26])
    assert (width, height, depth, color) == (160, 160, 8, 6)


def test_the_video_has_a_picture_and_a_sound() -> None:
    data = sample("video")[1]
    assert data[4:8] == b"ftyp"
    assert all(box in data for box in (b"moov", b"mdat", b"avc1", b"mp4a"))
    assert data.index(b"moov") < data.index(b"mdat")


def test_the_voice_note_is_four_seconds_of_opus_in_mono() -> None:
    data = sample("audio")[1]
    head = data.index(b"OpusHead")
    channels, pre_skip = struct.unpack("<BH", data[head + 9 : head + 12])
    (granules,) = struct.unpack("<q", data[data.rindex(b"OggS") + 6 :][:8])
    assert channels == 1
    assert 3.9 < (granules - pre_skip) / 48000 < 4.1


def test_the_document_has_a_page() -> None:
    data = sample("document")[1]
    assert data.startswith(b"%PDF-1.4")
    assert b"/Count 1" in data
    table = int(data.rsplit(b"startxref\n", 1)[1].split()[0])
    assert data[table:].startswith(b"xref")


@pytest.mark.parametrize(("name", "animated"), [("sticker", False), ("animated_sticker", True)])
def test_stickers(name: str, animated: bool) -> None:
    data = sample(name)[1]
    assert data[:4] + data[8:12] == b"RIFFWEBP"
    assert (b"ANIM" in data) is animated
    assert data.count(b"ANMF") == (4 if animated else 0)
