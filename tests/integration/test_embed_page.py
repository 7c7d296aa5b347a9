"""The page in the iframe, and the one that stands there when there is nothing to show."""

import asyncio
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import text

from api.embed.assets import TEMPLATES
from tests.stack import Stack

LANGUAGES = ("en", "es", "pt", "fr", "de", "ar")
WORDS: dict[str, Any] = msgspec.json.decode((TEMPLATES / "unavailable.json").read_bytes())
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


async def _execute(stack: Stack, statement: str) -> None:
    async with stack.engine.begin() as connection:
        await connection.execute(text(statement))


def test_there_are_words_in_every_language() -> None:
    assert set(WORDS) == set(LANGUAGES)
    for language, words in WORDS.items():
        assert words.keys() == WORDS["en"].keys(), language
        assert all(part["title"] and part["body"] for part in words.values()), language


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE inbox_embed SET revoked_at = now()",
        "UPDATE inbox_embed SET expires_at = now()",
        "UPDATE inbox_embed SET previous_token_hash = token_hash, token_hash = sha256(random()::text::bytea)"
        " WHERE previous_token_hash IS NULL",
    ],
    ids=["revoked", "expired", "rotated"],
)
async def test_an_embed_that_is_no_longer_good_says_so_in_its_own_theme_and_language(
    stack: Stack, statement: str
) -> None:
    for language in LANGUAGES:
        token = await stack.embed(language=language, default_mode="dark", allowed_origins=["https://crm.example.com"])
        await _execute(stack, statement)
        page = await stack.http.get(f"/embed/{token}", headers={"Accept-Language": "de"})
        assert page.status_code == 401
        assert page.headers["content-type"].startswith("text/html")
        direction = "rtl" if language == "ar" else "ltr"
        assert f'<html lang="{language}" dir="{direction}" data-mode="dark">' in page.text
        assert f"<h1>{WORDS[language]['gone']['title']}</h1>" in page.text
        assert token not in page.text
        assert "frame-ancestors *" in page.headers["content-security-policy"]


ODD_PATHS = [
    "unknown",
    "x" * 43,
    "x" * 201,
    "x" * 8000,
    "",
    "/",
    "//",
    "a/b",
    "a/b/c/",
    "a//b",
    "..",
    "../../etc/passwd",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "..%2F..",
    "%00",
    "a%00b",
    "%ff%fe",
    "%F0%9F%8C%B2",
    "%ED%A0%80",
    "a%20b",
    "a%0d%0aSet-Cookie:%20x=y",
    "<script>alert(1)</script>",
    "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "'%20OR%201=1--",
    "{token}",
    "{{7*7}}",
    "%7B%7B7*7%7D%7D",
    "a;b",
    "a.html",
    "favicon.ico",
    ".env",
    "a?mode=dark&language=xx",
    "a%3Fb",
    "a%23b",
    "%",
    "%zz",
    "~!$&'()*+,;=:@",
    "\\",
    "|",
]


async def _ask(stack: Stack, method: str, target: str) -> tuple[int, str]:
    """Over a socket of our own, since a client library would put the address in order first."""
    reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(stack.base_url).port)
    writer.write(f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    answer = (await reader.read()).decode()
    writer.close()
    return int(answer.split(" ", 2)[1]), answer


async def test_whatever_stands_in_the_tokens_place_gets_the_page_and_401(stack: Stack) -> None:
    for path in ODD_PATHS:
        for method in ("GET", "POST"):
            status, answer = await _ask(stack, method, f"/embed/{path}")
            assert status == 401, (method, path)
            assert f"<h1>{WORDS['en']['gone']['title']}</h1>" in answer, path
            for trace in ("alert(1)", "49", "Traceback", "set-cookie: x"):
                assert trace not in answer.split("<main", 1)[1].lower(), path


async def test_no_method_is_too_odd_for_the_page(stack: Stack) -> None:
    for path in ("/embed", "/embed/", "/embed/unknown"):
        for method in METHODS:
            answer = await stack.http.request(method, path)
            assert answer.status_code == 401, (method, path)
            assert bool(answer.content) == (method != "HEAD")


async def test_a_good_token_shows_the_inbox_with_a_slash_behind_it_too(stack: Stack) -> None:
    token = await stack.embed(language="fr", default_mode="light")
    for path in (f"/embed/{token}", f"/embed/{token}/", f"/embed/{token}?mode=dark&unread=1"):
        page = await stack.http.get(path)
        assert page.status_code == 200
        assert '<html lang="fr" dir="ltr" data-mode="light">' in page.text
        assert token not in page.text
    assert (await stack.http.get(f"/embed/{token}/extra")).status_code == 401


async def test_the_address_overrides_the_embeds_language(stack: Stack) -> None:
    for query, language in (
        ("lang=ar", "ar"),
        ("language=ar", "ar"),
        ("lang=%20AR%20", "ar"),
        ("lang=pt-br", "pt-BR"),
        ("lang=es_419", "es-419"),
        ("lang=de-Latn-DE", "de"),
        ("lang=en&language=de", "en"),
        ("lang=xx&language=de", "de"),
        ("lang=xx", "fr"),
        ("lang=arabic", "fr"),
        ("lang=", "fr"),
        ("lang=%FF%00", "fr"),
        ("lang=ar%22%3E%3Cscript%3E", "ar"),
    ):
        begin = f'<!doctype html>\n<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"'
        token = await stack.embed(language="fr")
        page = await stack.http.get(f"/embed/{token}?{query}", headers={"Accept-Language": "es"})
        assert page.status_code == 200
        assert page.text.startswith(begin), query
        assert f'"language": "{language}"' in page.text, "what the script goes by"
        await _execute(stack, "UPDATE inbox_embed SET revoked_at = now()")
        gone = await stack.http.get(f"/embed/{token}?{query}", headers={"Accept-Language": "es"})
        assert gone.status_code == 401
        assert gone.text.startswith(begin), query
        assert f"<h1>{WORDS[language[:2]]['gone']['title']}</h1>" in gone.text


async def test_an_unknown_tokens_page_is_in_the_readers_language(stack: Stack) -> None:
    for accepted, language in (
        ("pt-BR,pt;q=0.9,en;q=0.8", "pt"),
        ("ar", "ar"),
        ("zh-CN, zh;q=0.9, de-AT;q=0.8, en;q=0.7", "de"),
        ("DE", "de"),
        ("*", "en"),
        ("zh", "en"),
        ("", "en"),
        (",;-,=", "en"),
        ("fr" * 2000, "en"),
    ):
        page = await stack.http.get("/embed/unknown", headers={"Accept-Language": accepted})
        assert f'lang="{language}"' in page.text, accepted
        assert WORDS[language]["gone"]["title"] in page.text, accepted
