"""/porthole.js and /porthole.d.ts: what a host's page loads from another origin, under an address that stays."""

import re

import pytest

from tests.stack import Stack


@pytest.mark.parametrize(
    ("path", "kind"), [("/porthole.js", "text/javascript"), ("/porthole.d.ts", "text/plain")], ids=["script", "types"]
)
async def test_every_page_may_load_it_and_browsers_ask_whether_it_is_still_the_same(
    stack: Stack, path: str, kind: str
) -> None:
    first = await stack.http.get(path, headers={"Origin": "https://app.example.com"})
    assert first.status_code == 200
    assert first.headers["content-type"] == f"{kind}; charset=utf-8"
    assert first.headers["access-control-allow-origin"] == "*"
    assert first.headers["cross-origin-resource-policy"] == "cross-origin"
    assert first.headers["cache-control"] == "public, no-cache"
    etag = first.headers["etag"]
    for known in (etag, f"W/{etag}", f'"older", {etag}'):
        again = await stack.http.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
        assert again.headers["cache-control"] == "public, no-cache"
        assert again.headers["access-control-allow-origin"] == "*"
    assert (await stack.http.get(path, headers={"If-None-Match": '"older"'})).text == first.text


async def test_the_script_is_one_file_and_never_speaks_to_whoever_listens(stack: Stack) -> None:
    script = (await stack.http.get("/porthole.js")).text
    assert "porthole-inbox" in script
    assert not re.search(r"\bimport\b|postMessage\([^)]*[\"'`][*]", script)


async def test_the_types_stand_by_themselves(stack: Stack) -> None:
    types = (await stack.http.get("/porthole.d.ts")).text
    assert '"porthole-inbox": PortholeInbox' in types
    assert not re.search(r"^import|[(]\"\.", types, re.MULTILINE)
