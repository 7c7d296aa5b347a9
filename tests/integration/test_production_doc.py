"""docs/production.md: the commands by which an installation gets its owner, project, key and number, in their order."""

import re
import shlex

import pytest

from shared.settings import Settings
from tests.commands import environ_of, porthole
from tests.samples import ROOT, samples_of
from tests.stack import Stack

ONCE = "docker compose exec (?:--no-TTY )?api porthole "
BY_SYSTEMD = "as_porthole "


def _commands(beginning: str) -> list[list[str]]:
    """The words behind `porthole` of the commands that begin so, as far as what they read from."""
    blocks = [one.text.replace("\\\n", " ") for one in samples_of(ROOT / "docs" / "production.md")]
    found = re.findall(rf"^{beginning}(\w+ \w+ [^<\n]*)", "\n".join(blocks), re.MULTILINE)
    return [shlex.split(command) for command in found]


@pytest.mark.parametrize("way", [ONCE, BY_SYSTEMD], ids=["containers", "systemd"])
async def test_an_installation_is_furnished(stack: Stack, settings: Settings, way: str) -> None:
    said = []
    project_id = ""
    for words in _commands(way):
        filled = [project_id if word == "ID" else word for word in words]
        status, out, err = await porthole(*filled, environ=environ_of(settings), stdin=b"an access token\n")
        assert status == 0, err
        said.append(out)
        if words[:2] == ["project", "create"]:
            project_id = out.removeprefix("project ").strip()
    owner, project, key, number = said
    assert "/dashboard/join/" in owner
    assert project.startswith("project ")
    assert key.startswith("API key, shown once: ")
    assert number == "connected +1 555 0100\n"
    assert await stack.count("phone_number", "phone_number_id = '106540352242922'") == 1
