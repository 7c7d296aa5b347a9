"""Twenty ways in which other inboxes have failed their users, each as what must hold here. Those about sends and files
on the way are in test_failures_of_sends.py and test_media.py.
"""

import asyncio
import random
import time
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.settings import Settings
from tests.applying import apply, drain, store
from tests.factories import ProjectRows, status_update, text_message, webhook
from tests.meta_payloads import change, echo, inbound
from tests.wamids import wamids_of

NOW = int(time.time())
BSUID = "MX.A1b2C3d4E5f6"


async def _rows(engine: AsyncEngine, query: str) -> list[dict[str, Any]]:
    async with engine.connect() as connection:
        return [dict(row) for row in (await connection.execute(text(query))).mappings()]


async def _value(engine: AsyncEngine, query: str) -> Any:
    async with engine.connect() as connection:
        return await connection.scalar(text(query))


async def _counts(engine: AsyncEngine) -> tuple[int, int, int]:
    """Contacts, conversations, messages."""
    query = "SELECT (SELECT count(*) FROM contact), (SELECT count(*) FROM conversation), (SELECT count(*) FROM message)"
    async with engine.connect() as connection:
        contacts, conversations, messages = (await connection.execute(text(query))).one()
    return contacts, conversations, messages


async def test_1_a_webhook_that_comes_ten_times_at_once_is_one_message_and_one_unread(
    engine: AsyncEngine, project: ProjectRows, settings: Settings
) -> None:
    body = webhook(project.phone_number_id, messages=[text_message("hola", wamid="wamid.ONE")])
    await asyncio.gather(*(apply(engine, [body]) for _ in range(5)))
    await store(engine, [body] * 10)
    await drain(engine, settings, workers=3)
    assert await _counts(engine) == (1, 1, 1)
    assert await _value(engine, "SELECT unread_count FROM conversation") == 1


async def test_2_a_batch_of_several_numbers_reaches_each_inbox_whole(
    engine: AsyncEngine, project: ProjectRows, settings: Settings
) -> None:
    numbers = (project.phone_number_id, project.customer_phone_number_id)
    entries = []
    for entry in range(2):
        changes = []
        for place, number in enumerate(numbers):
            messages = [text_message(f"{entry}{place}{n}", wa_id=f"155501{n}") for n in range(3)]
            parts = msgspec.json.decode(webhook(number, messages=messages, statuses=[status_update("wamid.S", "sent")]))
            changes += parts["entry"][0]["changes"]
        entries.append({"id": "900100", "changes": changes})
    await store(engine, [msgspec.json.encode({"object": "whatsapp_business_account", "entry": entries})])
    await drain(engine, settings)
    found = await _rows(engine, "SELECT phone_number_id, count(*) AS n FROM message GROUP BY 1 ORDER BY 1")
    assert found == [{"phone_number_id": number, "n": 6} for number in sorted(numbers)]
    assert await _value(engine, "SELECT count(*) FROM message_status") == 2


async def test_3_a_poisoned_item_sinks_no_other_and_is_kept_for_review(
    engine: AsyncEngine, project: ProjectRows, settings: Settings
) -> None:
    number = project.phone_number_id
    body = change(
        number,
        messages=[
            inbound("text", {"body": "good"}),
            {"from": "15550100", "id": 7, "timestamp": "x", "type": "text"},
            inbound("hologram", {"depth": 3}),
        ],
        statuses=[status_update("wamid.unknown", "delivered"), {"status": "sent"}],
    )
    await store(engine, [body, webhook(number, messages=[text_message("after it")])])
    await drain(engine, settings)
    shown = await _rows(engine, "SELECT type, text FROM message ORDER BY id")
    assert sorted((row["type"], row["text"]) for row in shown) == [
        ("hologram", ""),
        ("text", "after it"),
        ("text", "good"),
    ]
    events = await _rows(engine, "SELECT state, problem, body FROM inbound_event ORDER BY id")
    assert [event["state"] for event in events] == ["failed", "done"]
    assert "a message that cannot be read" in events[0]["problem"]
    assert "a status that cannot be read" in events[0]["problem"]
    assert events[0]["body"] == body


