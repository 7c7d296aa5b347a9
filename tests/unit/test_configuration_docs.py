"""docs/configuration.md says what shared/settings.py says."""

import msgspec
import pytest

from cli.configuration_docs import DOCUMENT, with_table
from shared.settings import DESCRIPTIONS, Settings


def test_every_setting_has_a_description_and_no_description_is_left_over() -> None:
    assert list(DESCRIPTIONS) == [field.name for field in msgspec.structs.fields(Settings)]
    assert all(text.endswith(".") and "|" not in text for text in DESCRIPTIONS.values())


def test_the_table_is_the_one_that_make_docs_writes() -> None:
    document = DOCUMENT.read_text()
    assert document == with_table(document), "run `make docs`"


def test_a_document_without_the_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="needs the markers"):
        with_table("# Configuration\n")
