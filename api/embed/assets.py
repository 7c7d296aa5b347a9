"""The front end's built files, by the names that the page template uses."""

import re
from pathlib import Path
from typing import Any

import msgspec

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
DIST = TEMPLATES / "inbox" / "dist"
URL = "/assets/inbox"
_WORDS = re.compile(r"src/i18n/(\w+)\.ts")


class AssetsMissingError(Exception):
    """The front end is not built; the text says how to build it."""


class Assets(msgspec.Struct, frozen=True):
    """URLs of a page's script, its styles, and the modules it loads at once."""

    script: str
    styles: list[str]
    preloads: list[str]


class AllAssets(msgspec.Struct, frozen=True):
    """The assets of the page in the iframe, the script that sets its theme, those of the API's viewer, the script
    that a host's page loads, with its types, and the assets of the dashboard.

    `words` are the URLs of the inbox's words by language.
    """

    inbox: Assets
    words: dict[str, str]
    theme_script: str
    docs: Assets
    host_script: bytes
    host_types: bytes
    dashboard: Assets


def read_assets(dist: Path = DIST) -> AllAssets:
    """Read Vite's manifest. Raises AssetsMissingError."""
    try:
        manifest: dict[str, dict[str, Any]] = msgspec.json.decode((dist / ".vite" / "manifest.json").read_bytes())
        theme = manifest["src/theme.ts"]
        words = {
            match[1]: f"{URL}/{entry['file']}"
            for source, entry in manifest.items()
            if (match := _WORDS.fullmatch(source)) is not None
        }
        return AllAssets(
            inbox=_of(manifest, "src/main.tsx"),
            words=words,
            theme_script=f"{URL}/{theme['file']}",
            docs=_of(manifest, "src/docs.ts"),
            host_script=(dist / manifest["src/host/porthole.ts"]["file"]).read_bytes(),
            host_types=(dist / "porthole.d.ts").read_bytes(),
            dashboard=_of(manifest, "src/dashboard/dashboard.ts"),
        )
    except (OSError, msgspec.DecodeError, KeyError) as error:
        raise AssetsMissingError("the inbox's front end is not built; run `make setup`") from error


def _of(manifest: dict[str, dict[str, Any]], source: str) -> Assets:
    entry = manifest[source]
    imports = [manifest[name] for name in _imported(manifest, source)]
    return Assets(
        script=f"{URL}/{entry['file']}",
        styles=[f"{URL}/{name}" for chunk in (entry, *imports) for name in chunk.get("css", [])],
        preloads=[f"{URL}/{chunk['file']}" for chunk in imports],
    )


def _imported(manifest: dict[str, dict[str, Any]], source: str) -> list[str]:
    """What a chunk imports, and what that imports: the browser would ask for it one step later."""
    found = list(manifest[source].get("imports", []))
    for name in found:  # which grows meanwhile
        found += [one for one in manifest[name].get("imports", []) if one not in found]
    return found