async def test_4_an_album_of_a_new_customer_opens_one_contact_and_one_conversation(
    engine: AsyncEngine, project: ProjectRows
) -> None:
    pictures = [inbound("image", {"id": f"90{n}", "mime_type": "image/jpeg"}, wa_id="5511987654321") for n in range(5)]
    bodies = [change(project.phone_number_id, messages=[picture]) for picture in pictures]
    applied = await asyncio.gather(*(apply(engine, [body]) for body in bodies))
    assert await _counts(engine) == (1, 1, 5)
    assert await _value(engine, "SELECT unread_count FROM conversation") == 5
    assert sum(len(one.events) for one in applied) == 5


async def test_5_late_messages_are_shown_by_the_time_at_which_they_were_written(
    engine: AsyncEngine, project: ProjectRows
) -> None:
    number, began = project.phone_number_id, NOW - 3 * 3600
    bodies = [
        webhook(number, messages=[text_message(f"{n:02d}", wamid=f"wamid.L{n:02d}", at=began + n // 2)])
        for n in range(20)
    ]
    random.Random(5).shuffle(bodies)
    for body in bodies:
        await apply(engine, [body])
    shown = await _rows(engine, "SELECT text, sent_at FROM message ORDER BY sent_at, id")
    assert len(shown) == 20
    assert [int(row["text"]) // 2 for row in shown] == [n // 2 for n in range(20)]
    last = await _value(engine, "SELECT last_inbound_at FROM conversation")
    assert last == datetime.fromtimestamp(began + 9, UTC), "the window begins when it was written, not when it came"


async def test_6_a_status_never_goes_back_and_each_is_kept_with_its_time(
    engine: AsyncEngine, project: ProjectRows
) -> None:
    number = project.phone_number_id
    sent = [echo("text", {"body": f"{n}"}, wamid=f"wamid.S{n}") for n in range(2)]
    await apply(engine, [change(number, field="smb_message_echoes", message_echoes=sent)])
    pricing = {"billable": True, "pricing_model": "PMP", "category": "utility"}
    for n, status in enumerate(("read", "delivered", "sent")):
        update = status_update("wamid.S0", status, timestamp=str(NOW - n), pricing=pricing)
        await apply(engine, [webhook(number, statuses=[update])])
    errors = [{"code": 131026, "title": "Undeliverable"}]
    for status, extra in (("failed", {"errors": errors}), ("sent", {})):
        await apply(engine, [webhook(number, statuses=[status_update("wamid.S1", status, **extra)])])
    found = await _rows(engine, "SELECT status, error ->> 'code' AS code FROM message ORDER BY wamid")
    assert found == [{"status": "read", "code": None}, {"status": "failed", "code": "131026"}]
    kept = await _rows(
        engine, "SELECT status, extract(epoch FROM occurred_at)::int AS at, payload -> 'pricing' AS pricing"
        " FROM message_status WHERE wamid = 'wamid.S0' ORDER BY occurred_at"
    )  # fmt: skip
    assert kept == [
        {"status": status, "at": NOW - n, "pricing": pricing}
        for n, status in ((2, "sent"), (1, "delivered"), (0, "read"))
    ]


async def test_10_reactions_are_chips_on_their_message_and_nothing_is_lost(
    engine: AsyncEngine, project: ProjectRows
) -> None:
    number = project.phone_number_id

    async def react(emoji: str | None, at: int, target: str = "wamid.T", **fields: Any) -> None:
        content = {"message_id": target} | ({} if emoji is None else {"emoji": emoji})
        await apply(engine, [change(number, messages=[inbound("reaction", content, at=at, **fields)])])

    async def chips() -> Any:
        found = await _value(engine, "SELECT reactions FROM message WHERE wamid = 'wamid.T'")
        return [(chip["emoji"], chip["by"]) for chip in found or []]

    await react("👍", NOW + 1)  # the message has not come yet
    await apply(engine, [webhook(number, messages=[text_message("hola", wa_id="15550100", wamid="wamid.T", at=NOW)])])
    assert await chips() == [("👍", "contact")]
    await react("❤️", NOW + 3)
    await react("😮", NOW + 2)  # late
    assert await chips() == [("❤️", "contact")]
    ours = echo("reaction", {"message_id": "wamid.T", "emoji": "🙏"}, at=NOW + 4)
    await apply(engine, [change(number, field="smb_message_echoes", message_echoes=[ours])])
    assert await chips() == [("❤️", "contact"), ("🙏", "business")]
    await react("", NOW + 5)
    assert await chips() == [("🙏", "business")]
    await react("👎", NOW + 6)
    await react(None, NOW + 7)
    assert await chips() == [("🙏", "business")]
    await react("👀", NOW + 8, target="wamid.never-came")
    place = (await _rows(engine, "SELECT unread_count, messages_count, last_inbound_at FROM conversation"))[0]
    assert (place["unread_count"], place["messages_count"]) == (1, 1)
    assert place["last_inbound_at"] == datetime.fromtimestamp(NOW, UTC), "a reaction does not extend the window"
    assert await _value(engine, "SELECT count(*) FROM message WHERE type = 'reaction'") == 8, "programs can list them"
    assert await _value(engine, "SELECT payload ->> 'emoji' FROM message_change WHERE wamid_key LIKE '%never%'") == "👀"


async def test_11_what_whatsapp_cannot_show_does_not_vanish(engine: AsyncEngine, project: ProjectRows) -> None:
    errors = [{"code": 131060, "title": "This message is currently unavailable"}]
    first = inbound("unsupported", {"type": "unknown"}, errors=errors, referral={"source_type": "ad"})
    older = inbound("unknown", {}, wa_id="15550177", errors=[{"code": 131051, "title": "Unsupported"}])
    await apply(engine, [change(project.phone_number_id, messages=[first, older])])
    assert await _counts(engine) == (2, 2, 2)
    shown = await _rows(engine, "SELECT type, error ->> 'code' AS code FROM message ORDER BY 2")
    assert shown == [{"type": "unsupported", "code": "131051"}, {"type": "unsupported", "code": "131060"}]
    assert await _value(engine, "SELECT bool_and(last_inbound_at IS NOT NULL AND unread_count = 1) FROM conversation")


async def test_12_a_quote_finds_its_message_in_either_form_of_the_id(engine: AsyncEngine, project: ProjectRows) -> None:
    number = project.phone_number_id
    asked, ours = wamids_of("15550100", BSUID), wamids_of("15550100", BSUID, outbound=True)
    replies = [
        inbound("text", {"body": "that one"}, wamid="wamid.R1", context={"from": "15550001", "id": asked.by_bsuid}),
        inbound("text", {"body": "and yours"}, wamid="wamid.R2", context={"from": "15550001", "id": ours.by_bsuid}),
    ]
    reaction = inbound("reaction", {"message_id": asked.by_bsuid, "emoji": "👍"})
    edit = {"original_message_id": asked.by_bsuid, "message": {"type": "text", "text": {"body": "this one?"}}}
    mine = echo("text", {"body": "sure"}, wamid=ours.by_phone)
    await apply(engine, [change(number, messages=[inbound("text", {"body": "which?"}, wamid=asked.by_phone)])])
    await apply(engine, [change(number, field="smb_message_echoes", message_echoes=[mine])])
    await apply(engine, [change(number, messages=[*replies, reaction, inbound("edit", edit)])])
    await apply(engine, [webhook(number, statuses=[status_update(ours.by_bsuid, "read")])])
    again = inbound("text", {"body": "which?"}, wamid=asked.by_bsuid)
    await apply(engine, [change(number, messages=[again])])
    quotes = await _rows(
        engine, "SELECT r.wamid, q.text, q.reactions -> 0 ->> 'emoji' AS chip, q.status FROM message r JOIN message q"
        " ON q.wamid_key = r.reply_to_key WHERE r.wamid LIKE 'wamid.R%' ORDER BY 1"
    )  # fmt: skip
    assert quotes == [
        {"wamid": "wamid.R1", "text": "this one?", "chip": "👍", "status": "received"},
        {"wamid": "wamid.R2", "text": "sure", "chip": None, "status": "read"},
    ]
    assert await _value(engine, "SELECT count(*) FROM message WHERE type = 'text'") == 4, "one message, one row"


async def test_13_a_person_without_a_number_is_a_contact_and_stays_one_when_the_number_is_known(
    engine: AsyncEngine, project: ProjectRows
) -> None:
    number = project.phone_number_id
    profile = {"profile": {"name": "Ana", "username": "ana.p"}, "user_id": BSUID}
    hidden = inbound("text", {"body": "hola"}, wa_id=None, from_user_id=BSUID)
    await apply(engine, [change(number, messages=[hidden], contacts=[profile])])
    contact = (await _rows(engine, "SELECT profile_name, phone_number, username, search FROM contact"))[0]
    assert (contact["profile_name"], contact["phone_number"], contact["username"]) == ("Ana", None, "ana.p")
    assert "ana.p" in contact["search"]
    shown = inbound("text", {"body": "my number"}, wa_id="15550100", from_user_id=BSUID)
    only_number = inbound("text", {"body": "again"}, wa_id="15550100")
    await apply(engine, [change(number, messages=[shown], contacts=[{**profile, "wa_id": "15550100"}])])
    await apply(engine, [change(number, messages=[only_number])])
    assert await _counts(engine) == (1, 1, 3)
    assert await _value(engine, "SELECT phone_number FROM contact") == "15550100"


async def test_13_two_contacts_that_turn_out_to_be_one_person_become_one_with_all_their_history(
    engine: AsyncEngine, project: ProjectRows
) -> None:
    number = project.phone_number_id
    hidden = inbound("text", {"body": "by name"}, wa_id=None, from_user_id=BSUID, at=NOW)
    by_number = inbound("text", {"body": "by number"}, wa_id="15550100", at=NOW + 1)
    await apply(engine, [change(number, messages=[hidden], contacts=[])])
    await apply(engine, [change(number, messages=[by_number])])
    assert await _counts(engine) == (2, 2, 2)
    both = inbound("text", {"body": "both"}, wa_id="15550100", from_user_id=BSUID, at=NOW + 2)
    applied = await apply(engine, [change(number, messages=[both])])
    assert await _counts(engine) == (1, 1, 3)
    place = (
        await _rows(
            engine, "SELECT unread_count, messages_count, m.text AS last FROM conversation c"
            " JOIN message m ON m.id = c.last_message_id"
        )
    )[0]  # fmt: skip
    assert place == {"unread_count": 3, "messages_count": 3, "last": "both"}
    kinds = [type(event.push).__name__ for event in applied.events]
    assert kinds == ["ConversationRemoved", "ConversationUpdated", "MessageCreated"]


async def test_14_whoever_changes_number_or_id_stays_one_person_and_late_messages_find_them(
    engine: AsyncEngine, project: ProjectRows
) -> None:
    number = project.phone_number_id
    await apply(engine, [webhook(number, messages=[text_message("old", wa_id="15550100", at=NOW)])])
    moved = inbound(
        "system",
        {
            "type": "user_changed_number",
            "body": "Ana changed",
            "wa_id": "15550999",
            "user_id": "US.new",
            "previous_user_id": "US.old",
        },
        at=NOW + 10,
    )
    renamed = inbound(
        "system", {"type": "user_changed_user_id", "user_id": "US.newer", "previous_user_id": "US.new"}, wa_id=None,
        from_user_id="US.new", at=NOW + 20,
    )  # fmt: skip
    await apply(engine, [change(number, messages=[moved], contacts=[])])
    await apply(engine, [change(number, messages=[renamed], contacts=[])])
    for wa_id, user_id, at in (
        ("15550999", None, 30),
        ("15550100", None, 5),
        (None, "US.newer", 31),
        (None, "US.old", 6),
    ):
        sender = {} if user_id is None else {"from_user_id": user_id}
        message = inbound("text", {"body": "x"}, wa_id=wa_id, at=NOW + at, **sender)
        await apply(engine, [change(number, messages=[message], contacts=[])])
    assert await _counts(engine) == (1, 1, 7)
    assert await _value(engine, "SELECT phone_number FROM contact") == "15550999"
    assert await _value(engine, "SELECT unread_count FROM conversation") == 5, "a system line is not unread"


async def test_15_the_two_spellings_of_a_number_are_one_person_and_a_landline_is_nobody_else(
    engine: AsyncEngine, project: ProjectRows
) -> None:
    number = project.phone_number_id
    pairs = [("5511987654321", "551187654321"), ("5215512345678", "525512345678"), ("5491123456789", "541123456789")]
    for pair in pairs:
        bodies = [webhook(number, messages=[text_message("hola", wa_id=wa_id)]) for wa_id in pair]
        await asyncio.gather(*(apply(engine, [body]) for body in bodies))
    assert await _counts(engine) == (3, 3, 6)
    landline = [text_message("oi", wa_id=wa_id) for wa_id in ("551133334444", "5511933334444")]
    await apply(engine, [webhook(number, messages=landline)])
    assert await _counts(engine) == (5, 5, 8)


async def test_15_what_was_said_last_of_a_number_is_what_is_written_to(
    engine: AsyncEngine, project: ProjectRows
) -> None:
    number = project.phone_number_id
    for wa_id, at in (("5511987654321", 0), ("551187654321", 9), ("5511987654321", 5)):
        await apply(engine, [webhook(number, messages=[text_message("oi", wa_id=wa_id, at=NOW + at)])])
    assert await _value(engine, "SELECT phone_number FROM contact") == "551187654321"


async def test_17_only_what_the_customer_writes_opens_the_window(engine: AsyncEngine, project: ProjectRows) -> None:
    number = project.phone_number_id
    opened = datetime.fromtimestamp(NOW - 3600, UTC)
    first = text_message("hi", wa_id="15550100", wamid="wamid.O", at=NOW - 3600)
    await apply(engine, [webhook(number, messages=[first])])
    edit = {"original_message_id": "wamid.O", "message": {"type": "text", "text": {"body": "hey"}}}
    past = {"threads": [{"id": "15550100", "messages": [inbound("text", {"body": "old"}, at=NOW - 10)]}]}
    others = [
        change(number, messages=[inbound("reaction", {"message_id": "wamid.O", "emoji": "👍"})]),
        change(number, messages=[inbound("edit", edit)]),
        change(number, messages=[inbound("system", {"type": "customer_identity_changed", "body": "b"})], contacts=[]),
        change(number, field="smb_message_echoes", message_echoes=[echo("text", {"body": "ours"})]),
        change(number, field="history", history=[past]),
        webhook(number, statuses=[status_update("wamid.O", "read")]),
    ]
    await apply(engine, others)
    assert await _value(engine, "SELECT max(last_inbound_at) FROM conversation") == opened
    await apply(engine, [change(number, messages=[inbound("request_welcome", {}, at=NOW)])])
    assert await _value(engine, "SELECT max(last_inbound_at) FROM conversation") == datetime.fromtimestamp(NOW, UTC)


async def test_19_structured_content_is_kept_to_the_letter(engine: AsyncEngine, project: ProjectRows) -> None:
    contents: list[tuple[str, Any]] = [
        ("interactive", {"type": "nfm_reply", "nfm_reply": {"name": "flow", "response_json": '{"size":"XL","n":2}'}}),
        ("interactive", {"type": "list_reply", "list_reply": {"id": "row-7", "title": "Oak", "description": "1 m"}}),
        ("order", {"catalog_id": "C", "product_items": [{"product_retailer_id": "SKU", "item_price": 7.99}]}),
        ("location", {"latitude": -33.45, "longitude": -70.66, "address": "Calle Ñuble 7"}),
        ("contacts", [{"name": {"formatted_name": "Ána"}, "phones": [{"phone": "+52 55"}]}, {"name": {}}]),
        ("document", {"id": "1", "filename": "Informe año (final) v2.pdf", "mime_type": "application/pdf"}),
    ]
    messages = [inbound(kind, content, wamid=f"wamid.C{n}") for n, (kind, content) in enumerate(contents)]
    await apply(engine, [change(project.phone_number_id, messages=messages)])
    stored = await _rows(engine, "SELECT type, content FROM message ORDER BY wamid")
    assert [(row["type"], row["content"]) for row in stored] == contents
