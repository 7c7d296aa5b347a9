"""What a file is and shows: has decoder.py look into it, or converter.py make another of it, in a process that it
cannot harm us from.
"""

import asyncio
import contextlib
import errno
import sys
from collections.abc import AsyncIterator
from typing import IO, Annotated, Literal

import msgspec
import structlog
from msgspec import Meta

from shared.media import converter, decoder
from shared.media.decoder import BARS, DECODED

log = structlog.get_logger()

AT_ONCE = 2  # each may take a core, and MEMORY
WAIT_SECONDS = 60.0
_MOST_PRINTED = 4 * 1024 * 1024

Length = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Codec = Annotated[str, Meta(max_length=40)]
Problem = Literal["damaged", "no_sound", "too_long", "too_many_pixels"]


class Findings(msgspec.Struct, omit_defaults=True):
    """What was found out. Sizes in pixels as shown, of films and pictures; `film` is false for an MP4 that only has
    sound; codecs by FFmpeg's names; `thumbnail` is WebP. `mime_type` is of what the converter has written.
    """

    width: Length | None = None
    height: Length | None = None
    duration_ms: Length | None = None
    pages: Length | None = None
    film: bool | None = None
    film_codec: Codec | None = None
    sound_codec: Codec | None = None
    channels: Length | None = None
    waveform: Annotated[list[Annotated[int, Meta(ge=0, le=255)]], Meta(min_length=BARS, max_length=BARS)] | None = None
    thumbnail: bytes | None = None
    mime_type: Literal["image/jpeg", "image/png", "audio/ogg"] | None = None
    problem: Problem | None = None

    def loudness(self) -> bytes | None:
        """The waveform as `media` keeps it."""
        return None if self.waveform is None else bytes(self.waveform)


_decode_line = msgspec.json.Decoder(Findings).decode


class Inspector:
    """Looks into files and converts them, AT_ONCE of them at the same time. Either raises TimeoutError if no place
    becomes free within WAIT_SECONDS.
    """

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(AT_ONCE)

    async def inspect(self, file: IO[bytes], mime_type: str) -> Findings:
        """What can be found out; nothing for a type that is not decoded, and less for a file that breaks the decoder.

        `file` has a descriptor, and is as it was but for its position.
        """
        if mime_type not in DECODED:
            return Findings()
        async with self._place():
            printed, status = await _run(file, "decoder", mime_type, decoder.SECONDS)
        if status != 0:
            log.warning("media_not_decoded", mime_type=mime_type, status=status)
        return _read(printed)

    async def convert(self, file: IO[bytes], mime_type: str, output: IO[bytes]) -> Findings:
        """Have a picture or a recording made into what WhatsApp takes, in `output`, an empty file with a descriptor.

        `mime_type` is one of converter.py's. The Findings have the `mime_type` of what is in `output`, or a `problem`.
        Raises OSError if the disk is full.
        """
        async with self._place():
            printed, status = await _run(file, "converter", mime_type, converter.SECONDS, output)
        if status == converter.DISK_FULL:
            raise OSError(errno.ENOSPC, "the disk is full")
        found = _read(printed)
        if status != 0:
            log.warning("media_not_converted", mime_type=mime_type, status=status)
        if status != 0 or (found.mime_type is None and found.problem is None):
            found.problem = "damaged"
        return found

    @contextlib.asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await self._places.acquire()
        except TimeoutError as error:
            raise TimeoutError("too many files are looked into") from error
        try:
            yield
        finally:
            self._places.release()


async def _run(
    file: IO[bytes], module: str, mime_type: str, seconds: float, output: IO[bytes] | None = None
) -> tuple[bytes, int | None]:
    """What the process printed, and its exit status."""
    descriptor = file.fileno()  # which may be what brings a small file to the disk
    file.flush()
    written = () if output is None else (output.fileno(),)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-m", f"shared.media.{module}", mime_type, *map(str, written)),
        stdin=descriptor,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        pass_fds=written,
        env={},
        start_new_session=True,  # a Ctrl-C is for the server, which lets it end
    )
    printed = b""
    try:
        async with asyncio.timeout(seconds):
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
    """All whole lines together. What the process says is checked: the file may have made it say anything."""
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
