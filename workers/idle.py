"""Ends conversations in which nobody has written for as long as the settings say."""

from sqlalchemy.ext.asyncio import AsyncEngine

from shared.operations.end_idle_conversations import end_idle_conversations
from shared.publish import publish
from shared.pubsub import PubSub
from shared.settings import Settings


async def end_idle(settings: Settings, engine: AsyncEngine, pubsub: PubSub) -> None:
    """End all that are due, a bounded number in one transaction. Several workers may do it beside each other."""
    more = True
    while more:
        async with engine.begin() as connection:
            events, more = await end_idle_conversations(connection, settings)
        await publish(pubsub, events)
