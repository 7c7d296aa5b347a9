"""The one page that shows an embed's secrets: what to put into the product, and the embed as it will look there."""

from api.dashboard.pages import Page, render
from api.errors import AnyRequest
from shared.embed_snippet import element_snippet, embed_url, iframe_snippet
from shared.queries.embeds import InboxEmbedView


def secrets_page(
    request: AnyRequest, embed: InboxEmbedView, token: str, signing_secret: str | None, *, is_new: bool
) -> Page:
    """`signing_secret` is None where it stays as it was."""
    base_url = request.app.state.settings.base_url
    url = embed_url(base_url, token)
    return render(
        request,
        "embed_secrets.html",
        status=201 if is_new else 200,
        embed=embed,
        is_new=is_new,
        url=url,
        # The preview stays on the address under which the dashboard itself is open: its policy lets in no other.
        preview=f"/embed/{token}",
        iframe=iframe_snippet(url, embed.name),
        element=element_snippet(base_url, url, embed.name),
        signing_secret=signing_secret,
    )
