"""Looks into one file, in a process of its own: `python -I -m shared.media.decoder image/jpeg < file`.

Files come from strangers, and the libraries that decode them are C. So this process has no secrets in its environment,
little memory and little time; one that a file kills takes nothing along. It prints what it finds as it finds it, a line
of JSON each with some of the fields of Findings (inspector.py), so that a late end does not lose the beginning.
"""

import base64
import io
import itertools
import math
import operator
import sys
from array import array
from collections.abc import Iterator
from typing import IO, Any

from shared.media.limits import MOST_PIXELS, limit_process, report

CPU_SECONDS = 20
SECONDS = 60
THUMBNAIL = 480  # pixels of the longer side
QUALITY = 75
BARS = 64
RATE = 8000  # samples a second: a loudness needs no more
BLOCK = RATE // 20

_IMAGES = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
# Each is opened as what its bytes say, and as nothing else: FFmpeg also knows formats that name other files to open.
_AUDIO = {
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/aac": "aac",
    "audio/amr": "amr",
    "audio/mp4": "mov",
}
_VIDEO = {"video/mp4": "mov", "video/3gpp": "mov"}

DECODED = frozenset({*_IMAGES, *_AUDIO, *_VIDEO, "application/pdf"})
"""The types that there is something to find out about."""


def look(file: IO[bytes], mime_type: str) -> None:
    """Report what can be found out about a file of one of the types DECODED."""
    file.seek(0)
    if mime_type in _IMAGES:
        _image(file, _IMAGES[mime_type])
    elif mime_type in _VIDEO:
        _film(file, _VIDEO[mime_type])
    elif mime_type in _AUDIO:
        _sound(file, _AUDIO[mime_type])
    elif mime_type == "application/pdf":
        _pdf(file)


def _image(file: IO[bytes], name: str) -> None:
    """Of several frames the first."""
    from PIL import ExifTags, Image  # noqa: PLC0415 - under the limits, and only what the file needs

    Image.MAX_IMAGE_PIXELS = None  # it would warn; the limit below refuses
    with Image.open(file, formats=(name,)) as image:
        width, height = image.size
        report(width=width, height=height)
        image.draft("RGB", (THUMBNAIL, THUMBNAIL))  # a JPEG is decoded no larger than it has to be
        if math.prod(image.size) > MOST_PIXELS:
            return
        if image.getexif().get(ExifTags.Base.Orientation, 1) >= 5:
            report(width=height, height=width)
        _report_thumbnail(image)


def _film(file: IO[bytes], name: str) -> None:
    import av  # noqa: PLC0415
    from av.stream import Disposition  # noqa: PLC0415

    with av.open(file, "r", format=name) as container:
        report(duration_ms=None if container.duration is None else container.duration // 1000)
        film = next((one for one in container.streams.video if Disposition.attached_pic not in one.disposition), None)
        report(film=film is not None, film_codec=None if film is None else film.codec.canonical_name)
        _report_sound(container)
        if film is None:
            _loudness(container)
            return
        film.codec_context.thread_count = 1
        frame: Any = next(container.decode(film))
        turned = frame.rotation % 180 == 90
        report(
            width=frame.height if turned else frame.width,
            height=frame.width if turned else frame.height,
        )
        scale = min(1.0, THUMBNAIL / max(frame.width, frame.height))
        small = frame.to_image(width=max(1, int(frame.width * scale)), height=max(1, int(frame.height * scale)))
        _report_thumbnail(small.rotate(frame.rotation, expand=True))


def _sound(file: IO[bytes], name: str) -> None:
    import av  # noqa: PLC0415

    with av.open(file, "r", format=name) as container:
        if container.duration is not None:
            report(duration_ms=container.duration // 1000)
        _report_sound(container)
        _loudness(container)


def _report_sound(container: Any) -> None:
    if container.streams.audio:
        sound = container.streams.audio[0]
        report(sound_codec=sound.codec.canonical_name, channels=sound.channels)


def _loudness(container: Any) -> None:
    """The length, from what is decoded, since some files do not say it; and the loudness over it."""
    if not container.streams.audio:
        return
    heard, powers, rest = 0, list[float](), array("h")
    for samples in _samples(container):
        heard += len(samples)
        rest.extend(samples)
        for start in range(0, len(rest) - BLOCK + 1, BLOCK):
            powers.append(_power(rest[start : start + BLOCK]))
        rest = rest[len(rest) // BLOCK * BLOCK :]
    if rest:
        powers.append(_power(rest))
    if heard:
        report(duration_ms=heard * 1000 // RATE, waveform=_bars(powers))


def _samples(container: Any) -> "Iterator[array[int]]":
    """All of the first audio stream in mono; of a damaged one, what comes before the damage."""
    import av  # noqa: PLC0415

    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    try:
        for frame in container.decode(container.streams.audio[0]):
            for one in resampler.resample(frame):
                yield _array(one)
    except av.FFmpegError:
        return
    for one in resampler.resample(None):
        yield _array(one)


def _array(frame: Any) -> "array[int]":
    return array("h", bytes(frame.planes[0])[: frame.samples * 2])  # behind the samples a plane has padding


def _power(samples: "array[int]") -> float:
    total: int = sum(map(operator.mul, samples, samples))
    return total / len(samples)


def _bars(powers: list[float]) -> list[int]:
    """BARS loudnesses over the whole, the loudest of them 255."""
    firsts = [bar * len(powers) // BARS for bar in range(BARS + 1)]
    parts = [powers[first : max(following, first + 1)] for first, following in itertools.pairwise(firsts)]
    loudness = [math.sqrt(sum(part) / len(part)) for part in parts]
    loudest = max(loudness)
    return [round(255 * one / loudest) if loudest >= 1 else 0 for one in loudness]


def _pdf(file: IO[bytes]) -> None:
    import pypdfium2  # noqa: PLC0415

    document = pypdfium2.PdfDocument(file)
    report(pages=len(document))
    page = document[0]
    scale = THUMBNAIL / max(*page.get_size(), 1.0)
    _report_thumbnail(page.render(scale=scale).to_pil())


def with_8_bits(image: Any) -> Any:
    """A grey picture of 16 bits with its upper 8; Pillow would cut off what is brighter than the lower 8 can say."""
    if not image.mode.startswith("I"):
        return image
    scaled = image.point(lambda grey: grey / 256).convert("L")
    scaled.info.pop("transparency", None)  # a grey of 16 bits, of which many became one
    return scaled


def _report_thumbnail(image: Any) -> None:
    """As WebP, without what the file tells besides its pixels."""
    from PIL import Image, ImageOps  # noqa: PLC0415

    image = with_8_bits(image)
    mode = "RGBA" if image.has_transparency_data else "RGB"
    if image.mode not in ("RGB", "RGBA"):  # a palette's colours cannot be mixed; nor is more than the pixels copied
        image = image.convert(mode)
    image.thumbnail((THUMBNAIL, THUMBNAIL))
    small = ImageOps.exif_transpose(image).convert(mode)
    bare = Image.frombytes(small.mode, small.size, small.tobytes())
    encoded = io.BytesIO()
    bare.save(encoded, "WEBP", quality=QUALITY)
    report(thumbnail=base64.b64encode(encoded.getvalue()).decode())


if __name__ == "__main__":
    limit_process(CPU_SECONDS, SECONDS)
    look(sys.stdin.buffer, sys.argv[1])
