"""Every kind of update that Meta sends: stored whole, with its line for the list, in the right conversation."""

import time
from typing import Any

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.events import Event
from shared.kapso.messages import get_kapso_message
from shared.scope import Scope
from shared.settings import Settings
from tests.applying import apply
from tests.factories import ProjectRows, new_wamid, status_update, text_message, webhook
from tests.meta_payloads import change, echo, inbound

NOW = int(time.time())
MEDIA = {"id": "9001", "mime_type": "image/jpeg", "sha256": "YWJj"}

# (type, content, the line in the list)
KINDS: list[tuple[str, Any, str]] = [
    ("text", {"body": "hola"}, "hola"),
    ("image", {**MEDIA, "caption": "the lamp"}, "the lamp"),
    ("video", {**MEDIA, "mime_type": "video/mp4", "caption": "it  flickers\nso"}, "it flickers so"),
    ("audio", {**MEDIA, "mime_type": "audio/ogg; codecs=opus", "voice": True}, ""),
    ("document", {**MEDIA, "mime_type": "application/pdf", "filename": "Año nuevo (2).pdf"}, "Año nuevo (2).pdf"),
    ("sticker", {**MEDIA, "mime_type": "image/webp", "animated": True}, ""),
    ("location", {"latitude": 19.4, "longitude": -99.1, "name": "Zócalo"}, "Zócalo"),
    ("contacts", [{"name": {"formatted_name": "Ana P"}}, {"name": {"formatted_name": "Bo"}}], "Ana P, Bo"),
    ("button", {"payload": "STOP", "text": "Stop"}, "Stop"),
    ("interactive", {"type": "button_reply", "button_reply": {"id": "yes", "title": "Yes"}}, "Yes"),
    ("interactive", {"type": "list_reply", "list_reply": {"id": "r1", "title": "Row", "description": "d"}}, "Row"),
    (
        "interactive",
        {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": "{}"}},
        "Sent",
    ),
    ("interactive", {}, ""),
    ("order", {"catalog_id": "C", "text": "asap", "product_items": [{"quantity": 2, "item_price": 7.99}]}, "asap"),
    ("unsupported", {"type": "poll_creation"}, ""),
    ("request_welcome", {}, ""),
    ("hologram", {"depth": 3}, ""),
]


async def _one(engine: AsyncEngine, query: str, **values: Any) -> Any:
    async with engine.connect() as connection:
        return (await connection.execute(text(query), values)).mappings().one()


async def _all(engine: AsyncEngine, query: str) -> list[Any]:
    async with engine.connect() as connection:
        return [dict(row) for row in (await connection.execute(text(query))).mappings()]


def _pushes(events: list[Event]) -> list[str]:
    return [event.push.__struct_config__.tag for event in events]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("kind", "content", "preview"), KINDS, ids=[f"{n}-{kind}" for n, (kind, *_) in enumerate(KINDS)]
)
async def test_an_inbound_message_is_stored_whole_and_has_one_line(
    engine: AsyncEngine, project: ProjectRows, kind: str, content: Any, preview: str
) -> None:
    number, wamid = project.phone_number_id, new_wamid()
    applied = await apply(engine, [change(number, messages=[inbound(kind, content, wamid=wamid)])])
    assert applied.problems == [None]
    row = await _one(engine, "SELECT type, content, preview, direction, status FROM message")
    assert row == {"type": kind, "content": content, "preview": preview, "direction": "inbound", "status": "received"}
    place = await _one(engine, "SELECT unread_count, last_inbound_at IS NOT NULL AS opened FROM conversation")
    assert place == {"unread_count": 0 if kind == "request_welcome" else 1, "opened": True}
    files = await _all(engine, "SELECT media_id, state FROM media")
    expected = [{"media_id": "9001", "state": "pending"}] if isinstance(content, dict) and "id" in content else []
    assert files == expected
    assert _pushes(applied.events) == ["message.created"]


async def test_what_stands_beside_the_content_is_kept(engine: AsyncEngine, project: ProjectRows) -> None:
    referral = {"source_url": "https://fb.me/x", "source_type": "ad", "headline": "Lamps", "ctwa_clid": "abc"}
    message = inbound(
        "text",
        {"body": "hi"},
        referral=referral,
        context={"frequently_forwarded": True},
        group_id="G1",
        from_logical_id="L",
    )
    await apply(engine, [change(project.phone_number_id, messages=[message])])
    row = await _one(engine, "SELECT details, reply_to FROM message")
    assert row["reply_to"] is None
    assert row["details"] == {
        "referral": referral,
        "context": {"frequently_forwarded": True},
        "group_id": "G1",
        "from_logical_id": "L",
    }


