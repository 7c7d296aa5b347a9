"""pyproject.toml names what our packages import, so that the wheel lacks nothing where the tests' packages are not."""

import ast
import importlib.metadata
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("api", "cli", "realtime", "shared", "workers")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOADED_BY_NAME = {"httptools"}  # by uvicorn
# Where a package is a part of another, the one that has to be declared for it.
COMES_WITH = {"python-engineio": "python-socketio", "hiredis": "redis[hiredis]"}


def _imported(path: Path) -> Iterator[str]:
    """The top-level names of a module's imports, of those within functions too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _declared() -> set[str]:
    wanted = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["otel"]]
    whole = {re.split(r"[<>=~! ;]", one)[0] for one in wanted}
    parts = {part for part, other in COMES_WITH.items() if other in whole}
    return {_normal(name.partition("[")[0]) for name in whole} | parts


def _used() -> dict[str, set[str]]:
    """By each foreign name that is imported, the distributions that have it."""
    names = {name for package in PACKAGES for path in (ROOT / package).rglob("*.py") for name in _imported(path)}
    distributions = importlib.metadata.packages_distributions()
    foreign = names - sys.stdlib_module_names - set(PACKAGES)
    return {name: {_normal(one) for one in distributions[name]} for name in foreign}


def test_what_is_imported_is_declared() -> None:
    assert {name for name, ours in _used().items() if not ours & _declared()} == set()


def test_what_is_declared_is_used() -> None:
    used = {one for ours in _used().values() for one in ours}
    assert _declared() - used == LOADED_BY_NAME
