"""What a browser loads before the inbox is there stays small."""

import gzip

import pytest

from api.embed.assets import DIST, URL, read_assets

MOST = 70_000  # bytes over the wire: script and style, compressed as the api compresses them
LANGUAGES = ("en", "es", "pt", "fr", "de", "ar")


def _compressed(url: str) -> int:
    return len(gzip.compress((DIST / url.removeprefix(f"{URL}/")).read_bytes(), compresslevel=9))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_load(language: str) -> None:
    assets = read_assets()
    inbox = assets.inbox
    urls = [assets.theme_script, inbox.script, *inbox.styles, *inbox.preloads, assets.words[language]]
    sizes = {url: _compressed(url) for url in urls}
    assert sum(sizes.values()) <= MOST, sizes
