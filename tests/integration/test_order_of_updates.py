"""The same history in any order, split over any batches, with repeats, applied by several workers at once: the tables
are what a slow and obvious model says.
"""

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

import hypothesis
import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.whatsapp.phone import spellings
from tests.applying import apply
from tests.factories import ProjectRows, status_update, webhook
from tests.meta_payloads import BUSINESS, change, inbound
from workers.ingest import ATTEMPTS, is_overtaken

BEGAN = 1_790_000_000
EMOJI = ("👍", "❤️", "")
STATUSES = ("sent", "delivered", "read", "failed")
RANK = ("sent", "failed", "delivered", "read")


class Sender(msgspec.Struct, frozen=True):
    """The names of one of a few people that one update gives."""

    person: int
    phone: bool
    spelling: int
    bsuid: bool

    def names(self) -> list[str]:
        own = f"5511{90000000 + self.person}"  # one that WhatsApp spells in two ways
        number = spellings(own)[self.spelling]
        return [number] * self.phone + [f"BR.user{self.person}"] * self.bsuid

    def keys(self, numbered: str, named: str) -> dict[str, str]:
        return {(named if name.startswith("BR.") else numbered): name for name in self.names()}


class Update(msgspec.Struct, frozen=True):
    """What one webhook tells. `at` is different for each; `target` is the message with this `at`."""

    kind: str
    at: int
    number: int
    sender: Sender
    target: int = 0
    word: str = ""


senders = st.builds(Sender, st.integers(0, 2), st.booleans(), st.integers(0, 1), st.booleans()).filter(
    lambda sender: sender.phone or sender.bsuid
)


@st.composite
def histories(draw: st.DrawFn) -> list[Update]:
    updates = []
    for at in range(draw(st.integers(1, 14))):
        kind = draw(st.sampled_from(("text", "text", "text", "echo", "reaction", "edit", "revoke", "status", "system")))
        words = {"reaction": EMOJI, "status": STATUSES}.get(kind, ("one", "two"))
        target = draw(st.integers(0, max(0, at + 1)))
        updates.append(Update(kind, at, draw(st.integers(0, 1)), draw(senders), target, draw(st.sampled_from(words))))
    return updates


def _wamid(at: int) -> str:
    return f"wamid.at{at:03d}"


def _body(update: Update, numbers: tuple[str, str]) -> bytes:
    number, at = numbers[update.number], BEGAN + update.at
    sender = update.sender.keys("from", "from_user_id")
    own = _wamid(update.at)
    if update.kind == "status":
        return webhook(number, statuses=[status_update(_wamid(update.target), update.word, timestamp=str(at))])
    if update.kind == "echo":
        keys = update.sender.keys("to", "to_user_id")
        sent = inbound("text", {"body": update.word}, wa_id=BUSINESS, wamid=own, at=at, **keys)
        return change(number, field="smb_message_echoes", message_echoes=[sent])
    contents: dict[str, Any] = {
        "text": {"body": update.word},
        "reaction": {"message_id": _wamid(update.target), "emoji": update.word},
        "edit": {
            "original_message_id": _wamid(update.target),
            "message": {"type": "text", "text": {"body": update.word}},
        },
        "revoke": {"original_message_id": _wamid(update.target)},
        "system": {"type": "user_changed_user_id", "body": update.word},
    }
    message = inbound(update.kind, contents[update.kind], wa_id=None, wamid=own, at=at, **sender)
    profile = {"profile": {"name": f"name {update.at}"}, **update.sender.keys("wa_id", "user_id")}
    return change(number, messages=[message], contacts=[profile] if update.kind == "text" else [])


def _person_of(updates: list[Update]) -> Callable[[Sender], str]:
    """Names that one update gives together are one person's, and so is the other spelling of a number."""
    people: list[set[str]] = []
    for update in updates:
        if update.kind == "status":
            continue
        names = {one for name in update.sender.names() for one in (spellings(name) if name.isdigit() else [name])}
        for known in [one for one in people if one & names]:
            people.remove(known)
            names |= known
        people.append(names)
    return lambda sender: min(next(one for one in people if sender.names()[0] in one))


def _expected(updates: list[Update]) -> list[dict[str, Any]]:
    """A row for each conversation, as the query below gives them."""
    person = _person_of(updates)
    rows: dict[tuple[int, str], list[Update]] = {}
    for update in updates:
        if update.kind in ("text", "echo", "reaction", "system"):
            rows.setdefault((update.number, person(update.sender)), []).append(update)
    found = []
    for (number, who), members in rows.items():
        theirs = [one for one in updates if one.kind != "status" and person(one.sender) == who]
        changes = [one for one in theirs if one.number == number]
        shown = [one for one in members if one.kind in ("text", "echo")]
        written = [one for one in members if one.kind == "text"]
        everywhere = [one for one in theirs if one.kind == "text"]
        found.append(
            {
                "number": number,
                "name": f"name {max(one.at for one in everywhere)}" if everywhere else None,
                "unread": len(written),
                "counted": len(shown),
                "inbound_at": max((BEGAN + one.at for one in written), default=None),
                "last": _wamid(max(one.at for one in shown)) if shown else None,
                "messages": sorted(_message(one, changes, updates) for one in members),
            }
        )
    return sorted(found, key=lambda row: (row["number"], row["messages"]))