async def test_what_whatsapp_cannot_show_says_why(engine: AsyncEngine, project: ProjectRows) -> None:
    errors = [{"code": 131060, "title": "This message is unavailable", "message": "unavailable"}]
    message = inbound("unsupported", {"type": "unknown"}, errors=errors)
    await apply(engine, [change(project.phone_number_id, messages=[message])])
    row = await _one(engine, "SELECT error, details FROM message")
    assert row["error"] == {"code": 131060, "title": "This message is unavailable", "details": None}
    assert row["details"] == {"errors": errors}


async def test_an_edit_changes_the_text_and_the_search_and_keeps_the_first_words(
    engine: AsyncEngine, project: ProjectRows
) -> None:
    number = project.phone_number_id
    first = inbound("text", {"body": "at 5"}, wamid="wamid.A", at=NOW)
    edits = [
        inbound("edit", {"original_message_id": "wamid.A", "message": {"type": "text", "text": {"body": body}}}, at=at)
        for body, at in (("at 6", NOW + 5), ("at 7", NOW + 9))
    ]
    await apply(engine, [change(number, messages=[first])])
    applied = await apply(engine, [change(number, messages=[edits[1]])])
    assert _pushes(applied.events) == ["message.updated"]
    await apply(engine, [change(number, messages=[edits[0]])])  # the older one comes late
    row = await _one(engine, "SELECT content, text, preview, original, edited_at FROM message")
    assert (row["content"], row["text"], row["preview"]) == ({"body": "at 7"}, "at 7", "at 7")
    assert row["original"] == {"body": "at 5"}
    assert int(row["edited_at"].timestamp()) == NOW + 9
    assert (await _one(engine, "SELECT unread_count FROM conversation"))["unread_count"] == 1


async def test_a_deleted_message_leaves_nothing_of_its_content(engine: AsyncEngine, project: ProjectRows) -> None:
    number = project.phone_number_id
    picture = inbound("image", {**MEDIA, "caption": "secret"}, wamid="wamid.A", referral={"headline": "Lamps"})
    revoke = inbound("revoke", {"original_message_id": "wamid.A"})
    await apply(engine, [change(number, messages=[revoke])])  # before its message
    await apply(engine, [change(number, messages=[picture])])
    row = await _one(engine, "SELECT type, content, text, preview, details, original, deleted_at FROM message")
    assert row["deleted_at"] is not None
    assert (row["content"], row["text"], row["preview"], row["details"]) == ({}, "", "", None)
    assert await _all(engine, "SELECT * FROM media") == []


async def test_only_the_side_that_wrote_a_message_edits_it(engine: AsyncEngine, project: ProjectRows) -> None:
    number = project.phone_number_id
    edit = {"original_message_id": "wamid.A", "message": {"type": "text", "text": {"body": "ours"}}}
    await apply(engine, [change(number, messages=[inbound("text", {"body": "theirs"}, wamid="wamid.A")])])
    await apply(engine, [change(number, field="smb_message_echoes", message_echoes=[echo("edit", edit)])])
    other = inbound("revoke", {"original_message_id": "wamid.A"}, wa_id="15550199")
    await apply(engine, [change(number, messages=[other])])
    row = await _one(engine, "SELECT content, edited_at, deleted_at FROM message")
    assert row == {"content": {"body": "theirs"}, "edited_at": None, "deleted_at": None}


async def test_a_message_from_the_business_s_phone_is_ours_and_opens_no_window(
    engine: AsyncEngine, project: ProjectRows
) -> None:
    number = project.phone_number_id
    body = change(
        number, field="smb_message_echoes", message_echoes=[echo("text", {"body": "on my way"}, wamid="wamid.E")]
    )
    early = webhook(number, statuses=[status_update("wamid.E", "delivered")])
    await apply(engine, [early])
    applied = await apply(engine, [body, body])
    row = await _one(engine, "SELECT direction, origin, status, preview FROM message")
    assert row == {"direction": "outbound", "origin": "business_app", "status": "delivered", "preview": "on my way"}
    place = await _one(
        engine, "SELECT unread_count, messages_count, last_inbound_at, last_outbound_at FROM conversation"
    )
    assert (place["unread_count"], place["messages_count"], place["last_inbound_at"]) == (0, 1, None)
    assert place["last_outbound_at"] is not None
    assert _pushes(applied.events) == ["message.created"]


