"""What the decoder's process finds in files, and that its limits hold."""

import asyncio
import io
import signal
import struct
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

import pytest
from PIL import Image

from cli.simulator.media_types import sample
from shared.media.inspector import Findings, Inspector
from tests.desk import recording
from tests.media import bomb_of_memory, jpeg


def _file(data: bytes) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it is collected
    file.write(data)
    return file


def _full_disk() -> IO[bytes]:
    return Path("/dev/full").open("w+b")


async def _inspect(data: bytes, mime_type: str) -> Findings:
    with _file(data) as file:
        return await Inspector().inspect(file, mime_type)


def _turned(film: bytes) -> bytes:
    """The film as a phone records it that is held upright (ISO/IEC 14496-12, "Track Header Box": the matrix)."""
    data = bytearray(film)
    matrix = data.index(b"tkhd") + 4 + 40
    data[matrix : matrix + 36] = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)
    return bytes(data)


async def test_a_film_that_was_recorded_upright_is_shown_upright() -> None:
    flat = await _inspect(sample("video")[1], "video/mp4")
    upright = await _inspect(_turned(sample("video")[1]), "video/mp4")
    assert (flat.width, flat.height, flat.film) == (320, 240, True)
    assert (upright.width, upright.height) == (240, 320)
    assert upright.thumbnail is not None
    assert Image.open(io.BytesIO(upright.thumbnail)).size == (240, 320)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "RGB", "RGBA"])
async def test_a_picture_may_have_any_colours(mode: str) -> None:
    encoded = io.BytesIO()
    Image.new(mode, (1000, 500)).save(encoded, "PNG")
    found = await _inspect(encoded.getvalue(), "image/png")
    assert (found.width, found.height) == (1000, 500)
    assert found.thumbnail is not None
    assert Image.open(io.BytesIO(found.thumbnail)).size == (480, 240)


async def test_a_grey_picture_of_16_bits_is_not_white() -> None:
    encoded = io.BytesIO()
    Image.new("I;16", (300, 200), 0x8000).save(encoded, "PNG")
    found = await _inspect(encoded.getvalue(), "image/png")
    assert found.thumbnail is not None
    small: Any = Image.open(io.BytesIO(found.thumbnail))
    assert all(0x78 < darkest <= lightest < 0x88 for darkest, lightest in small.getextrema())


async def test_a_file_is_opened_as_what_its_bytes_say_and_as_nothing_else() -> None:
    """FFmpeg would play this list, whatever its name, and open the file that it names."""
    playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
    for mime_type in ("video/mp4", "audio/ogg", "audio/mpeg", "audio/aac"):
        assert await _inspect(playlist, mime_type) == Findings()


async def test_what_was_found_before_the_end_is_kept() -> None:
    found = await _inspect(bomb_of_memory(), "image/jpeg")
    assert (found.width, found.height, found.thumbnail) == (40_000, 40_000, None)


async def test_a_cut_off_photo_has_no_picture() -> None:
    assert (await _inspect(jpeg()[:-2000], "image/jpeg")).thumbnail is None


async def test_a_disk_that_is_full_is_not_the_files_fault() -> None:
    for data, mime_type in ((jpeg(), "image/jpeg"), (recording("webm", 1), "audio/webm")):
        with _file(data) as file, _full_disk() as full, pytest.raises(OSError, match="disk is full"):
            await Inspector().convert(file, mime_type, full)


async def test_the_type_of_a_document_starts_no_process() -> None:
    assert await _inspect(b"PK\x03\x04", "application/zip") == Findings()


@pytest.mark.parametrize(
    ("seconds", "greedy", "ends", "says"),
    [
        ("1, 60", "while True: pass", {-signal.SIGXCPU, -signal.SIGKILL}, b""),
        ("20, 1", "import time; time.sleep(60)", {-signal.SIGALRM}, b""),
        ("20, 60", "bytearray(limits.MEMORY)", {1}, b"MemoryError"),
        (
            "20, 60",
            "import os; os.write(os.memfd_create('file'), b'x')",
            {1},
            b"File too large",
        ),
    ],
)
async def test_what_wants_too_much_ends(seconds: str, greedy: str, ends: set[int], says: bytes) -> None:
    code = f"from shared.media import limits\nlimits.limit_process({seconds})\n{greedy}"
    process = await asyncio.create_subprocess_exec(sys.executable, "-I", "-c", code, stderr=asyncio.subprocess.PIPE)
    _, errors = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode in ends
    assert says in errors
