"""Every answer of every role bears the headers that keep browsers from doing more with it than they should."""

import re

import httpx
import msgspec
import pytest
from litestar.enums import HttpMethod
from litestar.routes import HTTPRoute
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from api.app import create_app
from shared.settings import Settings
from tests.processes import running_role
from tests.stack import Stack

CLOSED = "default-src 'none'; frame-ancestors 'none'"
STRANGERS = [
    ("GET", "/nowhere"),
    ("GET", "/%00"),
    ("GET", "/assets/inbox/nothing.js"),
    ("PUT", "/healthz"),
    ("TRACE", "/docs"),
    ("GET", "/realtime/nowhere"),
    ("GET", "/realtime/socket.io"),
    ("GET", "/realtime/socket.io/?EIO=4&transport=polling"),
    ("POST", "/realtime/socket.io/?EIO=4&transport=polling&sid=x"),
    ("OPTIONS", "/realtime/socket.io/"),
    ("PUT", "/realtime/socket.io/"),
]


def _check(answer: httpx.Response, *, tls: bool = False) -> None:
    what = f"{answer.request.method} {answer.request.url} {answer.status_code}"
    assert answer.headers.get_list("x-content-type-options") == ["nosniff"], what
    # The dashboard's forms need their origin told, which browsers leave out together with the referrer.
    of_dashboard = answer.request.url.path.startswith("/dashboard") and "text/html" in answer.headers.get(
        "content-type", ""
    )
    referrer = answer.headers.get_list("referrer-policy")
    assert referrer in ([["no-referrer"], ["same-origin"]] if of_dashboard else [["no-referrer"]]), what
    (policy,) = answer.headers.get_list("content-security-policy")
    assert "default-src 'none'" in policy, what
    assert "frame-ancestors" in policy, what
    assert answer.headers["cross-origin-resource-policy"] in ("same-origin", "cross-origin"), what
    (cache,) = answer.headers.get_list("cache-control")
    assert cache == "no-store" or re.search("/assets/|/porthole[.]", str(answer.request.url)), what
    assert answer.headers.get_list("strict-transport-security") == (["max-age=31536000"] if tls else []), what
    assert "server" not in answer.headers, what


def _routes(settings: Settings) -> list[tuple[str, str]]:
    """Every method of every route, with something in the place of each parameter."""
    found: list[tuple[str, str]] = []
    for route in create_app(settings).routes:
        if isinstance(route, HTTPRoute):
            path = re.sub(r"\{[^}]*uuid\}", "018f0000-0000-7000-8000-000000000000", route.path)
            path = re.sub(r"\{[^}]*\}", "v24.0", path)
            found += [(HttpMethod(method).value, path) for method in sorted(route.methods)]
    return found


async def test_every_route_with_and_without_a_key_and_whatever_is_wrong(stack: Stack) -> None:
    routes = _routes(stack.settings)
    assert len(routes) > 100
    keys: tuple[dict[str, str], ...] = (
        {},
        {"X-API-Key": stack.project.api_key},
        {"Authorization": f"Bearer {await stack.embed()}"},
    )
    statuses = set()
    for method, path in (*routes, *STRANGERS):
        for headers in keys:
            answer = await stack.http.request(method, path, headers=headers)
            _check(answer)
            statuses.add(answer.status_code)
    assert {200, 204, 400, 401, 403, 404, 405, 422} <= statuses
    assert 500 not in statuses


async def test_answers_that_no_route_gives(stack: Stack) -> None:
    too_large = await stack.http.post("/webhooks/whatsapp", content=b"x" * 5_000_000)
    assert too_large.status_code == 413
    _check(too_large)
    headers = {"X-API-Key": stack.project.api_key}
    for content in (b"{", b"x" * 2_000_000):
        _check(await stack.http.post("/platform/v1/inbox_embeds", content=content, headers=headers))


@pytest.mark.parametrize("path", ["/nowhere", "/realtime", "/embed/token", "/realtime/socket.io/?EIO=4"])
async def test_a_websocket_that_is_refused_gets_an_answer_of_ours(
    stack: Stack, path: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.engine.MOST_WAITING", 0)
    with pytest.raises(InvalidStatus) as refused:
        async with connect(f"{stack.base_url.replace('http', 'ws', 1)}{path}", proxy=None):
            pass
    answer = refused.value.response
    _check(
        httpx.Response(
            answer.status_code,
            headers=list(answer.headers.raw_items()),
            request=httpx.Request("GET", f"{stack.base_url}{path}"),
        )
    )
    assert answer.status_code == 403
    assert "handshake" not in caplog.text


async def test_a_page_keeps_the_policy_that_it_sets(stack: Stack) -> None:
    token = await stack.embed(allowed_origins=["https://crm.example.com"])
    page = await stack.http.get(f"/embed/{token}")
    assert "frame-ancestors 'self' https://crm.example.com" in page.headers["content-security-policy"]
    assert page.headers["cross-origin-resource-policy"] == "cross-origin"
    _check(page)
    script = re.search(r'src="(/assets/[^"]+)"', page.text)
    assert script is not None
    asset = await stack.http.get(script[1])
    assert "immutable" in asset.headers["cache-control"]
    assert asset.headers["content-security-policy"] == CLOSED
    _check(asset)
    docs = await stack.http.get("/docs")
    assert "script-src 'self'" in docs.headers["content-security-policy"]
    _check(docs)


@pytest.mark.parametrize("role", ["api", "realtime", "worker"])
async def test_each_role_on_its_own_port_behind_tls(settings: Settings, role: str) -> None:
    settings = msgspec.structs.replace(settings, base_url="https://inbox.example.com")
    async with running_role(role, settings) as running, httpx.AsyncClient(base_url=running.url) as client:
        for path in ("/healthz", "/readyz", "/nowhere", "/realtime/socket.io/"):
            _check(await client.get(path), tls=True)
        assert await running.terminate() == 0