async def test_a_call_is_one_line_whose_end_counts(engine: AsyncEngine, project: ProjectRows) -> None:
    number = project.phone_number_id
    base = {"id": "wacid.1", "from": "15550100", "to": "15550001", "direction": "USER_INITIATED"}
    connect = {**base, "event": "connect", "timestamp": str(NOW), "session": {"sdp": "secret", "sdp_type": "offer"}}
    end = {**base, "event": "terminate", "timestamp": str(NOW + 70), "status": "COMPLETED", "duration": 65}
    for order in ((connect, end), (end, connect), (end, connect, end)):
        async with engine.begin() as connection:
            await connection.execute(text("TRUNCATE contact CASCADE"))
        for one in order:
            await apply(engine, [change(number, field="calls", calls=[one])])
        row = await _one(engine, "SELECT type, direction, content FROM message")
        assert (row["type"], row["direction"]) == ("call", "inbound")
        assert (row["content"]["event"], row["content"]["duration"]) == ("terminate", 65)
        assert "session" not in row["content"]
        assert (await _one(engine, "SELECT unread_count, last_inbound_at FROM conversation"))["unread_count"] == 1


async def test_a_call_to_the_customer_tells_how_it_went(engine: AsyncEngine, project: ProjectRows) -> None:
    number = project.phone_number_id
    for status in ("REJECTED", "RINGING"):  # in the same second, in the wrong order
        one = {"id": "wacid.2", "type": "call", "status": status, "timestamp": str(NOW), "recipient_id": "15550100"}
        await apply(engine, [change(number, field="calls", statuses=[one])])
    row = await _one(engine, "SELECT direction, content ->> 'status' AS status FROM message")
    assert row == {"direction": "outbound", "status": "REJECTED"}
    place = await _one(engine, "SELECT unread_count, last_inbound_at FROM conversation")
    assert place == {"unread_count": 0, "last_inbound_at": None}


async def test_history_is_there_to_read_and_disturbs_nobody(engine: AsyncEngine, project: ProjectRows) -> None:
    number = project.phone_number_id
    thread = {
        "id": "15550100",
        "messages": [
            {"from": "15550100", "id": "wamid.H1", "timestamp": "1780000000", "type": "text", "text": {"body": "old"},
             "history_context": {"status": "READ"}},
            {"from": "15550001", "id": "wamid.H2", "timestamp": "1780000100", "type": "text", "text": {"body": "ours"},
             "history_context": {"status": "DELIVERED"}},
            {"from": "15550100", "id": "wamid.H3", "timestamp": "1780000200", "type": "media_placeholder",
             "history_context": {"status": "READ"}},
        ],
    }  # fmt: skip
    chunks = [
        change(
            number,
            field="history",
            history=[{"metadata": {"phase": 0, "chunk_order": n}, "threads": [{**thread, "messages": [one]}]}],
        )
        for n, one in enumerate(thread["messages"])
    ]
    picture = inbound("image", MEDIA, wamid="wamid.H3", at=1780000200)
    file = change(number, field="history", messages=[picture])
    await apply(engine, [webhook(number, messages=[text_message("new", wa_id="15550100", at=NOW)])])
    applied = [*(await apply(engine, [chunks[2], chunks[0]])).events, *(await apply(engine, [file, chunks[1]])).events]
    await apply(engine, chunks)
    rows = await _all(
        engine, "SELECT direction, origin, type, m.status, v.status AS place FROM message m"
        " JOIN conversation v ON v.id = m.conversation_id ORDER BY sent_at"
    )  # fmt: skip
    past = {"origin": "history_sync", "place": "ended"}
    assert rows == [
        {"direction": "inbound", "type": "text", "status": "received", **past},
        {"direction": "outbound", "type": "text", "status": "delivered", **past},
        {"direction": "inbound", "type": "image", "status": "received", **past},
        {"direction": "inbound", "origin": "cloud_api", "type": "text", "status": "received", "place": "active"},
    ]
    ended = await _one(
        engine, "SELECT unread_count, messages_count, last_inbound_at, ended_at, last_active_at FROM conversation"
        " WHERE status = 'ended'"
    )  # fmt: skip
    assert (ended["unread_count"], ended["messages_count"], ended["last_inbound_at"]) == (0, 3, None)
    assert ended["ended_at"] == ended["last_active_at"]
    assert "message.created" not in _pushes(applied)
    assert len(await _all(engine, "SELECT * FROM contact")) == 1
    assert [row["media_id"] for row in await _all(engine, "SELECT media_id FROM media")] == ["9001"]


async def test_a_refused_history_is_told_to_the_operator(engine: AsyncEngine, project: ProjectRows) -> None:
    errors = [{"code": 2593109, "title": "History sharing is turned off"}]
    number = project.phone_number_id
    bare = msgspec.json.encode({
        "field": "history",
        "value": {"metadata": {"phone_number_id": number}, "history": [{"errors": errors}]},
    })  # fmt: skip
    assert (await apply(engine, [bare])).problems == [None]
    row = await _one(engine, "SELECT field, payload, phone_number_id FROM account_event")
    assert row == {"field": "history.errors", "payload": {"errors": errors}, "phone_number_id": number}


