"""The store of files: a directory or a bucket, as PORTHOLE_STORAGE_URL says; obstore reads S3's AWS_ variables itself.

Files are written in pieces and appear whole or not at all. They are read in pieces too, each in a request of its own,
so that a slow reader holds neither memory nor a connection to the store.
"""

import asyncio
import functools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import IO, TypeVar

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from shared.settings import Settings

T = TypeVar("T")

PIECE = 1024 * 1024
"""The most bytes that one `read` gives."""

_PART = 5 * 1024 * 1024  # S3 takes no smaller part but the last (Amazon S3: "Multipart upload limits")
_RETRY_FOR = timedelta(seconds=20)
_AT_ONCE = 16


class StorageError(Exception):
    """The store did not do it: it is full, away, or refuses. The same may succeed later."""


class NotStoredError(StorageError):
    """There is no such file."""


class Storage:
    """The store of the settings; every call raises StorageError. One that is away is no error before the first call.

    In threads, and not with obstore's own coroutines: those abort the process if it ends right after one.
    """

    def __init__(self, settings: Settings) -> None:
        self._url = settings.storage_url
        self._threads = ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="storage")
        self._opened: ObjectStore | None = None

    async def write(self, key: str, file: IO[bytes]) -> None:
        """Store all that is in `file`, in place of what was under the key before."""
        await self._run(functools.partial(self._write, key, file))

    async def read(self, key: str, start: int, end: int) -> bytes:
        """The bytes from `start` up to `end`, at most PIECE of them. Raises NotStoredError if there is no such file."""
        until = min(end, start + PIECE)
        return await self._run(lambda: bytes(obstore.get_range(self._store(), key, start=start, end=until)))

    async def delete(self, key: str) -> None:
        """Delete a file, if it is there."""
        try:
            await self._run(lambda: obstore.delete(self._store(), key))
        except NotStoredError:
            return

    def close(self) -> None:
        """What is under way ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, call: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)
        except FileNotFoundError as error:
            raise NotStoredError("there is no such file") from error
        except (BaseError, OSError, ValueError) as error:
            raise StorageError(_first_line(error)) from error

    def _write(self, key: str, file: IO[bytes]) -> None:
        store = self._store()
        file.seek(0)
        obstore.put(store, key, file, chunk_size=_PART, max_concurrency=2)
        if isinstance(store, LocalStore) and store.prefix is not None:
            _keep(store.prefix / key)

    def _store(self) -> ObjectStore:
        if self._opened is None:
            self._opened = _open(self._url)
        return self._opened


def _open(url: str) -> ObjectStore:
    if url.startswith("file:"):
        return from_url(url, mkdir=True)
    return from_url(url, retry_config={"max_retries": 3, "retry_timeout": _RETRY_FOR})


def _keep(path: Path) -> None:
    """Have the disk keep the file and its name: Meta deletes its own copy within days."""
    for place in (path, path.parent):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _first_line(error: Exception) -> str:
    """Behind it comes a page of obstore's insides."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0][:300]}"
