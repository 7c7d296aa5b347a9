"""docs/configuration.md says what shared/settings.py says."""

import re

import msgspec
import pytest

from cli.configuration_docs import DOCUMENT, with_table
from shared.settings import DESCRIPTIONS, Settings, SettingsError, read_settings
from tests.samples import samples_of


def test_every_setting_has_a_description_and_no_description_is_left_over() -> None:
    assert list(DESCRIPTIONS) == [field.name for field in msgspec.structs.fields(Settings)]
    assert all(text.endswith(".") and "|" not in text for text in DESCRIPTIONS.values())


def test_the_table_is_the_one_that_make_docs_writes() -> None:
    document = DOCUMENT.read_text()
    assert document == with_table(document), "run `make docs`"


def test_a_document_without_the_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="needs the markers"):
        with_table("# Configuration\n")


def _samples() -> list[str]:
    """The blocks that say that they are tested here: two environments, and what a wrong one is answered with."""
    return [one.text for one in samples_of(DOCUMENT) if one.way == "tested"]


def _environ(text: str) -> dict[str, str]:
    return dict(re.findall(r"^(\w+)=(\S+)", text, re.MULTILINE))


def test_a_role_starts_with_the_environments_that_are_shown() -> None:
    one_machine, many_workers, _ = map(_environ, _samples())
    assert read_settings(one_machine).host == "0.0.0.0"  # noqa: S104 - the example listens for a proxy elsewhere
    assert read_settings(one_machine | many_workers).ingest_queues == 4


def test_a_wrong_environment_is_answered_as_shown() -> None:
    command, *answer = _samples()[2].splitlines()
    environ = _environ(command.removeprefix("$ "))
    with pytest.raises(SettingsError) as raised:
        read_settings(environ)
    assert f"porthole: {raised.value}".splitlines() == answer
