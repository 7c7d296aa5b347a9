"""What a push does to the state of a page is what loading the page again gives; and so is what `changes` does.

Everything happens here on a real stack. The page's own code then applies it, in templates/inbox/tests/equality.test.ts.
"""

import asyncio
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec
import pytest

from shared.events import Push
from tests import state_changes as happens
from tests.compatibility.clients import NODE
from tests.conversations import new_wa_id
from tests.stack import Iframe, Stack
from tests.state_changes import Change, Scene
from tests.waiting import eventually

CREATED, CHANGED, CONVERSATION, REMOVED = (
    "message.created",
    "message.updated",
    "conversation.updated",
    "conversation.removed",
)

Viewer = Literal["everybody", "assignee"]

# What happens, who looks on, and the pushes that it makes there at least.
CASES: list[tuple[Change, Viewer, list[str]]] = [
    (happens.first_message, "everybody", [CREATED]),
    (happens.next_message, "everybody", [CREATED]),
    (happens.message_that_moves_up, "everybody", [CREATED]),
    (happens.two_messages_at_once, "everybody", [CREATED, CREATED]),
    (happens.older_message, "everybody", [CREATED]),
    (happens.message_after_the_end, "everybody", [CREATED]),
    (happens.message_under_a_new_name, "everybody", [CREATED, CONVERSATION]),
    (happens.quote, "everybody", [CREATED]),
    (happens.reply, "everybody", [CREATED, CHANGED]),
    (happens.message_of_the_business_s_phone, "everybody", [CREATED]),
    (happens.status, "everybody", [CHANGED]),
    (happens.reaction, "everybody", [CHANGED]),
    (happens.reaction_removed, "everybody", [CHANGED]),
    (happens.reaction_of_ours, "everybody", [CHANGED, CONVERSATION]),
    (happens.failed_too_late, "everybody", [CREATED, CHANGED]),
    (happens.discarded, "everybody", [CHANGED]),
    (happens.discarded_before_a_newer_one, "everybody", [CHANGED]),
    (happens.discarded_and_delivered_all_the_same, "everybody", [CHANGED]),
    (happens.retried, "everybody", [CHANGED, CREATED]),
    (happens.media_ready, "everybody", [CREATED, CHANGED]),
    (happens.edit, "everybody", [CHANGED]),
    (happens.edit_of_an_older_message, "everybody", [CHANGED]),
    (happens.edit_of_a_quoted_message, "everybody", [CHANGED]),
    (happens.revocation, "everybody", [CHANGED]),
    (happens.read, "everybody", [CONVERSATION]),
    (happens.ended, "everybody", [CONVERSATION]),
    (happens.reopened, "everybody", [CONVERSATION]),
    (happens.assigned, "everybody", [CONVERSATION]),
    (happens.assigned, "assignee", [CONVERSATION]),
    (happens.taken_away, "everybody", [CONVERSATION]),
    (happens.taken_away, "assignee", [REMOVED]),
    (happens.given_back, "assignee", [CONVERSATION]),
    (happens.taken_away_and_given_back, "assignee", [REMOVED, CONVERSATION]),
    (happens.assignee_left_the_team, "everybody", [CONVERSATION]),
    (happens.workflow_started, "everybody", [CONVERSATION]),
    (happens.workflow_opens_a_conversation, "everybody", [CONVERSATION]),
    (happens.workflow_failed, "everybody", [CONVERSATION]),
    (happens.workflow_ended, "everybody", [CONVERSATION]),
    (happens.handoff_taken, "everybody", [CONVERSATION]),
    (happens.handoff_requested, "everybody", [CONVERSATION]),
    (happens.handed_back, "everybody", [CONVERSATION]),
    (happens.handoff_over, "everybody", [CONVERSATION]),
    (happens.renamed, "everybody", [CONVERSATION, CONVERSATION]),
    (happens.saved_in_the_address_book, "everybody", [CONVERSATION]),
    (happens.number_changed, "everybody", [CREATED]),
    (happens.number_changed_to_one_that_wrote, "everybody", [REMOVED, CONVERSATION, CREATED]),
    (happens.number_changed_from_one_that_wrote_later, "everybody", [REMOVED, CONVERSATION, CREATED]),
    (happens.number_changed_to_one_that_wrote_long_ago, "everybody", [CONVERSATION, CREATED]),
    (happens.number_changed_to_an_older_one_after_the_end, "everybody", [CONVERSATION, CREATED]),
    (happens.number_changed_to_one_that_wrote, "assignee", [REMOVED]),
    (happens.erased, "everybody", [REMOVED]),
    (happens.erased, "assignee", [REMOVED]),
]

