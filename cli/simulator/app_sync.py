"""The webhooks that bring a business's address book and its earlier chats."""

import random
from collections.abc import Iterator

from cli.simulator.app_data import BookContact, EarlierMessage, EarlierThread, History
from cli.simulator.config import SimulatedNumber
from cli.simulator.content import MEDIA_TYPES, file_content
from cli.simulator.errors import status_error
from cli.simulator.messages import Json, Message, Status, key_of
from cli.simulator.payloads import contact_of_the_phone, frame
from cli.simulator.simulator import Simulator
from cli.simulator.users import User, digits

_DAY = 24 * 60 * 60
# Source: Meta, Webhooks, history. How many days back each phase goes, and how far back files are to be had.
_PHASES, _MEDIA_DAYS = (1, 90, 180), 14
_DECLINED = 2593109

# A message of the past, and what its webhook says of it.
_Told = tuple[Message, Json]


def send_contacts(simulator: Simulator, number: SimulatedNumber, contacts: list[BookContact] | None) -> int:
    """Tell of lines of the address book, by default of every customer; how many they were."""
    if contacts is None:
        contacts = [_line(user) for user in simulator.users.all()]
    value = frame(number)
    value["state_sync"] = [_synced(simulator, contact) for contact in contacts]
    simulator.tell(
        number.phone_number_id, value, "contacts", field="smb_app_state_sync", order=_order(number, "contacts")
    )
    return len(contacts)


def send_history(simulator: Simulator, number: SimulatedNumber, given: History) -> Json:
    """Tell of the earlier chats, and answer how many chunks, messages and files that were. Raise ValueError for
    content that makes no sense."""
    if given.refused:
        value = frame(number)
        value["history"] = [{"errors": [_refusal()]}]
        _tell(simulator, number, value, "history refused", bare=given.refused == "bare")
        return {"chunks": 0, "messages": 0, "media": 0, "wamids": []}
    threads = _known_threads(simulator, number) if given.threads is None else given.threads
    told = [
        (thread, user, [_record(simulator, number, user, message) for message in thread.messages])
        for thread in threads
        for user in [_customer(simulator, thread)]
    ]
    chunks = list(_chunks(simulator, number, given, told))
    if given.order == "reversed":
        chunks.reverse()
    elif given.order == "shuffled":
        random.Random(simulator.config.seed).shuffle(chunks)  # noqa: S311  repeatable shuffles are the point
    for chunk in chunks:
        _tell(simulator, number, chunk, "history chunk")
    messages = [one for _, _, items in told for one in items]
    files = _files(simulator, number, messages) if given.media == "later" else []
    for value in files:
        _tell(simulator, number, value, "history media")
    wamids = [message.wamid(simulator.faults.wamid_scope) for message, _ in messages]
    return {"chunks": len(chunks), "messages": len(messages), "media": len(files), "wamids": wamids}


def _tell(simulator: Simulator, number: SimulatedNumber, value: Json, label: str, *, bare: bool = False) -> None:
    simulator.tell(number.phone_number_id, value, label, field="history", order=_order(number, "history"), bare=bare)


def _order(number: SimulatedNumber, what: str) -> tuple[str, str]:
    return (number.phone_number_id, what)


def _refusal() -> Json:
    error = status_error(_DECLINED, "History sharing is turned off by the business")
    del error["href"]
    return error


def _line(user: User) -> BookContact:
    return BookContact(
        phone_number=None if user.hides_phone else user.wa_id,
        full_name=user.name,
        first_name=user.name.partition(" ")[0],
        user_id=user.bsuid,
        username=user.username,
    )


def _synced(simulator: Simulator, line: BookContact) -> Json:
    removed = line.action == "remove"
    fields = (
        ("phone_number", "user_id") if removed else ("full_name", "first_name", "phone_number", "user_id", "username")
    )
    timestamp = simulator.clock.timestamp() if line.timestamp is None else line.timestamp
    return {
        "type": "contact",
        "contact": {field: getattr(line, field) for field in fields if getattr(line, field) is not None},
        "action": "remove" if removed else "add",
        "metadata": {"timestamp": str(timestamp)},
    }


def _known_threads(simulator: Simulator, number: SimulatedNumber) -> list[EarlierThread]:
    """The chats of today, as if they were of before."""
    threads = []
    for user in simulator.users.all():
        chat = simulator.messages.chat(number.phone_number_id, user.wa_id)
        messages = [
            EarlierMessage(
                "outbound" if message.outbound else "inbound",
                message.timestamp,
                message.type,
                status="READ" if message.has_status("read") else "DELIVERED",
                wamid=message.wamid(simulator.faults.wamid_scope),
            )
            for message in chat
            if message.visible and message.origin != "call"
        ]
        if messages:
            threads.append(EarlierThread(user.wa_id, messages))
    return threads


