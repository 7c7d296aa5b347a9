"""Who is asking, in an iframe: the bearer of an embed's token."""

from litestar.datastructures import State
from litestar.di import NamedDependency

from api.errors import AnyRequest
from shared.embeds import Embed, EmbedRefusedError, authenticate_embed, check_origin

CurrentEmbed = NamedDependency[Embed]


async def embed_of_request(request: AnyRequest, state: State) -> Embed:
    """The embed of `Authorization: Bearer <token>`.

    A browser's Origin must be the inbox's own, which the iframe has, or one of the embed's; without an Origin the
    caller is no browser. Raises EmbedRefusedError.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise EmbedRefusedError("invalid_token")
    async with state.engine.connect() as connection:
        embed = await authenticate_embed(connection, token)
    check_origin(embed, request.headers.get("origin"), request.headers.get("host", ""))
    return embed
