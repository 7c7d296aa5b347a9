"""Which language the page in the iframe is in: what its address asks for, else the embed's, else the reader's."""

import re
from collections.abc import Mapping

from api.errors import AnyRequest
from shared.embeds import LANGUAGES, Embed

_RIGHT_TO_LEFT = frozenset({"ar"})
# With a region, which dates and numbers go by: pt-BR. Anything longer is cut off.
_TAG = re.compile(r"([a-z]{2})(?:[-_]([a-z]{2}|\d{3})(?![a-z0-9]))?(?![a-z0-9])", re.IGNORECASE | re.ASCII)


def page_language(request: AnyRequest, embed: Embed | None) -> str:
    """The page's `lang`: one of ours, perhaps with a region. What we have no words in counts as absent."""
    return _asked(request.query_params) or (embed.language if embed else _readers(request))


def base_of(language: str) -> str:
    """The language without its region: what our words are kept by."""
    return language.partition("-")[0]


def direction_of(language: str) -> str:
    return "rtl" if base_of(language) in _RIGHT_TO_LEFT else "ltr"


def _asked(query: Mapping[str, str]) -> str | None:
    """By the address: `lang`, or `language` as some of Kapso's clients write it."""
    return next((tag for name in ("lang", "language") if (tag := _known(query.get(name, "")))), None)


def _readers(request: AnyRequest) -> str:
    """The first of the browser's languages that there is a text in; browsers name them in order."""
    parts = request.headers.get("accept-language", "").split(",")
    return next((base_of(tag) for part in parts if (tag := _known(part.partition(";")[0]))), "en")


def _known(text: str) -> str | None:
    found = _TAG.match(text.strip())
    if found is None or found[1].lower() not in LANGUAGES:
        return None
    return found[1].lower() + (f"-{found[2].upper()}" if found[2] else "")
