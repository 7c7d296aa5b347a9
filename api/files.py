"""Answers that are files from strangers: nothing in them runs, and parts of them can be asked for."""

import re
from collections.abc import AsyncIterator
from urllib.parse import quote

from litestar import Response
from litestar.response import Stream

from api.errors import AnyRequest
from shared.storage import Storage
from shared.stored_media import StoredFile
from shared.whatsapp.media_types import media_type

_CONTENT_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(\s*;\s*[\w-]+=[\w.,:+-]+)*", re.ASCII)
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
_PDF = "application/pdf"
# What a browser shows by itself runs nothing and fetches nothing. Its viewer of PDFs does not work in a sandbox.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_SANDBOX = f"{_POLICY}; sandbox"


def file_headers(mime_type: str, filename: str, cache_control: str) -> dict[str, str]:
    """Only what a browser shows without running it is shown; the rest is for saving. RFC 6266 for the name."""
    known = media_type(mime_type)
    shown = known is not None and (known.kind != "document" or known.mime_type == _PDF)
    plain = re.sub(r"[^\w. -]", "_", filename, flags=re.ASCII)
    extended = "" if plain == filename else f"; filename*=UTF-8''{quote(filename.encode('utf-8', 'replace'), safe='')}"
    return {
        "Content-Type": mime_type if _CONTENT_TYPE.fullmatch(mime_type) else "application/octet-stream",
        "Content-Disposition": f'{"inline" if shown else "attachment"}; filename="{plain}"{extended}',
        "Content-Security-Policy": _POLICY if shown and known is not None and known.mime_type == _PDF else _SANDBOX,
        "Cache-Control": cache_control,
        "Cross-Origin-Resource-Policy": "cross-origin",
        "X-Content-Type-Options": "nosniff",
    }


async def stored_file(
    request: AnyRequest, storage: Storage, file: StoredFile, cache_control: str
) -> Response[bytes] | Stream:
    """The file, or the one part of it that the request asks for (RFC 9110, section 14). Raises StorageError."""
    etag = f'"{file.sha256.hex()}"'
    headers = file_headers(file.mime_type, file.filename, cache_control) | {"Accept-Ranges": "bytes", "ETag": etag}
    if request.headers.get("if-none-match") == etag:
        return Response(b"", status_code=304, headers=headers)
    start, end, status = 0, file.size, 200
    wanted = _RANGE.fullmatch(request.headers.get("range", "")) if _is_same(request, etag) else None
    if wanted is not None and wanted.group() != "bytes=-":
        start, end = _bounds(*wanted.groups(), size=file.size)
        if start >= end:
            unsatisfied = headers | {"Content-Range": f"bytes */{file.size}"}
            return Response(b"", status_code=416, headers=unsatisfied)
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
        status = 206
    headers["Content-Length"] = str(end - start)
    first = await storage.read(file.storage_key, start, end)  # before the answer begins: the file may be lost
    return Stream(_pieces(storage, file.storage_key, first, start, end), status_code=status, headers=headers)


def _is_same(request: AnyRequest, etag: str) -> bool:
    """Whether a part still fits the parts that the caller has (RFC 9110, section 13.1.5)."""
    return request.headers.get("if-range", etag) == etag


def _bounds(first: str, last: str, *, size: int) -> tuple[int, int]:
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(int(last) + 1, size) if last else size


async def _pieces(storage: Storage, key: str, first: bytes, start: int, end: int) -> AsyncIterator[bytes]:
    yield first
    start += len(first)
    while start < end:
        piece = await storage.read(key, start, end)
        yield piece
        start += len(piece)
