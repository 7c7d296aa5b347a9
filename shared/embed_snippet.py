"""What a host puts into its page."""

from html import escape


def embed_url(base_url: str, token: str) -> str:
    """Where the iframe's page is; whoever has the URL can open the inbox."""
    return f"{base_url.rstrip('/')}/embed/{token}"


def iframe_snippet(url: str, name: str | None) -> str:
    """HTML that shows the inbox as large as what it stands in (Kapso: "Embed code"), with what its composer asks the
    browser for. The title is what a screen reader calls the frame.
    """
    return (
        f'<iframe src="{escape(url)}" title="{escape(name or "WhatsApp inbox")}"'
        ' style="width: 100%; height: 100%; border: 0;" allow="clipboard-write; microphone"></iframe>'
    )


def element_snippet(base_url: str, url: str, name: str | None) -> str:
    """HTML that shows the inbox through the element that /porthole.js defines, which the page can talk to."""
    return (
        f'<script type="module" src="{escape(base_url.rstrip("/"))}/porthole.js"></script>\n'
        f'<porthole-inbox src="{escape(url)}" title="{escape(name or "WhatsApp inbox")}"></porthole-inbox>'
    )
