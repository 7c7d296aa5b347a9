"""The page's types are what Python sends, and Python's are what the database holds."""

import re
from typing import Any, get_args

import msgspec
import pytest
from sqlalchemy import CheckConstraint
from sqlalchemy import inspect as mapped

from cli.typescript import FILE, typescript
from shared.events import ConversationMode, ConversationStatus, MediaState
from shared.models import Conversation, Media, Message
from shared.whatsapp.status import STATUSES, MessageStatus
from shared.whatsapp.updates import Direction, Origin


def test_the_page_s_types_are_those_that_make_docs_writes() -> None:
    assert FILE.read_text() == typescript(), "run `make docs`"


def test_a_type_without_typescript_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Answer(msgspec.Struct):
        data: bytes

    monkeypatch.setattr("cli.typescript.ANSWERS", (Answer,))
    with pytest.raises(TypeError, match="no TypeScript yet"):
        typescript()


def test_two_structs_of_one_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Contact(msgspec.Struct):  # as the page calls the ContactView
        id: str

    monkeypatch.setattr("cli.typescript.ANSWERS", (Contact,))
    with pytest.raises(TypeError, match="one name"):
        typescript()


@pytest.mark.parametrize(
    ("model", "name", "literal"),
    [
        (Conversation, "conversation_status", ConversationStatus),
        (Conversation, "conversation_mode", ConversationMode),
        (Message, "message_direction", Direction),
        (Message, "message_origin", Origin),
        (Media, "media_state", MediaState),
    ],
)
def test_a_literal_is_what_the_database_allows(model: type[Any], name: str, literal: Any) -> None:
    constraints = mapped(model).local_table.constraints
    (check,) = (one for one in constraints if isinstance(one, CheckConstraint) and one.name == name)
    assert set(re.findall(r"'(\w+)'", str(check.sqltext))) == set(get_args(literal))


def test_every_status_has_a_rank_but_that_of_what_customers_send() -> None:
    assert {*STATUSES, "received"} == set(get_args(MessageStatus))
