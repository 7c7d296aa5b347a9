"""Calls of the Platform API, as a client with a project's key makes them."""

from collections.abc import Callable, Coroutine
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.stack import Stack


class PlatformApi:
    """`get`, `create`, `change` and `remove` expect to succeed; `answer` expects nothing."""

    def __init__(self, stack: Stack, api_key: str | None = None) -> None:
        self._http = stack.http
        self._headers = {"X-API-Key": api_key or stack.project.api_key}

    async def answer(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        return await self._http.request(
            method, f"/platform/v1{path}", json=body, params=query, headers=self._headers, timeout=30
        )

    async def get(self, path: str, **query: Any) -> Any:
        return await self._json("GET", path, None, 200, query)

    async def create(self, path: str, body: Any) -> Any:
        """The object that was made."""
        return (await self._json("POST", path, body, 201))["data"]

    async def change(self, path: str, body: Any) -> Any:
        """The object as it is now."""
        return (await self._json("PATCH", path, body, 200))["data"]

    async def remove(self, path: str) -> None:
        answer = await self.answer("DELETE", path)
        assert (answer.status_code, answer.content) == (204, b""), answer.text

    async def wrong_fields(self, method: str, path: str, body: Any = None, **query: Any) -> set[str]:
        """The fields that a 422 names."""
        answer = await self.answer(method, path, body, **query)
        assert answer.status_code == 422, answer.text
        return set(answer.json()["errors"])

    async def _json(self, method: str, path: str, body: Any, expected: int, query: dict[str, Any] | None = None) -> Any:
        answer = await self.answer(method, path, body, **(query or {}))
        assert answer.status_code == expected, answer.text
        return answer.json()


async def numbered_pages(api: PlatformApi, path: str, per_page: int, **query: Any) -> list[list[Any]]:
    """Every page of a list in Kapso's page style, whose headers say the same as its `meta`."""
    pages: list[list[Any]] = []
    while True:
        answer = await api.answer("GET", path, page=len(pages) + 1, per_page=per_page, **query)
        assert answer.status_code == 200, answer.text
        meta = answer.json()["meta"]
        assert (meta["page"], meta["per_page"]) == (len(pages) + 1, per_page)
        headers = [answer.headers[f"X-{name}"] for name in ("Page", "Per-Page", "Total-Pages", "Total")]
        assert headers == [str(meta[name]) for name in ("page", "per_page", "total_pages", "total_count")]
        pages.append(answer.json()["data"])
        last = max(1, meta["total_pages"])
        named = {"first": 1, "prev": meta["page"] - 1, "next": meta["page"] + 1, "last": last}
        assert _links(answer) == {rel: str(number) for rel, number in named.items() if 1 <= number <= last}
        if meta["page"] >= meta["total_pages"]:
            assert sum(map(len, pages)) == meta["total_count"]
            return pages


def _links(answer: httpx.Response) -> dict[str, str]:
    """The page number that each link leads to; all else in its URL is as it was asked for."""
    links = {str(rel): httpx.URL(one["url"]) for rel, one in answer.links.items()}
    for url in links.values():
        assert url.copy_remove_param("page") == answer.request.url.copy_remove_param("page")
    return {rel: url.params["page"] for rel, url in links.items()}


async def cursor_pages(api: PlatformApi, path: str, limit: int, **query: Any) -> list[list[Any]]:
    """Every page of a list in cursor style, read to its end; and then back to its start, which shows the same."""
    pages: list[list[Any]] = []
    page = await api.get(path, limit=limit, **query)
    assert page["paging"]["previous"] is None
    while True:
        pages.append(page["data"])
        assert len(page["data"]) <= limit
        if page["paging"]["next"] is None:
            break
        page = await api.get(path, limit=limit, after=page["paging"]["next"], **query)
    back = [page["data"]]
    while page["paging"]["previous"] is not None:
        page = await api.get(path, limit=limit, before=page["paging"]["previous"], **query)
        back.append(page["data"])
    forth = [row["id"] for rows in pages for row in rows]
    assert [row["id"] for rows in reversed(back) for row in rows] == forth
    return pages


def every_page_size(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a test of a list for many numbers of `rows`, none of them too, and of rows `per_page`."""
    chosen = given(rows=st.integers(0, 25), per_page=st.integers(1, 9))
    few = settings(
        deadline=None,
        max_examples=10,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    return few(chosen(test))


async def audit_lines(stack: Stack) -> list[tuple[str, str, Any]]:
    """Action, object and changes of every line of the audit log, oldest first."""
    async with stack.engine.connect() as connection:
        rows = await connection.execute(text("SELECT action, object_id, changes FROM audit_event ORDER BY id"))
        return [(row.action, row.object_id, row.changes) for row in rows]
