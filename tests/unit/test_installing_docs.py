"""The blocks of README.md and of docs/ that clone, install, start, back up, upgrade and start again.

Bash runs them, in their order, with commands in the place of docker, sudo and others that only write down what they
were called with: what a shell makes of the lines is looked at, and what they name has to be there.
"""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.doc_commands import problem_of
from tests.samples import ROOT, samples_of

HERE = str(Path(__file__).relative_to(ROOT))
REPLACED = ("docker", "git", "make", "scp", "sudo")
WHEEL = "porthole-0.1.0-py3-none-any.whl"
UNITS = [path.read_text() for path in (ROOT / "deploy" / "systemd").glob("*.service")]
RECORD = '#!/bin/bash\nprintf "%q " "${0##*/}" "$@" >> "$CALLS"\necho >> "$CALLS"\n'


class Shell:
    """Runs blocks in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "reader"
        self._calls, self._programs = folder / "calls", folder / "programs"
        for path in (self.folder, self._programs):
            path.mkdir()
        for name in REPLACED:
            (self._programs / name).write_text(RECORD)
            (self._programs / name).chmod(0o755)

    def run(self, text: str) -> list[list[str]]:
        """The words of each command that was called."""
        self._calls.write_text("")
        environ = {"PATH": f"{self._programs}{os.pathsep}{os.environ['PATH']}", "CALLS": str(self._calls)}
        subprocess.run(["bash", "-euc", text], cwd=self.folder, env=environ, check=True, timeout=30)
        return [shlex.split(line) for line in self._calls.read_text().splitlines()]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def _blocks(document: str, below: str = "", above: str | None = None) -> list[str]:
    """Those that are tested here, between two headings."""
    lines = (ROOT / document).read_text().splitlines()
    start = lines.index(below) if below else 0
    end = lines.index(above) if above else len(lines)
    return [one.text for one in samples_of(ROOT / document) if one.detail == HERE and start < one.line <= end]


def _problems(calls: list[list[str]]) -> dict[str, str]:
    assert calls
    return {shlex.join(words): problem for words in calls if (problem := problem_of(words))}


@pytest.mark.parametrize("document", ["README.md", "docs/start.md", "docs/production.md"])
def test_who_clones_stands_in_the_checkout(document: str, shell: Shell) -> None:
    (shell.folder / "porthole").mkdir()  # which git would have made
    (block,) = (one for one in _blocks(document) if "git clone" in one)
    calls = shell.run(f"{block}\ntest $(basename $PWD) = porthole")
    assert calls[0] == ["git", "clone", "ADDRESS_OF_THIS_REPOSITORY", "porthole"]
    assert _problems(calls) == {}


def test_with_containers(shell: Shell) -> None:
    (shell.folder / "porthole").mkdir()
    calls = shell.run("\n".join(_blocks("docs/production.md", "## With containers", "## Without containers")))
    assert _problems(calls) == {}
    assert {"up", "build", "cp", "exec", "run"} <= {words[2] for words in calls if words[0] == "docker"}


def test_without_containers_the_server_has_what_is_installed_there(shell: Shell) -> None:
    for folder in ("deploy", "requirements"):
        shutil.copytree(ROOT / folder, shell.folder / folder)
    (shell.folder / "dist").mkdir()
    (shell.folder / "dist" / WHEEL).touch()  # which make would have built
    _, build, *on_the_server = _blocks("docs/production.md", "## Without containers", "## Before people come")
    made, (_, *copied, server) = shell.run(build)
    assert (made, server) == (["make", "wheel"], "inbox.example.com:")
    files = [shell.folder / name for name in copied]
    assert [path for path in files if not path.is_file()] == []

    shell.folder = shell.folder.with_name("server")
    shell.folder.mkdir()
    for path in files:
        shutil.copy(path, shell.folder)
    calls = shell.run("\n".join(on_the_server))
    assert _problems(calls) == {}
    said = "\n".join(" ".join(words) for words in calls)
    named = re.findall(r"\S+\.(?:whl|txt|service)\b", said) + re.findall(r"install -m \d+ (\w+) ", said)
    assert len(named) > 6
    assert [name for name in named if not (shell.folder / name).is_file()] == []


def test_what_is_installed_is_where_the_units_look_for_it(shell: Shell) -> None:
    blocks = _blocks("docs/production.md", "### Install", "## Before people come")
    said = [" ".join(words) for words in shell.run("\n".join(blocks))]
    for unit in UNITS:
        (user,), (program,), (env,) = (
            re.findall(rf"^{name}=(\S+)", unit, re.MULTILINE) for name in ("User", "ExecStart", "EnvironmentFile")
        )
        assert any(line.startswith("sudo useradd ") and line.endswith(f" {user}") for line in said)
        assert f"sudo python3 -m venv {program.removesuffix('/bin/porthole')}" in said
        assert f"sudo install -m 600 env {env}" in said


def test_what_a_replaced_secret_asks_for(shell: Shell) -> None:
    (block,) = _blocks("docs/operations.md")
    calls = shell.run(block)
    assert _problems(calls) == {}
    assert [words[0] for words in calls] == ["docker", "sudo"]
