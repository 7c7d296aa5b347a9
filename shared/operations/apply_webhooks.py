"""Apply what a batch of webhooks tells, in a number of statements that does not grow with it.

Whatever comes again, late, in another order or split over other batches gives the same rows.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import (
    ConversationUpdated,
    ConversationView,
    Event,
    MessageCreated,
    MessageUpdated,
    MessageView,
)
from shared.operations.apply_statuses import apply_statuses, keep_statuses, message_events
from shared.operations.change_messages import keep_changes, refresh_messages
from shared.operations.emit_webhooks import Happened
from shared.operations.lock_conversations import lock_contacts, lock_conversations
from shared.operations.note_account_updates import note_account_updates
from shared.operations.place_messages import PlacedMessage
from shared.operations.receive_messages import Received, receive_messages
from shared.operations.receive_plain import is_plain
from shared.operations.resolve_contacts import Resolved, resolve_contacts
from shared.operations.save_address_book import save_address_book
from shared.operations.update_profiles import new_profiles, update_profiles
from shared.queries.views import conversation_views, message_views, new_message_view
from shared.whatsapp.updates import Decoded, Person
from shared.whatsapp.wamid import wamid_key

_NUMBERS = text("""
    SELECT n.phone_number_id, n.project_id, n.inbound_processing_enabled,
           EXISTS (SELECT FROM webhook_endpoint e WHERE e.active AND e.phone_number_id = n.phone_number_id) AS watched
    FROM phone_number n WHERE n.phone_number_id = ANY(:ids)
