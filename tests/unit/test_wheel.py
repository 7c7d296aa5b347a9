"""The wheel holds what the product needs at run time, and nothing that only a checkout needs."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=50)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize(
    "name",
    [
        "cli/demo_data/bot.py",
        "cli/demo_data/project.json",
        "shared/migrations/env.py",
        "shared/migrations/versions/0001_the_first_tables.py",
        "templates/dashboard/layout.html",
        "templates/embed.html",
        "templates/embed_unavailable.html",
        "templates/unavailable.json",
        "templates/host/index.html",
        "templates/simulator/index.html",
        "templates/inbox/dist/.vite/manifest.json",
    ],
)
def test_it_holds(name: str, names: set[str]) -> None:
    assert name in names


def test_it_holds_the_built_front_end_and_not_its_sources(names: set[str]) -> None:
    inbox = {name for name in names if name.startswith("templates/inbox/")}
    assert {name for name in inbox if not name.startswith("templates/inbox/dist/")} == set()
    assert any(name.startswith("templates/inbox/dist/assets/main-") and name.endswith(".js") for name in inbox)


def test_it_holds_no_tests_and_no_packages_of_others(names: set[str]) -> None:
    tops = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"api", "cli", "realtime", "shared", "templates", "workers"}
    assert not [name for name in names if "node_modules" in name or "__pycache__" in name]
