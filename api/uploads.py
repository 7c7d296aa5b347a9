"""Reading a form with a file in it, of which only a piece is in memory at any time."""

import contextlib
import hashlib

import msgspec
from multipart import MultipartError, MultipartSegment, PushMultipartParser

from api.errors import AnyRequest, ApiError
from shared.whatsapp.media_file import LargeMediaError, MediaFile, WrongMediaError
from shared.whatsapp.media_types import MediaType, media_type

FILE = "file"
MOST_PARTS = 20
MOST_TEXT = 4096  # bytes, of one part that is no file
MEDIA_UPLOAD = 131053
"""Meta's code for a file that it does not take (Meta: Cloud API, "Error codes")."""


class Form(msgspec.Struct):
    """The texts of a form, and what it says of its file. `content_type` is empty where none is said."""

    texts: dict[str, str] = {}
    filename: str | None = None
    content_type: str = ""


async def read_form(request: AnyRequest, file: MediaFile) -> Form:
    """Read a multipart form whose part `file` goes into `file`, no further than the largest size of its type.

    `filename` is None if there is no such part. Whatever is sent is read to its end, so that a caller who sends too
    much gets to read the answer. Raises ApiError 400.
    """
    kind, options = request.content_type
    if kind != "multipart/form-data" or not options.get("boundary"):
        raise ApiError(400, "bad_request", "The body must be multipart/form-data.")
    parts = _Parts(file)
    try:
        with PushMultipartParser(options["boundary"], max_segment_count=MOST_PARTS) as parser:
            async for chunk in request.stream():
                if chunk and not parser.closed:
                    for event in parser.parse(chunk):
                        await parts.take(event)
    except MultipartError as error:
        raise ApiError(400, "bad_request", "The form cannot be read.") from error
    return parts.form


class FormDigest:
    """SHA-256 of `head` and of what a form holds, taken while it goes by. The boundary does not count: clients make one
    for each request. A form that cannot be read counts as far as it can be.
    """

    def __init__(self, boundary: str, head: bytes) -> None:
        self._parser = PushMultipartParser(boundary, max_segment_count=MOST_PARTS)
        self._form = hashlib.sha256(head)
        self._part = hashlib.sha256()

    def feed(self, chunk: bytes) -> None:
        if not chunk or self._parser.closed:
            return
        with contextlib.suppress(MultipartError):
            for event in self._parser.parse(chunk):
                if isinstance(event, MultipartSegment):
                    said = (event.name, event.filename, event.header("Content-Type", ""))
                    self._part = hashlib.sha256(msgspec.json.encode(said))
                elif event is None:
                    self._form.update(self._part.digest())
                else:
                    self._part.update(event)

    def digest(self) -> bytes:
        return self._form.digest()


def check_file(file: MediaFile, wanted: str, content_type: str, filename: str) -> MediaType:
    """`MediaFile.check`. Raises ApiError 400 and 413."""
    try:
        return file.check(wanted, content_type, filename)
    except LargeMediaError as error:
        raise ApiError(413, "too_large", str(error), graph_code=MEDIA_UPLOAD) from error
    except WrongMediaError as error:
        raise ApiError(400, "unsupported_media", str(error)) from error


class _Parts:
    """Takes the parser's events: the head of a part, pieces of its body, None at its end."""

    def __init__(self, file: MediaFile) -> None:
        self.form = Form()
        self._file = file
        self._name = ""
        self._text = bytearray()

    async def take(self, event: MultipartSegment | bytes | bytearray | None) -> None:
        if isinstance(event, MultipartSegment):
            self._begin(event)
        elif event is None:
            if self._name != FILE:
                self.form.texts[self._name] = self._text.decode(errors="replace")
        elif self._name == FILE:
            await self._file.write(bytes(event))
        else:
            self._text += event
            if len(self._text) > MOST_TEXT:
                raise ApiError(400, "bad_request", f"A field of the form may have at most {MOST_TEXT} bytes.")

    def _begin(self, head: MultipartSegment) -> None:
        self._name, self._text = head.name or "", bytearray()
        if self._name != FILE:
            return
        if self.form.filename is not None:
            raise ApiError(400, "bad_request", "The form may have one file.")
        self.form.filename = head.filename or ""
        self.form.content_type = str(head.header("Content-Type", ""))
        said = media_type(self.form.texts.get("type", "")) or media_type(self.form.content_type)
        if said is not None:
            self._file.most = said.most
