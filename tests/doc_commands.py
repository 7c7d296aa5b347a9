"""What is wrong with a command that stands in a document, as far as it can be seen without running it."""

import contextlib
import io
import itertools
import re
import shlex

import yaml

from cli.main import ROLES, _parser
from tests.samples import ROOT

TARGETS = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
SERVICES = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
# Those of Docker's that work on services; https://docs.docker.com/reference/cli/docker/compose/
_ON_SERVICES = (
    "build",
    "create",
    "down",
    "kill",
    "logs",
    "pause",
    "ps",
    "pull",
    "restart",
    "rm",
    "start",
    "stop",
    "up",
)


def problem_of(words: list[str]) -> str:
    """Empty, if nothing is wrong with it."""
    match words:
        case ["porthole" | "as_porthole", *rest] if rest and rest[0] != "COMMAND" and not is_parsed(rest):
            return "porthole does not take this"
        case ["make", target, *rest]:
            if target not in TARGETS:
                return "no such target"
            given = [word.removeprefix("ARGS=") for word in rest if word.startswith("ARGS=")]
            if target == "demo" and not all(is_parsed(["demo", *shlex.split(one)]) for one in given):
                return "porthole demo does not take these"
        case ["docker", "compose", *rest]:
            return _problem_with_compose(rest)
        case ["sudo", "systemctl", *rest]:
            return _problem_with_units([word for word in rest if "porthole" in word])
        case ["cp", source, _] if not (ROOT / source).exists():
            return "there is nothing to copy"
    return ""


def is_parsed(words: list[str]) -> bool:
    """Whether `porthole` takes these words. `...` stands for options that the reader has to look up."""
    if words[-1] == "...":
        words = [*words[:-1], "--help"]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            _parser().parse_args(words)
        except SystemExit as end:
            return end.code == 0
    return True


def _problem_with_compose(words: list[str]) -> str:
    match words:
        case ["exec" | "run" as way, *rest]:
            service, *command = itertools.dropwhile(_is_option, rest)
            if service not in SERVICES:
                return "no such service"
            if command and (way == "run" or command[0] == "porthole"):
                return problem_of(["porthole", *command] if way == "run" else command)
        case ["cp", *rest]:
            (place,) = [word for word in rest if ":" in word]
            service, _, path = place.partition(":")
            kept = [volume.split(":")[1] for volume in SERVICES.get(service, {}).get("volumes", ()) if ":" in volume]
            if not any(f"{path}/".startswith(f"{folder}/") for folder in kept):
                return "no service keeps files there"
        case [way, *rest] if way in _ON_SERVICES:
            named = {word.partition("=")[0] for word in rest if not _is_option(word)}
            if not named <= SERVICES.keys():
                return "no such service"
        case _:
            return "docker compose has no such command"
    return ""


def _is_option(word: str) -> bool:
    """Or a number that an option has."""
    return word.startswith("-") or word.isdigit()


def _problem_with_units(units: list[str]) -> str:
    for unit in units:
        template, at, role = unit.removesuffix(".service").partition("@")
        if not (ROOT / "deploy" / "systemd" / f"{template}{at}.service").exists() or (at and role not in ROLES):
            return f"there is no {unit}"
    return ""