def _customer(simulator: Simulator, thread: EarlierThread) -> User:
    user = simulator.users.get(thread.wa_id)
    if user is None:
        user = User(thread.wa_id, thread.name or f"+{thread.wa_id}")
        simulator.users.put(user)
    for field in ("name", "bsuid", "username", "phone_hidden"):
        if getattr(thread, field) is not None:
            setattr(user, field, getattr(thread, field))
    return user


def _record(simulator: Simulator, number: SimulatedNumber, user: User, given: EarlierMessage) -> _Told:
    """The message, which the customer's phone has had all along."""
    outbound = given.direction == "outbound"
    message = simulator.messages.find(given.wamid) if given.wamid else None
    if message is None:
        key = key_of(given.wamid) if given.wamid else simulator.messages.new_key(outbound)
        content = given.content if given.content is not None else given.text
        if given.type in MEDIA_TYPES:
            file = content if isinstance(content, dict) else {}
            content = file_content(simulator, number.phone_number_id, given.type, file)
        message = Message(
            key=key,
            phone_number_id=number.phone_number_id,
            user=user,
            outbound=outbound,
            type=given.type,
            content=content,
            timestamp=given.timestamp,
            seen=True,
            origin="past",
            statuses=[Status(given.status.lower(), given.timestamp)],
            given_wamid=given.wamid if given.wamid == key else None,
        )
        simulator.messages.add(message)
    item: Json = {"from": digits(number.display_phone_number)} if message.outbound else {}
    item |= simulator.ids_of(user, "to", "to_") if message.outbound else simulator.ids_of(user, "from", "from_")
    item |= {"id": message.wamid(simulator.faults.wamid_scope), "timestamp": str(given.timestamp)}
    item |= {"type": message.type, message.type: message.content}
    return message, item | given.extra | {"history_context": {"status": given.status}}


def _chunks(
    simulator: Simulator,
    number: SimulatedNumber,
    given: History,
    told: list[tuple[EarlierThread, User, list[_Told]]],
) -> Iterator[Json]:
    """The values, phase by phase. What is older than the last phase is not shared."""
    now = simulator.clock.now()
    phases: list[list[tuple[EarlierThread, User, Json]]] = [[] for _ in _PHASES]
    for thread, user, items in told:
        for message, item in items:
            phase = next((n for n, days in enumerate(_PHASES) if now - message.timestamp < days * _DAY), None)
            if phase is not None:
                phases[phase].append((thread, user, _placeholder(message, item)))
    size = max(1, given.chunk_messages)
    pieces = [
        (phase, place // size + 1, items[place : place + size])
        for phase, items in enumerate(phases)
        for place in range(0, len(items), size)
    ]
    for done, (phase, chunk, piece) in enumerate(pieces, 1):
        value = frame(number)
        metadata = {"phase": phase, "chunk_order": chunk, "progress": 100 * done // len(pieces)}
        value["history"] = [{"metadata": metadata, "threads": _threads(simulator, piece)}]
        yield value


def _placeholder(message: Message, item: Json) -> Json:
    """Chunks bring no files: these follow by themselves, if at all."""
    if message.type not in MEDIA_TYPES:
        return item
    return {key: value for key, value in item.items() if key != message.type} | {"type": "media_placeholder"}


def _threads(simulator: Simulator, items: list[tuple[EarlierThread, User, Json]]) -> list[Json]:
    threads: dict[str, Json] = {}
    for thread, user, item in items:
        if thread.wa_id not in threads:
            ids = simulator.ids_of(user, "wa_id", "")
            made: Json = {"id": ids.get("wa_id", "") if thread.id is None else thread.id, "messages": []}
            if user.bsuid:
                made["context"] = ids | ({"username": user.username} if user.username else {})
            threads[thread.wa_id] = made
        messages = threads[thread.wa_id]["messages"]
        assert isinstance(messages, list)
        messages.append(item)
    return list(threads.values())


def _files(simulator: Simulator, number: SimulatedNumber, messages: list[_Told]) -> list[Json]:
    """The values that bring the files, one each, with the ids that the placeholders had."""
    oldest = simulator.clock.now() - _MEDIA_DAYS * _DAY
    values = []
    for message, item in messages:
        if message.type in MEDIA_TYPES and message.timestamp >= oldest:
            value = frame(number)
            if message.user.bsuid:
                other = simulator.faults.other_spelling
                value["contacts"] = [contact_of_the_phone(message.user, other_spelling=other)]
            told = {key: part for key, part in item.items() if key != "history_context"}
            value["message_echoes" if message.outbound else "messages"] = [told]
            values.append(value)
    return values
