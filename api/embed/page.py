"""/embed/{token}: the page in the iframe."""

import msgspec
from litestar import Controller, MediaType, Response, route
from litestar.datastructures import State
from litestar.params import FromPath

from api.access import client_address, limit_headers
from api.embed.assets import TEMPLATES
from api.embed.language import base_of, direction_of, page_language
from api.embed.policy import page_headers
from api.errors import AnyRequest
from shared.embeds import Embed, EmbedRefusedError, authenticate_embed, count_refusal
from shared.rate_limit import Usage, count_embed_call

_UNAVAILABLE: dict[str, dict[str, dict[str, str]]] = msgspec.json.decode((TEMPLATES / "unavailable.json").read_bytes())


class EmbedPageController(Controller):
    path = "/embed"
    include_in_schema = False

    @route(
        ["/", "/{token:path}"],
        http_method=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
        status_code=200,
        media_type=MediaType.HTML,
    )
    async def page(self, request: AnyRequest, state: State, token: FromPath[str] = "") -> Response[str]:
        """The inbox, or a page that says it is no longer available: 401, whatever is wrong with the token and however
        it is asked for, since a frame that shows an error of ours helps nobody; 429 for who asks too often.
        """
        address, settings = client_address(request), state.settings
        try:
            embed = await authenticate_embed(state.engine, token.removeprefix("/"))
        except EmbedRefusedError as error:
            return _unavailable(request, state, error.embed, await count_refusal(state.redis, settings, error, address))
        usage = await count_embed_call(state.redis, f"embed:{embed.id}", address, settings.embed_rate_limit)
        if usage.exceeded:
            return _unavailable(request, state, embed, usage)
        language = page_language(request, embed)
        bootstrap = {
            "language": language,
            "version": embed.version(),
            "allowed_origins": embed.allowed_origins,
        }
        html = _render(state, "embed.html", language, embed.default_mode, bootstrap=bootstrap)
        return Response(html, headers=page_headers(embed.allowed_origins, settings.origin()) | limit_headers(usage))


def _unavailable(request: AnyRequest, state: State, embed: Embed | None, usage: Usage) -> Response[str]:
    """401, or 429 for who asked too often."""
    headers, status, reason = page_headers([], state.settings.origin()), 401, "gone"
    if usage.exceeded:
        headers, status, reason = headers | limit_headers(usage), 429, "busy"
    language = page_language(request, embed)
    mode = embed.default_mode if embed else "system"
    html = _render(state, "embed_unavailable.html", language, mode, text=_UNAVAILABLE[base_of(language)][reason])
    return Response(html, status_code=status, headers=headers)


def _render(state: State, template: str, language: str, mode: str, **values: object) -> str:
    inbox, words = state.assets.inbox, state.assets.words.get(base_of(language))
    html: str = state.jinja.get_template(template).render(
        language=language,
        direction=direction_of(language),
        mode=mode,
        theme_script=state.assets.theme_script,
        script=inbox.script,
        styles=inbox.styles,
        preloads=[*inbox.preloads, words] if words else inbox.preloads,
        **values,
    )
    return html
