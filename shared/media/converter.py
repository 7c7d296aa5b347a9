"""Makes a picture or a recording into what WhatsApp takes, in a process of its own (decoder.py says why):
`python -I -m shared.media.converter image/webp 5 < file`, where 5 is the descriptor of an empty file to write to.

It prints the type of what it wrote, and then what there is to find in it; or a `problem`.
"""

import errno
import io
import math
import sys
from typing import IO, Any

from shared.media.decoder import look, with_8_bits
from shared.media.limits import MOST_PIXELS, limit_process, report

MiB = 1024 * 1024

MOST_PICTURE = 5 * MiB
MOST_WRITTEN = 16 * MiB
LONGEST_SIDE = 2560  # pixels; WhatsApp shows no more, in its best quality
QUALITIES = (90, 80, 65, 50)
LONGEST_SECONDS = 15 * 60
CPU_SECONDS = 60  # of which the longest recording takes half
SECONDS = 120
RATE = 48_000  # samples a second
DISK_FULL = 3  # the exit status that says so
BIT_RATE = 32_000  # what voice needs in Opus (RFC 7587, section 3.1.1)

PICTURES = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/bmp": "BMP",
    "image/avif": "AVIF",
}
"""The pictures that can be made into one that WhatsApp takes, with Pillow's names of the formats."""

RECORDINGS = {
    "audio/webm": "matroska",
    "audio/ogg": "ogg",
    "audio/mp4": "mov",
}
"""What browsers' recorders make, with FFmpeg's names of the formats."""


class ProblemError(Exception):
    """The file cannot be sent; the text is a `problem` of Findings."""


def picture(file: IO[bytes], name: str, output: IO[bytes]) -> str:
    """Write a picture of at most LONGEST_SIDE pixels and MOST_PICTURE bytes; returns its type. Always anew, from the
    pixels: of what stands between and behind them no library knows all.
    """
    from PIL import Image, ImageOps  # noqa: PLC0415 - under the limits

    Image.MAX_IMAGE_PIXELS = None  # it would warn; the limit below refuses
    with Image.open(file, formats=(name,)) as image:
        if math.prod(image.size) > MOST_PIXELS:
            raise ProblemError("too_many_pixels")
        colours = image.info.get("icc_profile") if image.mode in ("RGB", "RGBA") else None
        image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is decoded no larger than it has to be
        shallow = with_8_bits(image)
        drawn = shallow.convert("RGBA" if shallow.has_transparency_data else "RGB")
    drawn.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    drawn = ImageOps.exif_transpose(drawn)
    drawn.info = {} if colours is None else {"icc_profile": colours}
    mime_type, encoded = _encoded(drawn, is_drawing=name in ("PNG", "GIF", "BMP"))
    output.write(encoded)
    return mime_type


def _encoded(image: Any, *, is_drawing: bool) -> tuple[str, bytes]:
    """Its type and its bytes: PNG for what is drawn or has holes, if that is small enough; else JPEG, on white."""
    from PIL import Image  # noqa: PLC0415

    if is_drawing or image.mode == "RGBA":
        encoded = io.BytesIO()
        image.save(encoded, "PNG")
        if encoded.tell() <= MOST_PICTURE:
            return "image/png", encoded.getvalue()
    if image.mode == "RGBA":
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        white.info = image.info
        image = white
    for quality in QUALITIES:
        encoded = io.BytesIO()
        image.save(encoded, "JPEG", quality=quality, icc_profile=image.info.get("icc_profile"))
        if encoded.tell() <= MOST_PICTURE:
            break
    return "image/jpeg", encoded.getvalue()


def voice(file: IO[bytes], name: str, output: IO[bytes]) -> str:
    """Write the recording as WhatsApp's own voice messages are, Ogg with Opus in one channel; returns the type."""
    import av  # noqa: PLC0415

    with av.open(file, "r", format=name) as recorded, av.open(output, "w", format="ogg") as made:
        if not recorded.streams.audio:
            raise ProblemError("no_sound")
        stream = made.add_stream("libopus", rate=RATE, layout="mono", options={"application": "voip"})
        stream.bit_rate = BIT_RATE
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        heard = 0
        for frame in _frames(recorded):
            for one in resampler.resample(frame):
                one.pts, heard = heard, heard + one.samples  # a recorder that was paused leaves gaps
                made.mux(stream.encode(one))
            if heard > LONGEST_SECONDS * RATE:
                raise ProblemError("too_long")
        if not heard:
            raise ProblemError("no_sound")
        made.mux(stream.encode(None))
    return "audio/ogg"


def _frames(recorded: Any) -> Any:
    """All frames of the first audio stream, and None, which empties the resampler."""
    yield from recorded.decode(recorded.streams.audio[0])
    yield None


def main(mime_type: str, descriptor: int, file: IO[bytes]) -> None:
    limit_process(CPU_SECONDS, SECONDS, MOST_WRITTEN)
    file.seek(0)
    with open(descriptor, "w+b") as output:
        try:
            if mime_type in PICTURES:
                made = picture(file, PICTURES[mime_type], output)
            else:
                made = voice(file, RECORDINGS[mime_type], output)
        except ProblemError as error:
            report(problem=str(error))
            return
        output.flush()
        report(mime_type=made)
        look(output, made)


if __name__ == "__main__":
    try:
        main(sys.argv[1], int(sys.argv[2]), sys.stdin.buffer)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        sys.exit(DISK_FULL)
