"""docs/embedding.md: what a reader copies from it does what it says."""

import asyncio
import re
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shared.settings import Settings
from tests.stack import Stack

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "embedding.md").read_text()
NODE = str(Path(sys.executable).with_name("node"))


def _sample(language: str) -> str:
    (code,) = re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
    return str(code)


async def _run(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return out.decode().strip()


@pytest.mark.parametrize("language", ["python", "js"])
async def test_a_sample_makes_a_claim_that_is_believed(stack: Stack, language: str) -> None:
    created = await stack.http.post(
        "/platform/v1/inbox_embeds",
        json={"inbox_embed": {"scope_type": "project"}},
        headers={"X-API-Key": stack.project.api_key},
    )
    embed: dict[str, Any] = created.json()["data"]
    values = f'"{embed["embed_url"]}", "{embed["signing_secret"]}", "42", "José “Pepe” 🌲"'
    if language == "python":
        url = await _run(sys.executable, "-c", f"{_sample('python')}\nprint(inbox_url({values}))")
    else:
        url = await _run(NODE, "--input-type=module", "-e", f"{_sample('js')}\nconsole.log(inboxUrl({values}));")
    page, _, claim = url.partition("#user=")
    assert page == embed["embed_url"]
    headers = {"Authorization": f"Bearer {embed['token']}", "X-Porthole-User": claim}
    session = (await stack.http.get("/inbox/v1/session", headers=headers)).json()["data"]
    assert session["user"] == {"id": "42", "name": "José “Pepe” 🌲"}


async def test_the_snippet_that_it_shows_is_the_one_that_the_api_gives(stack: Stack) -> None:
    created = await stack.http.post(
        "/platform/v1/inbox_embeds",
        json={"inbox_embed": {"scope_type": "project", "name": "Support inbox"}},
        headers={"X-API-Key": stack.project.api_key},
    )
    given = created.json()["data"]["iframe"].replace(created.json()["data"]["embed_url"], "URL")
    shown = re.search(r"<iframe .*?</iframe>", DOCUMENT, re.DOTALL)
    assert shown is not None
    shown_in_one_line = re.sub(r"\s+", " ", shown[0]).replace("https://inbox.example.com/embed/TOKEN", "URL")
    assert given == shown_in_one_line


def test_it_names_the_limits_that_the_settings_have() -> None:
    limits = {field.name: field.default for field in msgspec.structs.fields(Settings)}
    for name, words in (("embed_rate_limit", "{} calls"), ("failure_rate_limit", "{} tokens")):
        assert f"PORTHOLE_{name.upper()}" in DOCUMENT
        assert words.format(limits[name]) in re.sub(r"\s+", " ", DOCUMENT)
