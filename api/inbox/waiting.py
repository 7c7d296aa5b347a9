"""/inbox/v1/waiting: what a host's page shows beside the inbox."""

import msgspec
from litestar import Controller, get
from litestar.datastructures import State

from api.auth import CurrentEmbed
from shared.queries.waiting import Waiting, list_waiting


class WaitingAnswer(msgspec.Struct):
    data: Waiting


class WaitingController(Controller):
    path = "/waiting"

    @get()
    async def get(self, state: State, embed: CurrentEmbed) -> WaitingAnswer:
        """Which of the scope's conversations have unread messages, and which are handed off."""
        async with state.engine.connect() as connection:
            return WaitingAnswer(await list_waiting(connection, embed.scope))
