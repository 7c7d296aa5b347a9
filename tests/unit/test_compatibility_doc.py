"""docs/compatibility.md names every call that is served, and serves every call that it says is."""

import re
from pathlib import Path

from api.app import create_app
from shared.settings import Settings

DOCUMENT = Path(__file__).parents[2] / "docs" / "compatibility.md"
VERDICTS = {"same", "more", "differs", "ours", "not offered"}
PREFIXES = ("/platform/v1", "/meta/whatsapp")
SETTINGS = Settings(
    database_url="postgresql://localhost/porthole",
    redis_url="redis://localhost",
    secret_key="a secret key for the tests",
    whatsapp_app_secret="app-secret",
    whatsapp_verify_token="verify-token",
)

_BASE = re.compile(r"^Base: `(?P<base>[^`]+)`$")
_ROW = re.compile(r"^\| `(?P<method>[A-Z]+) (?P<path>/[^`?]*)[^`]*` \| (?P<verdict>[^|]+) \|")
_PARAMETER = re.compile(r"\{[^}]*\}")


def _written() -> dict[str, str]:
    """The verdict of each call of the document's tables; a path that does not name its base is below the last one."""
    found: dict[str, str] = {}
    base = ""
    for line in DOCUMENT.read_text().splitlines():
        if heading := _BASE.match(line):
            base = heading["base"]
        elif row := _ROW.match(line):
            path = row["path"] if row["path"].startswith(PREFIXES) else base + row["path"]
            call = f"{row['method']} {_PARAMETER.sub('{}', path)}"
            assert call not in found, f"{call} is there twice"
            found[call] = row["verdict"].strip()
    return found


def _described() -> tuple[set[str], set[str]]:
    """The calls that the OpenAPI document offers, and the paths that are there to say that nothing is."""
    offered, declined = set(), set()
    for path, operations in create_app(SETTINGS).openapi_schema.to_schema()["paths"].items():
        place = _PARAMETER.sub("{}", path)
        for method, operation in operations.items():
            if "Not offered" in operation["tags"]:
                declined.add(place)
            elif path.startswith(PREFIXES):
                offered.add(f"{method.upper()} {place}")
    return offered, declined


def test_the_document_and_the_api_name_the_same_calls() -> None:
    written = _written()
    promised = {call for call, verdict in written.items() if verdict != "not offered"}
    offered, declined = _described()
    assert sorted(offered - promised) == [], "offered and not in the document"
    assert sorted(promised - offered) == [], "in the document and not offered"
    assert declined <= {call.split()[1] for call, verdict in written.items() if verdict == "not offered"}


def test_every_call_has_a_verdict_that_the_document_explains() -> None:
    written = _written()
    assert set(written.values()) == VERDICTS
    text = DOCUMENT.read_text()
    for verdict in VERDICTS:
        assert f"- **{verdict}**" in text
