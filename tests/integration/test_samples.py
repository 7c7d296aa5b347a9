"""The samples of the README and of docs/ that are run: a document's from its beginning to its end, in one shell."""

import asyncio
import contextlib
import os
import re
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from cli.serve import bind, port_of
from tests.commands import clean_environ, environ_of
from tests.factories import ACCESS_TOKEN
from tests.meta_api import ANA, MetaApi, customer_wrote_on_phone
from tests.platform_api import PlatformApi
from tests.receiver import SECRET
from tests.samples import DOCUMENTS, ROOT, Sample, samples_of, shapes_in
from tests.stack import Stack
from tests.unit.test_samples import _id
from tests.waiting import eventually

RUN = {document: [one for one in samples_of(document) if one.way in ("run", "answer", "own")] for document in DOCUMENTS}
COMMANDS = [one for document in DOCUMENTS for one in samples_of(document) if one.way == "command"]
CURL = "fail-with-body\nsilent\nshow-error\nmax-time = 30\n"
API = ROOT / "docs" / "api.md"


async def _given(stack: Stack) -> dict[str, str]:
    """What a reader has who follows the documents: a customer who wrote, and something of each kind."""
    api = PlatformApi(stack)
    await customer_wrote_on_phone(stack)
    (conversation,) = (await api.get("/whatsapp/conversations"))["data"]
    embed = await api.create("/inbox_embeds", {"inbox_embed": {"scope_type": "project"}})
    wanted = {"url": "https://api.example.com/hook", "events": ["workflow.execution.handoff"]}
    webhook = await api.create("/whatsapp/webhooks", {"whatsapp_webhook": wanted})
    return {
        "PORTHOLE_URL": stack.base_url,
        "PORTHOLE_API_KEY": stack.project.api_key,
        "PHONE_NUMBER_ID": stack.project.phone_number_id,
        "BUSINESS_ACCOUNT_ID": "900100",
        "CUSTOMER_ID": str(stack.project.customer_id),
        "CUSTOMER_NUMBER": ANA,
        "CONVERSATION_ID": conversation["id"],
        "EMBED_ID": embed["id"],
        "WEBHOOK_ID": webhook["id"],
        "WEBHOOK_SECRET": SECRET,
        "USER_ID": str(stack.project.user_id),
        "ACCESS_TOKEN": ACCESS_TOKEN,
    }


def _exported(document: Path) -> set[str]:
    """The variables that a document has its reader set. One that says nothing of them means those of the API's page."""
    text = "\n".join(one.text for one in samples_of(document))
    lines = re.findall(r"^(?:export|read -rs) (.*)$", text, re.MULTILINE)
    return {name for line in lines for name in re.findall(r"[A-Z_]{2,}(?==| <)", line)} or _exported(API)


