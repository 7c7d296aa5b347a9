"""How many files may come in at once."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from uuid import UUID
from weakref import WeakValueDictionary

from api.errors import ApiError

AT_ONCE = 16  # in one process: a file lies in TMPDIR while it comes in and is looked at
OF_ONE_EMBED = 4
WAIT_SECONDS = 30.0


class UploadPlaces:
    """AT_ONCE of them, of which nobody keeps the others from more than OF_ONE_EMBED."""

    def __init__(self) -> None:
        self._all = asyncio.Semaphore(AT_ONCE)
        self._of_embeds: WeakValueDictionary[UUID, asyncio.Semaphore] = WeakValueDictionary()

    @contextlib.asynccontextmanager
    async def place(self, embed_id: UUID) -> AsyncIterator[None]:
        """One of them during the block. Raises ApiError 429 if the embed has too many, and 503 if none becomes free."""
        own = self._of_embeds.setdefault(embed_id, asyncio.Semaphore(OF_ONE_EMBED))
        headers = {"Retry-After": "5"}
        crowd = ApiError(
            429, "rate_limited", "Too many files of this inbox come in; try again shortly.", headers=headers
        )
        full = ApiError(503, "unavailable", "Too many files come in at the moment; try again shortly.", headers=headers)
        async with _one_of(own, crowd), _one_of(self._all, full):
            yield


@contextlib.asynccontextmanager
async def _one_of(places: asyncio.Semaphore, refusal: ApiError) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            await places.acquire()
    except TimeoutError as error:
        raise refusal from error
    try:
        yield
    finally:
        places.release()
