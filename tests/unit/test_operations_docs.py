"""docs/operations.md names every metric that there is, and no other, and where they are."""

import importlib
import re
from pathlib import Path

import yaml
from prometheus_client import REGISTRY

from tests.samples import samples_of
from tests.unit.test_compose import COMPOSE, SCALED, SERVICES
from tests.unit.test_systemd import ports_of_roles

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


def test_prometheus_is_told_of_every_process() -> None:
    (sample,) = (one for one in samples_of(DOCUMENT) if one.language == "yaml")
    composed, alone = yaml.safe_load(sample.text)["scrape_configs"]
    (named,) = composed["dns_sd_configs"]
    assert set(named["names"]) == set(SCALED)
    assert str(named["port"]) == SERVICES["api"]["environment"]["PORTHOLE_PORT"]
    assert all("data" in SERVICES[name]["networks"] for name in SCALED)
    assert f"`{COMPOSE['name']}_data`" in DOCUMENT.read_text()
    (targets,) = alone["static_configs"]
    assert targets["targets"] == [f"127.0.0.1:{port}" for port in ports_of_roles().values()]