async def test_the_address_book_names_people_and_the_newest_entry_counts(
    engine: AsyncEngine, project: ProjectRows
) -> None:
    def entry(name: str | None, at: int, number: str = "15550100") -> dict[str, Any]:
        contact = {"phone_number": number} | ({"full_name": name} if name else {})
        action = "add" if name else "remove"
        return {"type": "contact", "action": action, "contact": contact, "metadata": {"timestamp": str(at)}}

    number = project.phone_number_id
    await apply(engine, [webhook(number, messages=[text_message("hi", wa_id="15550100")])])
    book = [entry("Ana (hotel)", NOW + 5), entry("Ana", NOW), entry("Bo", NOW, "15550101")]
    applied = await apply(engine, [change(number, field="smb_app_state_sync", state_sync=book)])
    assert _pushes(applied.events) == ["conversation.updated"]
    late = change(
        number, field="smb_app_state_sync", state_sync=[entry(None, NOW + 1), entry(None, NOW + 1, "15550101")]
    )
    await apply(engine, [late])
    names = await _all(engine, "SELECT phone_number, saved_name, search FROM contact ORDER BY 1")
    assert [(row["phone_number"], row["saved_name"]) for row in names] == [
        ("15550100", "Ana (hotel)"),
        ("15550101", None),
    ]
    assert "ana (hotel)" in names[0]["search"]


@pytest.mark.parametrize(
    "field", ["message_template_status_update", "account_update", "phone_number_quality_update", "account_alerts"]
)
async def test_what_meta_tells_of_accounts_is_kept_once_for_the_operator(
    engine: AsyncEngine, project: ProjectRows, field: str
) -> None:
    value: dict[str, Any] = {"event": "REJECTED", "message_template_name": "hello"}
    body = change(None, field=field, time=NOW, **value)
    first = await apply(engine, [body])
    await apply(engine, [body])
    row = await _one(engine, "SELECT business_account_id, field, payload, occurred_at FROM account_event")
    assert (row["business_account_id"], row["field"], row["payload"]) == ("900100", field, value)
    assert int(row["occurred_at"].timestamp()) == NOW
    assert first.problems == [None]
    assert first.template_accounts == ({"900100"} if "template" in field else set())


async def test_an_account_that_nobody_has_is_kept_for_review(engine: AsyncEngine, project: ProjectRows) -> None:
    body = change(None, field="account_alerts", account="5", alert_type="X")
    assert (await apply(engine, [body])).problems == ["no project has a number of the account 5"]


async def test_the_number_of_errors_without_a_message_is_no_loss(engine: AsyncEngine, project: ProjectRows) -> None:
    body = change(project.phone_number_id, errors=[{"code": 130429, "title": "Rate limit hit"}])
    assert (await apply(engine, [body])).problems == [None]
    assert (await _one(engine, "SELECT field FROM account_event"))["field"] == "messages.errors"


@pytest.mark.parametrize("nested", [False, True])
async def test_what_another_holds_is_shown_all_the_same(
    engine: AsyncEngine, project: ProjectRows, nested: bool
) -> None:
    """Meta sends the field `standby` while its agent, or another app, holds the chat."""
    messages = {"messages": [inbound("text", {"body": "hi"}, wamid="wamid.A")]}
    echoes = {"message_echoes": [echo("text", {"body": "the agent's"}, wamid="wamid.B")]}
    statuses = {"statuses": [status_update("wamid.B", "read")]}
    for value in (messages, echoes, statuses):
        body = change(project.phone_number_id, field="standby", **({"standby": value} if nested else value))
        assert (await apply(engine, [body])).problems == [None]
    rows = await _all(engine, "SELECT preview, direction, status FROM message ORDER BY wamid")
    assert rows == [
        {"preview": "hi", "direction": "inbound", "status": "received"},
        {"preview": "the agent's", "direction": "outbound", "status": "read"},
    ]


async def test_kapso_s_clients_read_a_deleted_message_as_one_they_do_not_know(
    engine: AsyncEngine, project: ProjectRows, settings: Settings
) -> None:
    number = project.phone_number_id
    sent = inbound("text", {"body": "secret"}, wamid="wamid.A")
    revoke = inbound("revoke", {"original_message_id": "wamid.A"})
    await apply(engine, [change(number, messages=[sent, revoke])])
    async with engine.connect() as connection:
        shown = await get_kapso_message(connection, settings, Scope(project.id), "wamid.A")
    assert shown is not None
    assert (shown["type"], shown["kapso"]["content"], "text" in shown) == ("unknown", "", False)
