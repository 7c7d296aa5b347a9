"""The wheel holds what the product needs at run time, and nothing that only a checkout needs."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from shared.embeds import Language

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=50)
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        yield archive


@pytest.fixture(scope="module")
def names(wheel: zipfile.ZipFile) -> set[str]:
    return set(wheel.namelist())


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
        "templates/host/host.js",
        "templates/host/index.html",
        "templates/simulator/index.html",
        "templates/inbox/dist/.vite/manifest.json",
        "templates/inbox/dist/porthole.d.ts",
    ],
)
def test_it_holds(name: str, names: set[str]) -> None:
    assert name in names


def test_it_holds_the_built_front_end_and_not_its_sources(names: set[str]) -> None:
    inbox = {name for name in names if name.startswith("templates/inbox/")}
    assert {name for name in inbox if not name.startswith("templates/inbox/dist/")} == set()
    for script in ("main", "porthole"):
        start = f"templates/inbox/dist/assets/{script}-"
        assert any(name.startswith(start) and name.endswith(".js") for name in inbox)


def test_it_holds_the_emoji_of_every_language_and_the_notices_of_those_who_made_them(
    wheel: zipfile.ZipFile, names: set[str]
) -> None:
    dist = "templates/inbox/dist"
    manifest = json.loads(wheel.read(f"{dist}/.vite/manifest.json"))
    for language in get_args(Language):
        entry = manifest[f"node_modules/cldr-annotations-full/annotations/{language}/annotations.json?emoji"]
        assert f"{dist}/{entry['file']}" in names
    notices = wheel.read(f"{dist}/.vite/license.md").decode()
    assert {"cldr-annotations-full", "unicode-emoji-json"} <= set(notices.split())


def test_it_holds_no_tests_and_no_packages_of_others(names: set[str]) -> None:
    tops = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"api", "cli", "realtime", "shared", "templates", "workers"}
    assert not [name for name in names if "node_modules" in name or "__pycache__" in name]
