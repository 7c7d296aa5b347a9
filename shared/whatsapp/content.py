"""What a message's content says in words: for search and for the one line in the list.

Media without a caption, stickers and the like have no words; the page names them in its own language.
"""

from collections.abc import Callable, Mapping
from typing import Any

PREVIEW_LENGTH = 160


def _interactive(content: Mapping[str, Any]) -> Any:
    reply = content.get(content.get("type", ""), {})
    if isinstance(reply, Mapping) and (reply.get("title") or reply.get("body")):
        return reply.get("title") or reply["body"]  # an answered form has a body
    return (content.get("body") or {}).get("text")


def _contacts(content: Any) -> str:
    return ", ".join(card["name"]["formatted_name"] for card in content)


_WORDS: dict[str, Callable[[Any], Any]] = {
    "text": lambda content: content.get("body"),
    "image": lambda content: content.get("caption"),
    "video": lambda content: content.get("caption"),
    "document": lambda content: content.get("caption") or content.get("filename"),
    "location": lambda content: content.get("name") or content.get("address"),
    "contacts": _contacts,
    "button": lambda content: content.get("text"),
    "interactive": _interactive,
    "reaction": lambda content: content.get("emoji"),
    "order": lambda content: content.get("text"),
    "system": lambda content: content.get("body"),
    "template": lambda content: content.get("name"),
}


def text_of(kind: str, content: Any) -> str:
    """All words of a message, "" if it has none or is not in the shape that Meta documents."""
    try:
        words = _WORDS[kind](content)
    except (KeyError, TypeError, AttributeError):
        return ""
    return words if isinstance(words, str) else ""


def preview_of(kind: str, content: Any) -> str:
    """The words as one line of at most PREVIEW_LENGTH characters."""
    return one_line(text_of(kind, content))


def one_line(words: str) -> str:
    """The beginning of a text, at most PREVIEW_LENGTH characters."""
    line = " ".join(words[: PREVIEW_LENGTH * 4].split())
    return line if len(line) <= PREVIEW_LENGTH else line[: PREVIEW_LENGTH - 1] + "…"