PAGE = Path(__file__).resolve().parents[2] / "templates" / "inbox"

LISTS: dict[str, dict[str, str]] = {
    "active": {},
    "ended": {"status": "ended"},
    "all": {"status": "all"},
    "unread": {"unread": "1"},
    "handoff": {"handoff": "1"},
}


class Viewing:
    """Somebody who looks: what is loaded, and what the socket brings."""

    def __init__(self, stack: Stack, token: str, iframe: Iframe) -> None:
        self.stack = stack
        self.token = token
        self.iframe = iframe

    async def conversations(self, **query: str) -> list[Any]:
        rows: list[Any] = (await self.stack.get("/inbox/v1/conversations", self.token, limit=100, **query))["data"]
        return rows

    async def load(self, but: set[str]) -> dict[str, Any]:
        """Every list, and the threads of all conversations `but` those."""
        lists = {name: await self.conversations(**query) for name, query in LISTS.items()}
        opened = [row["id"] for row in lists["all"] if row["id"] not in but]
        path = "/inbox/v1/conversations/{}/messages"
        threads = {one: (await self.stack.get(path.format(one), self.token, limit=100))["data"] for one in opened}
        return {"lists": lists, "threads": threads}

    async def cursor(self) -> str:
        cursor: str = (await self.stack.get("/inbox/v1/session", self.token))["data"]["cursor"]
        return cursor

    async def told(self, kinds: list[str]) -> None:
        """Wait until there were pushes of these kinds."""

        async def all_came() -> bool:
            return not Counter(kinds) - Counter(event["type"] for event in self.iframe.events)

        await eventually(all_came)


def test_every_kind_of_push_is_in_the_table() -> None:
    known = {struct.__struct_config__.tag for struct in get_args(Push)}
    assert {kind for _, _, kinds in CASES for kind in kinds} == known


@pytest.mark.timeout(900)
async def test_pushes_and_changes_lead_to_what_a_fresh_load_shows(stack: Stack, tmp_path: Path) -> None:
    user_id = str(stack.project.user_id)
    tokens = {"everybody": await stack.embed(), "assignee": await stack.embed(assigned_user_id=user_id)}
    async with stack.iframe(tokens["everybody"]) as whole, stack.iframe(tokens["assignee"]) as own:
        viewers = {
            name: Viewing(stack, tokens[name], iframe) for name, iframe in (("everybody", whole), ("assignee", own))
        }
        scene = Scene(stack, tokens["everybody"], whole, user_id)
        marker = await scene.wrote(new_wa_id())
        await scene.assign(marker["conversation_id"], user_id)
        cases = [await _case(scene, viewers, marker["wa_id"], *case) for case in CASES]
    file = tmp_path / "cases.json"
    # The end of a file's URL moves on with the clock, which is no change of the message.
    file.write_text(re.sub(r"\?expires=[^\"]*", "", msgspec.json.encode(cases).decode()))
    await _applied_by_the_page(file)


async def _case(
    scene: Scene, viewers: dict[str, Viewing], marker: str, change: Change, viewer: Viewer, kinds: list[str]
) -> dict[str, Any]:
    viewing = viewers[viewer]
    but = {row["id"] for row in await viewing.conversations(status="all")}
    steps = change(scene)
    await anext(steps)
    # What was published before this has arrived where this has.
    last = await scene.wrote(marker)
    for one in viewers.values():
        await _arrived(one.iframe, last["id"])
        one.iframe.events.clear()
    cursor = await viewing.cursor()
    old = await viewing.load(but)
    await anext(steps, None)
    await viewing.told(kinds)
    new = await viewing.load(but)
    changes = (await scene.stack.get("/inbox/v1/changes", viewing.token, since=cursor))["data"]
    assert not changes["reset"]
    pushes = list(viewing.iframe.events)
    name = f"{change.__name__} as {viewer}"
    assert {event["type"] for event in pushes} == set(kinds), name
    return {"name": name, "old": old, "pushes": pushes, "changes": changes, "new": new}


async def _arrived(iframe: Iframe, message_id: str) -> None:
    async def seen() -> bool:
        return any(event.get("message", {}).get("id") == message_id for event in iframe.events)

    await eventually(seen)


async def _applied_by_the_page(cases: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        NODE,
        "node_modules/vitest/vitest.mjs",
        "run",
        "tests/equality.test.ts",
        cwd=PAGE,
        env=os.environ | {"VITE_EQUALITY_CASES": str(cases), "NO_COLOR": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
