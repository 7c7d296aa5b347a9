"""`fields=kapso(a,b)`: which of Kapso's own fields a caller wants beside Meta's (Kapso: "Fields")."""

import re
from collections.abc import Collection
from typing import Any

_KAPSO = re.compile(r"kapso\(([^)]*)\)")
_ALL = frozenset({"default", "*", "all"})


def wanted_fields(fields: str | None, known: Collection[str]) -> frozenset[str]:
    """The names to show under `kapso`: all without a selector, none for `kapso()`. Unknown names are ignored."""
    found = _KAPSO.search(fields or "")
    if found is None:
        return frozenset(known)
    names = {name.strip() for name in found[1].split(",")}
    return frozenset(known) if names & _ALL else frozenset(known) & names


def select_fields(shown: dict[str, Any], wanted: Collection[str]) -> dict[str, Any]:
    """The object with only the wanted fields under `kapso`, and without `kapso` if none is."""
    kept = {name: value for name, value in shown["kapso"].items() if name in wanted}
    rest = {name: value for name, value in shown.items() if name != "kapso"}
    return {**rest, "kapso": kept} if kept else rest
