"""What stands in the README and in docs/ is there: files, commands, options, targets; and no sample is forgotten."""

import re
import shlex
import subprocess
from pathlib import Path
from typing import get_args

import pytest
from mdit_py_plugins.anchors.index import slugify

from tests.doc_commands import problem_of
from tests.samples import (
    DOCUMENTS,
    ROOT,
    Sample,
    UnmarkedSampleError,
    Way,
    all_samples,
    inline_commands,
    links_of,
    samples_of,
)

SAMPLES = all_samples()
SHELL = [sample for sample in SAMPLES if sample.language == "sh" or sample.text.startswith(("porthole ", "make "))]
FOLDERS = ("api", "cli", "deploy", "docs", "realtime", "shared", "templates", "tests", "workers")


def _id(one: Sample | Path) -> str:
    return one.place if isinstance(one, Sample) else str(one.relative_to(ROOT))


def _commands(text: str) -> list[list[str]]:
    """The words of each command, up to where its input or output goes."""
    without_comments = re.sub(r"(^|\s)#.*", "", text.replace("\\\n", " "), flags=re.MULTILINE)
    lexer = shlex.shlex(without_comments, posix=True, punctuation_chars="<>|&;()\n")
    lexer.whitespace, lexer.whitespace_split = " \t", True
    found: list[list[str]] = [[]]
    is_over = False
    for word in lexer:
        if "\n" in word:
            found.append([])
            is_over = False
        elif set(word) <= set("<>|&;()"):
            is_over = True
        elif not is_over:
            found[-1].append(word)
    return [command for command in found if command]


@pytest.mark.parametrize("sample", SHELL, ids=_id)
def test_the_commands_of_a_block_are_ones_that_there_are(sample: Sample) -> None:
    subprocess.run(["bash", "-n"], input=sample.text, text=True, check=True)
    wrong = {" ".join(words): problem_of(words) for words in _commands(sample.text)}
    assert {command: problem for command, problem in wrong.items() if problem} == {}


@pytest.mark.parametrize("document", DOCUMENTS, ids=_id)
def test_the_commands_in_the_text_are_ones_that_there_are(document: Path) -> None:
    commands = [one for program in ("porthole", "make") for one in inline_commands(document, program)]
    wrong = {command: problem_of(_commands(command)[0]) for command in commands}
    assert {command: problem for command, problem in wrong.items() if problem} == {}


@pytest.mark.parametrize("sample", [sample for sample in SAMPLES if sample.way == "tested"], ids=_id)
def test_who_is_said_to_test_a_block_knows_its_document(sample: Sample) -> None:
    assert sample.document.name in (ROOT / sample.detail).read_text()


@pytest.mark.parametrize("sample", [sample for sample in SAMPLES if sample.way == "read"], ids=_id)
def test_a_block_that_is_not_run_says_why(sample: Sample) -> None:
    assert len(sample.detail.split()) > 2


def test_there_is_some_of_everything() -> None:
    assert {sample.way for sample in SAMPLES} == set(get_args(Way))
    assert len(SAMPLES) > 60


@pytest.mark.parametrize(
    "block",
    [
        "    ls",
        "```js\n1\n```",
        "<!-- sample: whatever -->\n```sh\nls\n```",
        "```\nls\n```",
        "<!-- a note -->\n```js\n1\n```",
    ],
)
def test_a_block_of_which_nothing_is_said_is_refused(block: str, tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    document.write_text(f"Text.\n\n{block}\n")
    with pytest.raises(UnmarkedSampleError):
        samples_of(document)


@pytest.mark.parametrize(
    ("command", "is_wrong"),
    [
        ("porthole doctor", False),
        ("porthole doctor --everything", True),
        ("porthole cure", True),
        ("porthole number connect --project ID ...", False),
        ("porthole number connect --project ID", True),
        ("porthole operator create --email a@b.example --name A --role owner < password.txt", False),
        ("make check", False),
        ("make tea", True),
        ('make demo ARGS="--port 9000"', False),
        ('make demo ARGS="--prot 9000"', True),
        ("docker compose run --rm worker doctor", False),
        ("docker compose run --rm worker cure", True),
        ("docker compose exec api porthole project create X > file", False),
        ("docker compose exec web porthole project create X", True),
        ("docker compose up --detach --scale api=3 api", False),
        ("docker compose up web", True),
        ("docker compose upp", True),
        ("docker compose cp storage:/data/media/. media", False),
        ("docker compose cp storage:/files media", True),
        ("docker compose cp storages:/data/media media", True),
        ("sudo systemctl restart porthole-migrate porthole@worker", False),
        ("sudo systemctl restart porthole@workers", True),
        ("sudo systemctl restart porthole.service", True),
        ("cp deploy/env.example .env  # a copy", False),
        ("cp deploy/env.sample .env", True),
    ],
)
def test_a_command_that_there_is_not_is_seen(command: str, is_wrong: bool) -> None:
    assert (problem_of(_commands(command)[0]) != "") is is_wrong


@pytest.mark.parametrize("document", DOCUMENTS, ids=_id)
def test_the_files_that_it_names_are_there(document: Path) -> None:
    named = re.findall(rf"`((?:{'|'.join(FOLDERS)})/[\w./-]+)`", document.read_text())
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=_id)
def test_its_links_lead_somewhere(document: Path) -> None:
    """The site's build looks at these too, but not at the README, which is no part of it."""
    for link in links_of(document):
        path, _, anchor = link.partition("#")
        if not re.match(r"\w+:", link):
            target = (document.parent / path).resolve() if path else document
            assert target.exists(), link
            assert not anchor or anchor in _anchors(target), link


def _anchors(document: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", document.read_text(), re.MULTILINE)
    return {slugify(re.sub(r"[`*]", "", heading)) for heading in headings}


def test_the_front_page_of_the_site_names_every_page() -> None:
    index = (ROOT / "docs" / "index.md").read_text()
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")} - {"index"}
    assert pages <= set(re.findall(r"^([\w-]+)$", index, re.MULTILINE))
