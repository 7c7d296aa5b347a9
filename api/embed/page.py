"""/embed/{token}: the page in the iframe."""

from typing import Any

import msgspec
from litestar import Controller, MediaType, Response, get
from litestar.datastructures import State
from litestar.params import FromPath

from api.embed.assets import TEMPLATES
from api.embed.policy import page_headers
from shared.embeds import Embed, EmbedRefusedError, authenticate_embed

_UNAVAILABLE: dict[str, dict[str, str]] = msgspec.json.decode((TEMPLATES / "unavailable.json").read_bytes())
_RIGHT_TO_LEFT = frozenset({"ar"})


class EmbedPageController(Controller):
    path = "/embed"
    include_in_schema = False

    @get("/{token:str}", media_type=MediaType.HTML)
    async def page(self, state: State, token: FromPath[str]) -> Response[str]:
        """The inbox, or a page that says it is no longer available: 401, whatever is wrong with the token."""
        origin = state.settings.origin()
        try:
            async with state.engine.connect() as connection:
                embed = await authenticate_embed(connection, token)
        except EmbedRefusedError as error:
            html = _render(state, "embed_unavailable.html", error.embed)
            return Response(html, status_code=401, headers=page_headers([], origin))
        html = _render(state, "embed.html", embed)
        return Response(html, headers=page_headers(embed.allowed_origins, origin))


def _render(state: State, template: str, embed: Embed | None) -> str:
    language = embed.language if embed else "en"
    html: str = state.jinja.get_template(template).render(
        language=language,
        direction="rtl" if language in _RIGHT_TO_LEFT else "ltr",
        mode=embed.default_mode if embed else "system",
        text=_UNAVAILABLE[language],
        **_asset_urls(state),
    )
    return html


def _asset_urls(state: State) -> dict[str, Any]:
    return {**msgspec.structs.asdict(state.assets.inbox), "theme_script": state.assets.theme_script}
