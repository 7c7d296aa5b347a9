"""What the demo shows, as cli/demo_data/*.json tells it: a project, and conversations timed backwards from now."""

from pathlib import Path
from typing import Any, Literal

import msgspec

_DIRECTORY = Path(__file__).parent / "demo_data"


class DemoMember(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    email: str


class DemoCannedReply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    shortcut: str
    text: str


class DemoCustomer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    external_customer_id: str


class DemoNumber(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`of_customer`: whether the number is the customer's and not the project's own."""

    name: str
    phone_number_id: str
    business_account_id: str
    display_phone_number: str
    of_customer: bool


class DemoProject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """project.json."""

    name: str
    members: list[DemoMember]
    canned_replies: list[DemoCannedReply]
    customer: DemoCustomer
    numbers: list[DemoNumber]


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"inbound": "in", "outbound": "out"}):
    """One message, `ago` minutes before now: `in` from the customer or `out` to them.

    Either is a text, or {type: Meta's content object}; a file needs no id, type or hash there. A later line quotes
    the one with `name` by naming it in `to`; if it is a reaction, that is where it stands. `status` is how far an
    outbound message came.
    """

    ago: float
    inbound: str | dict[str, Any] | None = None
    outbound: str | dict[str, Any] | None = None
    name: str | None = None
    to: str | None = None
    status: Literal["sent", "delivered", "read", "failed"] = "read"

    def __post_init__(self) -> None:
        if (self.inbound is None) == (self.outbound is None):
            raise ValueError("a line has either `in` or `out`")


class Thread(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One conversation, oldest message first. `assignee` is a member's name; `ended` is minutes before now, None for an
    active one; `unread`: whether nobody has seen what came after the last reply. One contact may have several.
    """

    contact: str
    wa_id: str
    messages: list[Line]
    assignee: str | None = None
    mode: Literal["running", "handoff", "failed"] | None = None
    unread: bool = False
    ended: float | None = None

    @property
    def unread_count(self) -> int:
        if not self.unread:
            return 0
        replies = [place for place, line in enumerate(self.messages) if line.outbound is not None]
        return len(self.messages) - (replies[-1] + 1 if replies else 0)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    number: str
    conversations: list[Thread]


def read_project() -> DemoProject:
    return msgspec.json.decode((_DIRECTORY / "project.json").read_bytes(), type=DemoProject)


def read_threads() -> list[tuple[str, Thread]]:
    """Every conversation with the name of the number that it is on, always in the same order."""
    paths = sorted(path for path in _DIRECTORY.glob("*.json") if path.stem != "project")
    files = [msgspec.json.decode(path.read_bytes(), type=_File) for path in paths]
    return [(file.number, thread) for file in files for thread in file.conversations]
