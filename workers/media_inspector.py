"""What a file is and shows: has media_decoder.py look into it, in a process that it cannot harm us from."""

import asyncio
import sys
from typing import IO, Annotated

import msgspec
import structlog
from msgspec import Meta

from workers.media_decoder import BARS, DECODED, SECONDS

log = structlog.get_logger()

AT_ONCE = 2  # each may take a core, and MEMORY
_MOST_PRINTED = 4 * 1024 * 1024

Length = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class Findings(msgspec.Struct, omit_defaults=True):
    """What was found out. Sizes in pixels as shown, of films and pictures; `film` is false for an MP4 that only has
    sound; `thumbnail` is WebP.
    """

    width: Length | None = None
    height: Length | None = None
    duration_ms: Length | None = None
    pages: Length | None = None
    film: bool | None = None
    waveform: Annotated[list[Annotated[int, Meta(ge=0, le=255)]], Meta(min_length=BARS, max_length=BARS)] | None = None
    thumbnail: bytes | None = None


_decode_line = msgspec.json.Decoder(Findings).decode


class Inspector:
    """Looks into files, AT_ONCE of them at the same time."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(AT_ONCE)

    async def inspect(self, file: IO[bytes], mime_type: str) -> Findings:
        """What can be found out; nothing for a type that is not decoded, and less for a file that breaks the decoder.

        `file` has a descriptor, and is as it was but for its position.
        """
        if mime_type not in DECODED:
            return Findings()
        async with self._places:
            printed, status = await _decode(file, mime_type)
        if status != 0:
            log.warning("media_not_decoded", mime_type=mime_type, status=status)
        return _read(printed)


async def _decode(file: IO[bytes], mime_type: str) -> tuple[bytes, int | None]:
    """What the decoder printed, and its exit status."""
    descriptor = file.fileno()  # which may be what brings a small file to the disk
    file.flush()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-m", "workers.media_decoder", mime_type),
        stdin=descriptor,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={},
        start_new_session=True,  # a Ctrl-C is for the worker, which lets it end
    )
    printed = b""
    try:
        async with asyncio.timeout(SECONDS):
            assert process.stdout is not None
            while len(printed) < _MOST_PRINTED and (piece := await process.stdout.read(65536)):
                printed += piece
            await process.wait()
    except TimeoutError:
        pass  # what it has printed so far is good
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return printed, process.returncode


def _read(printed: bytes) -> Findings:
    """All whole lines together. What the decoder says is checked: the file may have made it say anything."""
    found = Findings()
    for line in printed.split(b"\n")[:-1]:
        try:
            said = _decode_line(line)
        except msgspec.DecodeError:
            break
        for name in said.__struct_fields__:
            value = getattr(said, name)
            if value is not None:
                setattr(found, name, value)
    return found
