"""docs/operations.md names every metric that there is, and no other."""

import importlib
import re
from pathlib import Path

from prometheus_client import REGISTRY

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
ROW = re.compile(r"^\| `(porthole_\w+)` \| ([a-z, ]+) \| (.+) \| (.+) \|$", re.MULTILINE)


def metrics_of(role: str) -> set[str]:
    """Those that the document says a role has."""
    return {name for name, roles, *_ in ROW.findall(DOCUMENT.read_text()) if role in roles.split(", ")}


def test_the_table_has_a_row_for_each_metric() -> None:
    for module in ("shared.metrics", "workers.gauges"):
        importlib.import_module(module)
    known = {metric.name for metric in REGISTRY.collect() if metric.name.startswith("porthole_")}
    named = [row[0] for row in ROW.findall(DOCUMENT.read_text())]
    assert sorted(named) == sorted(known)
    assert metrics_of("api") | metrics_of("realtime") | metrics_of("worker") == known
