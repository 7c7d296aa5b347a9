"""The demo's project: complete, consistent with itself, and known to the simulated phones."""

from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from cli.seed import Seeded, load_seeded, phone_transcripts, seed
from cli.simulator.config import SimulatorConfig
from cli.simulator.control_chat_routes import UserBody
from cli.simulator.simulator import Simulator
from cli.simulator.transcript import PastMessage, preload
from cli.simulator.users import User
from shared.crypto import decrypt
from shared.events import ConversationView
from shared.queries.conversations import ConversationFilters, list_conversations
from shared.queries.views import SERVICE_WINDOW
from shared.scope import Scope

SECRET_KEY, ACCESS_TOKEN = "a key for the demo's test", "the simulator's token"
MESSAGE_TYPES = {
    *("text", "image", "video", "audio", "document", "sticker", "location", "contacts", "button", "interactive"),
    *("reaction", "order", "template", "unsupported"),
}


@pytest.fixture
async def seeded(engine: AsyncEngine) -> Seeded:
    return await seed(engine, secret_key=SECRET_KEY, access_token=ACCESS_TOKEN, with_conversations=True)


async def all_conversations(engine: AsyncEngine, scope: Scope) -> list[ConversationView]:
    """Through every page of the list, as an iframe would."""
    found: list[ConversationView] = []
    after = None
    async with engine.connect() as connection:
        while True:
            filters = ConversationFilters(status="all", limit=7, after=after)
            page, _, paging = await list_conversations(connection, scope, filters)
            found += page
            if (after := paging.next) is None:
                return found


async def test_the_list_shows_every_conversation_once_in_every_scope(engine: AsyncEngine, seeded: Seeded) -> None:
    found = await all_conversations(engine, Scope(seeded.project_id))
    assert len({conversation.id for conversation in found}) == len(found) == 41
    assert found == sorted(found, key=lambda conversation: conversation.last_active_at, reverse=True)
    support, orders = seeded.phone_numbers
    assert (support.name, orders.name) == ("Support", "Orders")
    for number, expected in ((support, 29), (orders, 12)):
        scope = Scope(seeded.project_id, phone_number_id=number.phone_number_id)
        assert len(await all_conversations(engine, scope)) == expected
    assert len(await all_conversations(engine, Scope(seeded.project_id, customer_id=seeded.customer_id))) == 12
    assigned = [
        len(await all_conversations(engine, Scope(seeded.project_id, assignee_id=user.user_id)))
        for user in seeded.users
    ]
    assert all(assigned)
    assert sum(assigned) == sum(conversation.assigned_user_id is not None for conversation in found)


async def test_the_conversations_are_of_every_kind(engine: AsyncEngine, seeded: Seeded) -> None:
    found = await all_conversations(engine, Scope(seeded.project_id))
    modes = [conversation.mode for conversation in found]
    assert [modes.count(mode) for mode in ("handoff", "running", "failed")] == [2, 2, 1]
    assert {conversation.unread_count for conversation in found} >= {0, 1, 5}
    assert max(conversation.messages_count for conversation in found) > 80
    assert sum(conversation.messages_count == 1 for conversation in found) >= 4
    newest = found[0].last_active_at
    active = [conversation for conversation in found if conversation.status == "active"]
    closed = [one for one in active if one.last_inbound_at is None or one.last_inbound_at + SERVICE_WINDOW < newest]
    assert [one.contact.name for one in closed] == ["Paul Becker"]
    assert all((one.ended_at is None) == (one.status == "active") for one in found)
    assert sum(newest - one.last_active_at < timedelta(hours=1) for one in active) >= 8
    async with engine.connect() as connection:
        types = await connection.execute(text("SELECT DISTINCT type FROM message"))
        statuses = await connection.execute(text("SELECT DISTINCT status FROM message"))
        errors = await connection.execute(text("SELECT error ->> 'code' FROM message WHERE error IS NOT NULL"))
        assert set(types.scalars()) == MESSAGE_TYPES
        assert set(statuses.scalars()) == {"received", "sent", "delivered", "read", "failed"}
        assert sorted(errors.scalars()) == ["131047", "131051"], "one that failed, and one that cannot be shown"


