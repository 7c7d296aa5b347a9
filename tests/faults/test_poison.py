"""An event that PostgreSQL will not take is kept and marked; those beside it are applied."""

import random
import string

from sqlalchemy import text

from tests.factories import text_message, webhook
from tests.stack import Stack
from tests.waiting import eventually


async def test_a_poisonous_webhook_in_a_batch_is_marked_and_the_others_go_through(stack: Stack) -> None:
    number = stack.project.phone_number_id
    # An index takes no entry of more than 2,704 bytes, and this one does not compress.
    poison = text_message("poison", wamid="wamid." + "".join(random.Random(1).choices(string.ascii_letters, k=9000)))
    bodies = [webhook(number, messages=[text_message(f"good {index}")]) for index in range(5)]
    bodies.insert(2, webhook(number, messages=[poison]))
    async with stack.engine.begin() as connection:  # one commit, so that they are one batch
        for body in bodies:
            await connection.execute(text("INSERT INTO inbound_event (body) VALUES (:body)"), {"body": body})

    async def settled() -> bool:
        return await stack.count("inbound_event", "state = 'pending'") == 0

    await eventually(settled)
    assert await stack.count("message") == 5
    assert await stack.count("conversation", "unread_count = 5") == 1
    assert await stack.count("inbound_event", "state = 'failed' AND problem <> ''") == 1
