"""The front end's built files, by the names that the page template uses."""

from pathlib import Path
from typing import Any

import msgspec

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
DIST = TEMPLATES / "inbox" / "dist"
URL = "/assets/inbox"


class AssetsMissingError(Exception):
    """The front end is not built; the text says how to build it."""


class Assets(msgspec.Struct, frozen=True):
    """URLs of the page's script, its styles, the modules it loads at once, and the script that sets the theme."""

    script: str
    styles: list[str]
    preloads: list[str]
    theme_script: str


def read_assets(dist: Path = DIST) -> Assets:
    """Read Vite's manifest. Raises AssetsMissingError."""
    try:
        manifest: dict[str, dict[str, Any]] = msgspec.json.decode((dist / ".vite" / "manifest.json").read_bytes())
        entry, theme = manifest["src/main.tsx"], manifest["src/theme.ts"]
    except (OSError, msgspec.DecodeError, KeyError) as error:
        raise AssetsMissingError("the inbox's front end is not built; run `make setup`") from error
    imports = [manifest[name] for name in entry.get("imports", [])]
    return Assets(
        script=f"{URL}/{entry['file']}",
        styles=[f"{URL}/{name}" for chunk in (entry, *imports) for name in chunk.get("css", [])],
        preloads=[f"{URL}/{chunk['file']}" for chunk in imports],
        theme_script=f"{URL}/{theme['file']}",
    )
