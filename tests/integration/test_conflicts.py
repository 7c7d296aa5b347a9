"""Calls that meet somebody faster: they are told to try again, and not that their values are wrong."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shared.db import is_conflict
from tests.stack import Stack
from tests.waiting import eventually

NEW = "INSERT INTO customer (id, project_id, name) VALUES (:id, :project, 'Larch')"
ID = "018f0000-0000-7000-8000-00000000c0de"


async def test_a_call_whose_customer_is_deleted_meanwhile_is_told_to_try_again(stack: Stack) -> None:
    async with stack.engine.begin() as connection:
        await connection.execute(text(NEW), {"id": ID, "project": stack.project.id})

    async def is_waited_for() -> bool:
        return await stack.count("pg_stat_activity", "datname = current_database() AND wait_event_type = 'Lock'") > 0

    async with stack.engine.begin() as connection:
        await connection.execute(text("DELETE FROM customer WHERE id = :id"), {"id": ID})
        body = {"contact": {"wa_id": "15550177", "customer_id": ID}}
        headers = {"X-API-Key": stack.project.api_key}
        call = asyncio.create_task(stack.http.post("/platform/v1/whatsapp/contacts", json=body, headers=headers))
        await eventually(is_waited_for)
    answer = await call
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert answer.json()["error"] == "Something that this refers to has changed meanwhile; try again."
    assert await stack.count("contact", "phone_number = '15550177'") == 0


@pytest.mark.parametrize(
    ("statement", "conflict"),
    [
        ("INSERT INTO customer (id, project_id, name) VALUES ('{id}', '{id}', 'Larch')", True),
        ("INSERT INTO customer (id, project_id, name) SELECT id, project_id, name FROM customer", True),
        ("INSERT INTO customer (id, project_id, name) VALUES ('{id}', '{project}', NULL)", False),
    ],
)
async def test_what_is_gone_or_taken_is_a_conflict_and_what_cannot_be_is_none(
    stack: Stack, statement: str, conflict: bool
) -> None:
    with pytest.raises(IntegrityError) as error:
        async with stack.engine.begin() as connection:
            await connection.execute(text(statement.format(id=ID, project=stack.project.id)))
    assert is_conflict(error.value) is conflict