def _message(message: Update, changes: list[Update], updates: list[Update]) -> str:
    """A line with all that changes of a message: words, chips, marks, status."""
    mine = [one for one in changes if one.target == message.at]
    own_side = [one for one in mine if message.kind != "echo" or one.kind == "reaction"]  # they are all the contact's
    newest = {one.kind: one for one in sorted(own_side, key=lambda one: one.at)}
    deleted = "revoke" in newest
    edit, chip = newest.get("edit"), newest.get("reaction")
    words = message.word if message.kind in ("text", "echo") else ""
    if edit and message.kind in ("text", "echo"):
        words = edit.word
    status = "received"
    if message.kind == "echo":
        told = [
            one.word
            for one in updates
            if one.kind == "status" and one.number == message.number and one.target == message.at
        ]
        status = max([*told, "sent"], key=RANK.index)
    shown_chip = chip.word if chip and not deleted else ""
    edited = bool(edit) and not deleted and message.kind in ("text", "echo")
    return "|".join((_wamid(message.at), "" if deleted else words, shown_chip, str(edited), str(deleted), status))


FOUND = text("""
    SELECT CASE c.phone_number_id WHEN :first THEN 0 ELSE 1 END AS number, p.profile_name AS name,
           c.unread_count AS unread, c.messages_count AS counted,
           CAST(extract(epoch FROM c.last_inbound_at) AS integer) AS inbound_at,
           (SELECT wamid FROM message WHERE id = c.last_message_id) AS last,
           (SELECT array_agg(concat_ws('|', wamid,
                        CASE WHEN type = 'text' THEN text ELSE '' END,
                        coalesce(reactions -> 0 ->> 'emoji', ''),
                        initcap(CAST(edited_at IS NOT NULL AS text)), initcap(CAST(deleted_at IS NOT NULL AS text)),
                        status))
            FROM message WHERE conversation_id = c.id) AS messages
    FROM conversation c JOIN contact p ON p.id = c.contact_id
""")


async def _found(engine: AsyncEngine, first: str) -> list[dict[str, Any]]:
    async with engine.connect() as connection:
        rows = [dict(row) for row in (await connection.execute(FOUND, {"first": first})).mappings()]
    rows = [{**row, "messages": sorted(row["messages"])} for row in rows]
    return sorted(rows, key=lambda row: (row["number"], row["messages"]))


async def _apply_like_a_worker(engine: AsyncEngine, bodies: list[bytes]) -> None:
    for _ in range(ATTEMPTS):
        try:
            await apply(engine, bodies)
        except Exception as error:
            if not is_overtaken(error):
                raise
        else:
            return
    pytest.fail("overtaken again and again")


async def _check(
    engine: AsyncEngine, project: ProjectRows, history: list[Update], order: list[Update], sizes: list[int]
) -> None:
    numbers = (project.phone_number_id, project.customer_phone_number_id)
    async with engine.begin() as connection:
        await connection.execute(text("TRUNCATE contact, message_status CASCADE"))
    bodies = iter([_body(update, numbers) for update in order])
    batches = [list(itertools.islice(bodies, size)) for size in itertools.chain(sizes, itertools.repeat(3, 20))]
    waiting = iter([batch for batch in batches if batch])

    async def work() -> None:
        for batch in waiting:
            await _apply_like_a_worker(engine, batch)

    await asyncio.gather(*(work() for _ in range(3)))
    assert await _found(engine, numbers[0]) == _expected(history)


@pytest.mark.timeout(300)
async def test_order_repeats_splits_and_several_workers_change_nothing(
    engine: AsyncEngine, project: ProjectRows
) -> None:
    loop = asyncio.get_running_loop()

    # Which worker is first is chance, so that a failure is not made smaller: it might not fail the next time.
    @hypothesis.settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        phases=[hypothesis.Phase.generate],
    )
    @given(histories(), st.data())
    def check(history: list[Update], data: st.DataObject) -> None:
        repeats = data.draw(st.lists(st.sampled_from(history), max_size=4))
        order = data.draw(st.permutations([*history, *repeats]))
        sizes = data.draw(st.lists(st.integers(1, 6), max_size=8))
        asyncio.run_coroutine_threadsafe(_check(engine, project, history, order, sizes), loop).result(60)

    await asyncio.to_thread(check)
