"""What becomes of pictures: whatever comes in, what goes out is a picture that WhatsApp takes."""

import io
import random
import struct
import zlib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageChops, ImageOps

from shared.media.converter import LONGEST_SIDE, MOST_PICTURE, picture

_MODES = {
    "JPEG": ["L", "RGB", "CMYK"],
    "PNG": ["1", "L", "LA", "P", "I;16", "RGB", "RGBA"],
    "WEBP": ["RGB", "RGBA"],
    "GIF": ["L", "P"],
    "BMP": ["1", "L", "RGB"],
    "AVIF": ["RGB", "RGBA"],
}
_TELLING = [name for name in _MODES if name not in ("GIF", "BMP")]


def converted(data: bytes, form: str) -> tuple[str, bytes]:
    """The type and the bytes of what is sent."""
    output = io.BytesIO()
    return picture(io.BytesIO(data), form, output), output.getvalue()


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


@settings(max_examples=60, deadline=None)
@given(data=st.data(), width=st.integers(1, 3000), height=st.integers(1, 300), orientation=st.integers(1, 8))
def test_every_picture_becomes_one_that_whatsapp_takes_and_tells_nothing_else(
    data: Any, width: int, height: int, orientation: int
) -> None:
    form = data.draw(st.sampled_from(sorted(_MODES)))
    mode = data.draw(st.sampled_from(_MODES[form]))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.ImageDescription] = "at home"
    encoded = io.BytesIO()
    Image.new(mode, (width, height)).save(encoded, form, **({"exif": exif} if form in _TELLING else {}))
    with Image.open(io.BytesIO(encoded.getvalue())) as given_picture:
        shown = ImageOps.exif_transpose(given_picture).size
    mime_type, made = converted(encoded.getvalue(), form)
    assert len(made) <= MOST_PICTURE
    assert b"at home" not in made
    with Image.open(io.BytesIO(made)) as image:
        assert image.get_format_mimetype() == mime_type in ("image/jpeg", "image/png")
        assert image.mode in ("RGB", "RGBA")
        assert not image.getexif()
        scale = min(1.0, LONGEST_SIDE / max(shown))
        for side, original in zip(image.size, shown, strict=True):
            assert abs(side - max(1, original * scale)) <= 1


def test_what_is_seen_through_is_white_where_png_would_be_too_large() -> None:
    image = Image.frombytes("RGBA", (1200, 1200), random.Random(1).randbytes(1200 * 1200 * 4))
    image.paste((0, 0, 0, 0), (0, 0, 100, 100))
    encoded = io.BytesIO()
    image.save(encoded, "PNG", compress_level=1)
    assert len(encoded.getvalue()) > MOST_PICTURE
    mime_type, made = converted(encoded.getvalue(), "PNG")
    assert (mime_type, len(made) <= MOST_PICTURE) == ("image/jpeg", True)
    assert Image.open(io.BytesIO(made)).getpixel((40, 40)) == (255, 255, 255)


def test_a_moving_picture_stands_still() -> None:
    encoded = io.BytesIO()
    frames = [Image.new("RGB", (50, 50), colour) for colour in ("red", "blue")]
    frames[0].save(encoded, "PNG", save_all=True, append_images=frames[1:])
    mime_type, made = converted(encoded.getvalue(), "PNG")
    assert (mime_type, getattr(Image.open(io.BytesIO(made)), "n_frames", 1)) == ("image/png", 1)


def test_what_a_library_skips_is_not_passed_on_either() -> None:
    """ITU-T T.81, B.2.4: segments; PNG, 5.3: chunks; and what stands behind the end of the picture."""
    photo, drawing = io.BytesIO(), io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(photo, "JPEG")
    Image.linear_gradient("L").convert("RGB").save(drawing, "PNG")
    jpeg, png = photo.getvalue(), drawing.getvalue()
    end = png.index(b"IEND") - 4
    for form, told in (
        ("JPEG", jpeg[:2] + _segment(0xEB, b"JP\0\0 by Ana") + jpeg[2:]),  # C2PA
        ("JPEG", jpeg[:2] + _segment(0xEC, b"Ducky by Ana") + jpeg[2:]),
        ("JPEG", jpeg[:2] + _segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0 by Ana") + jpeg[2:]),
        ("JPEG", jpeg + b" by Ana"),
        ("PNG", png[:end] + _chunk(b"caBX", b"by Ana") + png[end:]),
        ("PNG", png[:33] + _chunk(b"orNT", b"by Ana") + png[33:]),
        ("PNG", png + b"by Ana"),
    ):
        mime_type, made = converted(told, form)
        assert (mime_type, b"by Ana" in told, b"by Ana" in made) == (f"image/{form.lower()}", True, False)
        given_pixels, pixels = Image.open(io.BytesIO(told)), Image.open(io.BytesIO(made))
        differences: Any = ImageChops.difference(given_pixels, pixels).getextrema()
        assert max(most for _, most in differences) <= (3 if form == "JPEG" else 0)


def test_when_a_drawing_was_made_is_not_passed_on() -> None:
    drawing = io.BytesIO()
    Image.new("RGB", (50, 50)).save(drawing, "PNG")
    png = drawing.getvalue()
    told = png[:33] + _chunk(b"tIME", struct.pack(">HBBBBB", 2026, 1, 2, 3, 4, 5)) + png[33:]
    assert b"tIME" not in converted(told, "PNG")[1]


def test_a_grey_picture_of_16_bits_keeps_its_greys() -> None:
    deep = Image.new("I;16", (256, 1))
    for grey in range(256):
        deep.putpixel((grey, 0), grey * 257)
    for more in ({}, {"transparency": 20_000}):
        encoded = io.BytesIO()
        deep.save(encoded, "PNG", **more)
        image = Image.open(io.BytesIO(converted(encoded.getvalue(), "PNG")[1]))
        assert [image.getpixel((grey, 0)) for grey in range(256)] == [(grey, grey, grey) for grey in range(256)]


def test_a_comment_is_not_passed_on() -> None:
    for form, more in (("JPEG", {"comment": "by Ana"}), ("WEBP", {"xmp": b"by Ana"})):
        encoded = io.BytesIO()
        Image.new("RGB", (50, 50)).save(encoded, form, **more)
        assert b"by Ana" in encoded.getvalue()
        assert b"by Ana" not in converted(encoded.getvalue(), form)[1]
