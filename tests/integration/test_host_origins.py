"""The page in the iframe lets the same origins speak with it as the server lets embed it.

Both are asked about the same origins and patterns; the page's own code in templates/inbox/tests/origins.test.ts.
"""

import asyncio
import os
from pathlib import Path

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.origins import origin_is_allowed
from tests.compatibility.clients import NODE
from tests.unit.test_origins import HOSTS, LABEL, ORIGINS, STORED

PAGE = Path(__file__).resolve().parents[2] / "templates" / "inbox"
NEAR = st.builds(
    "{}://{}.{}{}".format,
    st.sampled_from(["https", "http"]),
    st.one_of(LABEL, st.sampled_from(["", "-", "a-", "-a", "a_b", "a..b", "x" * 64, "xn--a"])),
    HOSTS,
    st.sampled_from(["", ":8443", "."]),
)


class Case(msgspec.Struct):
    origin: str
    patterns: list[str]
    allowed: bool


def _cases() -> list[Case]:
    cases: list[Case] = []

    @settings(max_examples=500, deadline=None, database=None)
    @given(st.one_of(ORIGINS, NEAR, STORED), st.lists(STORED, max_size=3))
    def gather(origin: str, patterns: list[str]) -> None:
        cases.append(Case(origin, patterns, origin_is_allowed(origin, patterns)))

    gather()
    return cases


async def test_the_page_and_the_server_allow_the_same_origins(tmp_path: Path) -> None:
    cases = _cases()
    assert {case.allowed for case in cases if case.patterns} == {True, False}
    file = tmp_path / "origins.json"
    file.write_bytes(msgspec.json.encode(cases))
    process = await asyncio.create_subprocess_exec(
        NODE,
        "node_modules/vitest/vitest.mjs",
        "run",
        "tests/origins.test.ts",
        cwd=PAGE,
        env=os.environ | {"VITE_ORIGIN_CASES": str(file), "NO_COLOR": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
