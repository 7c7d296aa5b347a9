"""Find the contacts that updates are about, make those that are missing, and make one of two that are one person.

WhatsApp names a person by phone number, in one of two spellings, and by user ids that it may change, and says in some
updates which names are one person's. Every name leads to its contact for ever, since late updates still carry old ones.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events import Event
from shared.ids import new_id
from shared.operations.merge_contacts import merge_contacts
from shared.whatsapp.phone import spellings
from shared.whatsapp.updates import Identity, Person

Name = tuple[UUID, str, str]
"""A project and an identity in it."""

_FIND = text("""
    SELECT i.project_id, i.kind, i.value, c.id, c.profile_name, c.phone_number, c.username
    FROM json_to_recordset(CAST(:rows AS json)) AS g(project_id uuid, kind text, value text)
    JOIN contact_identity i USING (project_id, kind, value)
    JOIN contact c ON c.id = i.contact_id
""")

# A contact is made together with its names. Who comes second waits for the first, and then finds the contact made.
_ADD = text("""
    WITH added AS (
        INSERT INTO contact_identity (project_id, kind, value, contact_id)
        SELECT project_id, kind, value, contact_id
        FROM json_to_recordset(CAST(:names AS json)) AS g(project_id uuid, kind text, value text, contact_id uuid)
        ORDER BY project_id, kind, value
        ON CONFLICT DO NOTHING
        RETURNING contact_id
    )
    INSERT INTO contact (id, project_id, profile_name, phone_number, username)
    SELECT id, project_id, profile_name, phone_number, username
    FROM json_to_recordset(CAST(:contacts AS json))
        AS g(id uuid, project_id uuid, profile_name text, phone_number text, username text)
    WHERE id IN (SELECT contact_id FROM added)
""")


class FoundContact(msgspec.Struct, frozen=True):
    """A contact as it is before the update."""

    id: UUID
    profile_name: str | None
    phone_number: str | None
    username: str | None


class Resolved(msgspec.Struct):
    """The contact of each person, and the events of contacts that became one."""

    contacts: dict[tuple[UUID, Person], FoundContact]
    events: list[Event]


async def resolve_contacts(connection: AsyncConnection, people: Iterable[tuple[UUID, Person]]) -> Resolved:
    """The contacts of people, each named with its project. In one statement if all of them are known."""
    groups = _groups(dict.fromkeys(people))
    names = [name for group in groups for name in group.names]
    found = await _find(connection, names)
    if any(group.is_news(found) for group in groups):
        await _add(connection, groups, found)
        found = await _find(connection, names)
    events: list[Event] = []
    merged = False
    for group in groups:
        same = sorted({found[name].id for name in group.names})  # ids are made in the order of time
        if len(same) > 1:
            events += await merge_contacts(connection, same[0], same[1:])
            merged = True
    if merged:
        found = await _find(connection, names)
    return Resolved({who: found[next(iter(group.names))] for group in groups for who in group.people}, events)


class _Group(msgspec.Struct):
    """People that share a name, which makes them one."""

    people: list[tuple[UUID, Person]]
    names: dict[Name, None]  # in the order in which they came

    def is_news(self, found: Mapping[Name, FoundContact]) -> bool:
        return any(name not in found for name in self.names)


def _groups(people: Iterable[tuple[UUID, Person]]) -> list[_Group]:
    by_name: dict[Name, _Group] = {}
    groups: dict[int, _Group] = {}
    for project_id, person in people:
        group = _Group([(project_id, person)], dict.fromkeys(_names(project_id, person)))
        for known in {id(by_name[name]): by_name[name] for name in group.names if name in by_name}.values():
            group = _Group(known.people + group.people, known.names | group.names)
            del groups[id(known)]
        groups[id(group)] = group
        by_name |= dict.fromkeys(group.names, group)
    return list(groups.values())


def names_of(person: Person) -> list[Identity]:
    """All names by which a person is looked for: a phone number in each of its spellings."""
    return [
        (kind, spelling)
        for kind, value in person.identities
        for spelling in (spellings(value) if kind == "wa_id" else (value,))
    ]


def _names(project_id: UUID, person: Person) -> list[Name]:
    return [(project_id, kind, value) for kind, value in names_of(person)]


async def _find(connection: AsyncConnection, names: Iterable[Name]) -> dict[Name, FoundContact]:
    rows = [{"project_id": project_id, "kind": kind, "value": value} for project_id, kind, value in names]
    found = await connection.execute(_FIND, {"rows": _json(rows)})
    return {
        (row.project_id, row.kind, row.value): FoundContact(row.id, row.profile_name, row.phone_number, row.username)
        for row in found
    }


async def _add(connection: AsyncConnection, groups: list[_Group], found: Mapping[Name, FoundContact]) -> None:
    """Give the missing names to the contact that has the others, or to a new one."""
    names: list[dict[str, object]] = []
    contacts: list[dict[str, object]] = []
    for group in groups:
        missing = [name for name in group.names if name not in found]
        known = [found[name].id for name in group.names if name in found]
        contact_id = min(known) if known else new_id()
        names += [
            {"project_id": project_id, "kind": kind, "value": value, "contact_id": contact_id}
            for project_id, kind, value in missing
        ]
        if not known:
            project_id, person = group.people[-1]
            contacts.append({
                "id": contact_id,
                "project_id": project_id,
                "profile_name": person.profile_name,
                "phone_number": person.phone_number,
                "username": person.username,
            })  # fmt: skip
    await connection.execute(_ADD, {"names": _json(names), "contacts": _json(contacts)})


def _json(rows: list[dict[str, object]]) -> str:
    return msgspec.json.encode(rows).decode()