@pytest.mark.parametrize("document", [document for document in RUN if RUN[document]], ids=_id)
async def test_what_a_reader_copies_does_what_it_says(stack: Stack, document: Path, tmp_path: Path) -> None:
    (tmp_path / ".curlrc").write_text(CURL)
    python = Path(sys.executable)
    environ = {"CURL_HOME": str(tmp_path), "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
    shell, code = tmp_path / "samples.sh", tmp_path / "samples.py"
    samples = RUN[document]
    exported = _exported(document)
    given = {name: value for name, value in (await _given(stack)).items() if name in exported}
    environ |= given
    scripts = [(number, _script(one, given, stack)) for number, one in enumerate(samples) if one.language == "sh"]
    shell.write_text("set -eu\n" + "\n".join(f"{{\n{text}\n}} > {number}\n" for number, text in scripts))
    code.write_text("\n".join(one.text for one in samples if one.language == "python"))
    (tmp_path / "access-token.txt").write_text(f"{ACCESS_TOKEN}\n")
    if document.name == "real-number.md":  # its reader has a number that is not connected yet
        await PlatformApi(stack).remove(f"/whatsapp/phone_numbers/{stack.project.phone_number_id}")
    shutil.copytree(ROOT / "deploy", tmp_path / "deploy")  # who copies from it stands in a checkout
    # Python first: the shell's samples end the conversation that it writes to.
    await _run([str(python), str(code)], tmp_path, environ)
    await _run(["bash", str(shell)], tmp_path, environ)
    for number, sample in enumerate(samples):
        if sample.way == "answer":
            _compare(sample, (tmp_path / str(number - 1)).read_bytes())


def _script(sample: Sample, given: Mapping[str, str], stack: Stack) -> str:
    """What is the reader's own is ours afterwards, and Meta is the simulator."""
    ours = "\n".join(f"export {name}={shlex.quote(value)}" for name, value in given.items())
    text = sample.text.replace("https://graph.facebook.com", stack.simulator_url)
    return f"{text}\n{ours}" if sample.way == "own" else text


async def test_the_page_of_the_first_steps_is_served(tmp_path: Path) -> None:
    (command,) = (one.text for one in samples_of(ROOT / "docs" / "start.md") if "http.server" in one.text)
    (tmp_path / "my-page").mkdir()
    (tmp_path / "my-page" / "index.html").write_text("My page")
    with bind("127.0.0.1", 0) as sock:
        port = port_of(sock)
    words = shlex.split(command.replace("8080", str(port)))
    process = await asyncio.create_subprocess_exec(*words, cwd=tmp_path, stderr=asyncio.subprocess.DEVNULL)
    try:
        async with httpx.AsyncClient() as client:

            async def is_served() -> bool:
                with contextlib.suppress(httpx.ConnectError):
                    return (await client.get(f"http://localhost:{port}")).text == "My page"
                return False

            await eventually(is_served)
    finally:
        process.kill()
        await process.wait()


@pytest.mark.parametrize("sample", COMMANDS, ids=_id)
async def test_a_block_of_the_command_line_runs(stack: Stack, sample: Sample, tmp_path: Path) -> None:
    """With the project's id where it says ID, and the files that it reads from."""
    (tmp_path / "access-token.txt").write_text(f"{ACCESS_TOKEN}\n")
    (tmp_path / "password.txt").write_text("a few words in a row\n")
    script = re.sub(r"--project ID\b", f"--project {stack.project.id}", sample.text)
    environ = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", **environ_of(stack.settings)}
    await _run(["bash", "-euc", script], tmp_path, environ)


async def _run(command: list[str], folder: Path, environ: dict[str, str]) -> None:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env=clean_environ(environ),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await asyncio.wait_for(process.communicate(), 40)
    assert process.returncode == 0, f"{out.decode()}\n{_last_answer(folder)}"


def _last_answer(folder: Path) -> str:
    """What the command that failed was answered."""
    answers = sorted(folder.glob("[0-9]*"), key=lambda path: int(path.name))
    return answers[-1].read_text() if answers else ""


def _compare(sample: Sample, answer: bytes) -> None:
    """The sample may show part of the answer, and other values than ours, but of the same types."""
    assert sample.language == "json"
    assert _differences(msgspec.json.decode(sample.text), msgspec.json.decode(answer)) == [], sample.place


def _differences(shown: Any, real: Any, path: str = "") -> list[str]:
    if type(shown) is not type(real):
        return [f"{path}: {shown!r} is shown, and it is {real!r}"]
    if isinstance(shown, dict):
        missing = [f"{path}.{name} is not in the answer" for name in shown if name not in real]
        return missing + [
            one for name in shown if name in real for one in _differences(shown[name], real[name], f"{path}.{name}")
        ]
    if isinstance(shown, list) and shown:
        return _differences(shown[0], real[0], f"{path}[0]") if real else [f"{path} is empty"]
    return []


async def test_errors_look_as_described(stack: Stack) -> None:
    answer = await PlatformApi(stack).answer("POST", "/customers", {"customer": {}})
    (as_described,) = shapes_in("api.md", "error")
    assert as_described(answer.json()) == ""
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"]
    meta = MetaApi(stack)
    answer = await meta.answer("POST", f"/{meta.number}/messages", {"messaging_product": "whatsapp", "to": ANA})
    (as_described,) = shapes_in("api.md", "meta error")
    assert as_described(answer.json()) == ""


@pytest.mark.parametrize(
    ("shown", "real", "alike"),
    [
        ({"a": 1}, {"a": 2, "b": 3}, True),
        ({"a": 1}, {"b": 3}, False),
        ({"a": 1}, {"a": "2"}, False),
        ({"a": None}, {"a": "2"}, False),
        ({"a": [{"b": "x"}]}, {"a": [{"b": "y"}, 1]}, True),
        ({"a": [{"b": "x"}]}, {"a": [{}]}, False),
        ({"a": ["x"]}, {"a": []}, False),
    ],
)
def test_a_sample_that_shows_something_else_is_seen(shown: Any, real: Any, alike: bool) -> None:
    assert (_differences(shown, real) == []) is alike