""")


_WITH_CONVERSATION = MessageCreated | MessageUpdated | ConversationUpdated


class Applied(msgspec.Struct):
    """What came of a batch: the events to publish after the commit, what the business's own systems are to hear of
    (emit_webhooks.py), whether any of them listens, of each webhook, why some of it could not be applied, and the
    accounts whose templates changed.
    """

    events: list[Event] = []
    happened: list[Happened] = []
    watched: bool = False
    problems: list[str | None] = []
    template_accounts: set[str] = set()


async def apply_webhooks(connection: AsyncConnection, webhooks: Sequence[tuple[Decoded, datetime]]) -> Applied:
    """Apply webhooks, each with the time at which it was received.

    What is for a number whose inbound processing is switched off is left out. What is for a number that no project has
    is a problem of its webhook.
    """
    whole = [decoded for decoded, _ in webhooks]
    projects, known, watched = await _projects(connection, whole)
    people = [(projects[number], person) for number, person in _people(whole) if number in projects]
    resolved = await resolve_contacts(connection, people) if people else Resolved({}, [])
    rows, contacts = [], []
    for one in whole:
        for message in one.messages:
            if message.phone_number_id in projects:
                project_id = projects[message.phone_number_id]
                contact = resolved.contacts[project_id, message.person]
                rows.append(PlacedMessage(message, contact.id, project_id))
                contacts.append(contact)
    changes = [
        (change, resolved.contacts[projects[change.phone_number_id], change.person].id)
        for one in whole
        for change in one.changes
        if change.phone_number_id in projects
    ]
    profiles = new_profiles(list(zip(rows, contacts, strict=True)))
    statuses = [status for one in whole for status in one.statuses]
    targets = {(change.phone_number_id, change.target_key, contact_id) for change, contact_id in changes}
    places = [(change.phone_number_id, contact_id) for change, contact_id in changes]
    active = await lock_conversations(
        connection,
        dict.fromkeys([*(row.place for row in rows), *places]),
        {(number, key) for number, key, _ in targets}
        | {(status.phone_number_id, wamid_key(status.wamid)) for status in statuses},
        [status.message_id for status in statuses if status.message_id is not None],
        [profile.found.id for profile in profiles],
    )
    if not active.keys() >= set(places):
        await lock_contacts(connection, {contact_id for _, contact_id in places})
    renamed = await update_profiles(connection, profiles)
    received = await receive_messages(connection, rows, active)
    await keep_changes(connection, changes)
    keys = targets | {(*_key(row), row.contact_id) for row in received.awaited}
    changed = await refresh_messages(connection, keys) if keys else {}
    outbound = {row.id: row.message.wamid for row in received.added if row.message.direction == "outbound"}
    kept = await keep_statuses(connection, statuses, outbound)
    told = await _events(connection, received, changed)
    applied = await apply_statuses(connection, kept)
    told += applied.events
    told += await _renamed(connection, renamed, told)
    events = [*resolved.events, *told, *await _saved(connection, projects, resolved, whole)]
    _agree(events)
    strangers, template_accounts = await _account(connection, webhooks)
    return Applied(
        events,
        received.happened + applied.happened,
        watched,
        [_problem(one, known, strangers) for one in whole],
        template_accounts,
    )


async def _projects(connection: AsyncConnection, whole: Sequence[Decoded]) -> tuple[dict[str, UUID], set[str], bool]:
    """The projects of numbers that take something in, the numbers that any project has, and whether the business's own
    systems listen to one of them.
    """
    mentioned = {number for one in whole for number in one.numbers}
    rows = (await connection.execute(_NUMBERS, {"ids": sorted(mentioned)})).all() if mentioned else []
    projects = {row.phone_number_id: row.project_id for row in rows if row.inbound_processing_enabled}
    return projects, {row.phone_number_id for row in rows}, any(row.watched for row in rows)


def _people(whole: Sequence[Decoded]) -> list[tuple[str, Person]]:
    people: list[tuple[str, Person]] = []
    for one in whole:
        people += [(message.phone_number_id, message.person) for message in one.messages]
        people += [(change.phone_number_id, change.person) for change in one.changes]
        people += [(entry.phone_number_id, entry.person) for entry in one.saved]
    return people


def _key(row: PlacedMessage) -> tuple[str, str]:
    return row.message.phone_number_id, row.message.wamid_key


async def _events(connection: AsyncConnection, received: Received, changed: dict[UUID, UUID]) -> list[Event]:
    """New messages; for what is from long ago, its conversation alone. Reactions are told of with their message."""
    shown = {row.id for row in received.added if row.message.type != "reaction" and not row.message.past}
    past = {row.conversation_id for row in received.added if row.message.past}
    filled = {row.id: row.conversation_id for row in received.filled}
    updated = {one: place for one, place in (changed | filled).items() if one not in shown and place is not None}
    events: list[Event] = []
    if shown or past:
        new = {row.conversation_id for row in received.added if row.conversation_id is not None}
        conversations = await conversation_views(connection, new)
        plain = [row for row in received.added if is_plain(row.message) and row.id not in changed]
        views = [
            new_message_view(row.message, row.id, conversations[row.conversation_id][0])
            for row in plain
            if row.conversation_id
        ]
        others = shown - {row.id for row in plain}
        if others:
            views += await message_views(connection, others)
        for message in sorted(views, key=lambda view: (view["timestamp"], view["id"])):
            conversation, audience = conversations[message["conversation_id"]]
            events.append(Event(audience.channels(), MessageCreated(conversation, message)))
        for conversation, audience in (conversations[one] for one in past if one is not None):
            events.append(Event(audience.channels(), ConversationUpdated(conversation)))
    if updated:
        events += await message_events(connection, updated)
    return events


async def _renamed(connection: AsyncConnection, renamed: list[UUID], events: list[Event]) -> list[Event]:
    """The conversations of people who call themselves something else, but those that `events` tell of."""
    told = {event.push.conversation.id for event in events if isinstance(event.push, _WITH_CONVERSATION)}
    others = [one for one in renamed if one not in told]
    if not others:
        return []
    views = await conversation_views(connection, others)
    return [Event(audience.channels(), ConversationUpdated(view)) for view, audience in views.values()]


def _agree(events: list[Event]) -> None:
    """Have all events, oldest first, show what the last of them shows: they share a `rev`, by which a page cannot tell
    which of two rows is the newer.
    """
    conversations: dict[UUID, ConversationView] = {}
    messages: dict[UUID, MessageView] = {}
    for event in reversed(events):
        push = event.push
        if isinstance(push, _WITH_CONVERSATION):
            push.conversation = conversations.setdefault(push.conversation.id, push.conversation)
        if isinstance(push, MessageCreated | MessageUpdated):
            push.message = messages.setdefault(push.message["id"], push.message)


async def _saved(
    connection: AsyncConnection, projects: dict[str, UUID], resolved: Resolved, whole: Sequence[Decoded]
) -> list[Event]:
    saved = [
        (entry, resolved.contacts[projects[entry.phone_number_id], entry.person].id)
        for one in whole
        for entry in one.saved
        if entry.phone_number_id in projects
    ]
    if not saved:
        return []
    views = await conversation_views(connection, await save_address_book(connection, saved))
    return [Event(audience.channels(), ConversationUpdated(view)) for view, audience in views.values()]


async def _account(
    connection: AsyncConnection, webhooks: Sequence[tuple[Decoded, datetime]]
) -> tuple[set[str], set[str]]:
    updates = [(update, received_at) for decoded, received_at in webhooks for update in decoded.account]
    return await note_account_updates(connection, updates) if updates else (set(), set())


def _problem(decoded: Decoded, known: set[str], strangers: set[str]) -> str | None:
    if not decoded.problems and not decoded.account and decoded.numbers <= known:
        return None
    problems = list(decoded.problems)
    problems += [f"no project has the phone_number_id {number}" for number in sorted(decoded.numbers - known)]
    accounts = {update.business_account_id for update in decoded.account if not update.phone_number_id}
    problems += [f"no project has a number of the account {account}" for account in sorted(accounts & strangers)]
    return "; ".join(problems)[:2000] or None