async def test_each_conversation_says_what_its_messages_say(engine: AsyncEngine, seeded: Seeded) -> None:
    async with engine.connect() as connection:
        wrong = await connection.execute(
            text("""
                SELECT c.id FROM conversation c
                JOIN LATERAL (
                    SELECT count(*) AS messages, max(sent_at) AS last_at,
                        max(sent_at) FILTER (WHERE direction = 'inbound') AS last_inbound_at,
                        max(sent_at) FILTER (WHERE direction = 'outbound') AS last_reply_at
                    FROM message WHERE conversation_id = c.id
                ) m ON true
                WHERE c.messages_count <> m.messages
                    OR c.last_active_at <> m.last_at
                    OR c.last_inbound_at <> m.last_inbound_at
                    OR c.last_message_id <> (
                        SELECT id FROM message WHERE conversation_id = c.id ORDER BY sent_at DESC, id DESC LIMIT 1)
                    OR c.unread_count NOT IN (0, (
                        SELECT count(*) FROM message WHERE conversation_id = c.id AND direction = 'inbound'
                            AND sent_at > coalesce(m.last_reply_at, '-infinity')))
                    OR c.ended_at < m.last_at OR m.last_at > now()
                    OR c.assignee_id IS DISTINCT FROM (
                        SELECT user_id FROM assignment WHERE conversation_id = c.id AND active)
            """)
        )
        lost_quotes = await connection.execute(
            text("""
                SELECT m.id FROM message m WHERE m.reply_to IS NOT NULL AND NOT EXISTS (
                    SELECT FROM message q WHERE q.conversation_id = m.conversation_id AND q.wamid = m.reply_to)
            """)
        )
        assert (wrong.all(), lost_quotes.all()) == ([], [])


async def test_the_phones_know_every_contact(engine: AsyncEngine, seeded: Seeded) -> None:
    phones = msgspec.convert(await phone_transcripts(engine), list[UserBody])
    async with engine.connect() as connection:
        names = list((await connection.execute(text("SELECT profile_name FROM contact"))).scalars())
    assert sorted(str(phone.name) for phone in phones) == sorted(names)
    for phone in phones:
        for messages in phone.transcript.values():
            assert 1 <= len([message for message in messages if not _file_of(message)]) <= 50
            times = [message.timestamp for message in messages]
            assert times == sorted(times)
    lengths = {str(phone.name): [len(messages) for messages in phone.transcript.values()] for phone in phones}
    assert lengths["Sofia Rossi"] == [51]  # and a picture of long ago
    assert len(lengths["Kofi Mensah"]) == 2  # writes to both numbers


def _file_of(message: PastMessage) -> str | None:
    content = message.content
    return str(content["id"]) if isinstance(content, dict) and "sha256" in content else None


async def test_the_simulator_has_every_file_that_a_customer_has_sent(engine: AsyncEngine, seeded: Seeded) -> None:
    phones = msgspec.convert(await phone_transcripts(engine), list[UserBody])
    simulator = Simulator(SimulatorConfig("http://hook", "secret", "verify", ACCESS_TOKEN, [], "http://graph"))
    for phone in phones:
        for phone_number_id, past in phone.transcript.items():
            preload(simulator, phone_number_id, User(str(phone.wa_id), str(phone.name)), past)
    async with engine.connect() as connection:
        wanted = (
            await connection.execute(text("SELECT media_id, content FROM media JOIN message m ON m.id = message_id"))
        ).all()
    assert len(wanted) > 10
    for media_id, content in wanted:
        media = simulator.media.find(media_id)
        assert media is not None
        assert simulator.media.inbound_content(media)["sha256"] == content["sha256"]


async def test_a_project_without_conversations(engine: AsyncEngine) -> None:
    assert await load_seeded(engine) is None
    seeded = await seed(engine, secret_key=SECRET_KEY, access_token=ACCESS_TOKEN, with_conversations=False)
    assert await load_seeded(engine) == seeded
    assert await phone_transcripts(engine) == []
    async with engine.connect() as connection:
        tokens = list((await connection.execute(text("SELECT access_token FROM phone_number"))).scalars())
    assert [decrypt(token, SECRET_KEY) for token in tokens] == [ACCESS_TOKEN] * 2
    with pytest.raises(IntegrityError):
        await seed(engine, secret_key=SECRET_KEY, access_token=ACCESS_TOKEN, with_conversations=True)
    assert await load_seeded(engine) == seeded
