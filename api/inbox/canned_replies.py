"""/inbox/v1/canned_replies: what is answered often, for whoever writes a reply."""

import msgspec
from litestar import Controller, get
from litestar.datastructures import State

from api.auth import CurrentEmbed
from shared.queries.canned_replies import ReadyReplyView, ready_replies


class ReadyRepliesAnswer(msgspec.Struct):
    data: list[ReadyReplyView]


class CannedReplyController(Controller):
    path = "/canned_replies"

    @get()
    async def list(self, state: State, embed: CurrentEmbed) -> ReadyRepliesAnswer:
        """Those of the scope, by shortcut."""
        async with state.engine.connect() as connection:
            return ReadyRepliesAnswer(await ready_replies(connection, embed.scope))
