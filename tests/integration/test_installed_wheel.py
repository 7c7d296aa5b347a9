"""`porthole demo` from the wheel alone: no checkout, no Node, and nothing on the PATH but what was installed."""

import asyncio
import re
import signal
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from tests.commands import clean_environ
from tests.servers import server_directory

ROOT = Path(__file__).resolve().parents[2]
FREE = ("--port", "0", "--simulator-port", "0", "--host-page-port", "0")
LOADED = re.compile(r"""(?:src|href)="([^"#]+\.(?:js|css|svg)[^"]*)\"""")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel in it. The packages that it needs are those of the tests, found by a path: that
    of the checkout itself, which stands in a .pth file among them, is not read in this way.
    """
    folder = tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=50)
    (wheel,) = folder.glob("*.whl")
    environment = folder / "environment"
    venv.create(environment, symlinks=True)
    uv = Path(sys.executable).parent / "uv"
    install = [uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", environment / "bin/python", wheel]
    subprocess.run([str(word) for word in install], check=True, capture_output=True, timeout=50)
    (packages,) = environment.glob("lib/python3*/site-packages")
    (packages / "others.pth").write_text(sysconfig.get_path("purelib"))
    return environment


@pytest.fixture
def directory() -> Iterator[Path]:
    with server_directory() as path:
        yield path


def _environ(installed: Path) -> dict[str, str]:
    return {**clean_environ({}), "PATH": str(installed / "bin")}


def test_it_is_the_wheel_that_runs_and_no_checkout(installed: Path, tmp_path: Path) -> None:
    where = (
        "import api, cli, realtime, shared, workers as w; print(*(m.__file__ for m in (api, cli, realtime, shared, w)))"
    )
    command = [str(installed / "bin/python"), "-c", where]
    found = subprocess.run(
        command, cwd=tmp_path, env=_environ(installed), check=True, capture_output=True, text=True, timeout=50
    )
    assert found.stdout.split()
    assert all(Path(file).is_relative_to(installed) for file in found.stdout.split())


@pytest.mark.timeout(150)
async def test_the_demo_runs_with_its_pages_scripts_and_styles_and_ends_when_it_is_told_to(
    installed: Path, directory: Path, tmp_path: Path
) -> None:
    process = await asyncio.create_subprocess_exec(
        *(installed / "bin/porthole", "demo", *FREE, "--data-dir", directory / "data", "--json"),
        cwd=tmp_path,
        env=_environ(installed),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), 90)
        assert line, "porthole demo did not start"
        report = msgspec.json.decode(line)
        async with httpx.AsyncClient(timeout=20, follow_redirects=True) as client:
            for url in ("/healthz", "/readyz", "/porthole.js", "/docs"):
                assert (await client.get(report["base_url"] + url)).status_code == 200, url
            for url in (report["embed_url"], f"{report['base_url']}/dashboard", report["host_page_url"]):
                assert await _loaded(client, url), url
            bot = {"phone_number_id": report["phone_numbers"][0]["phone_number_id"], "type": "text"}
            written = await client.post(
                f"{report['simulator_url']}/_sim/users/{report['bot_customer']['wa_id']}/messages",
                json={**bot, "text": {"body": "Hello"}},
            )
            assert written.status_code == 201, written.text
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 60) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        process._transport.close()  # type: ignore[attr-defined]


async def _loaded(client: httpx.AsyncClient, url: str) -> list[str]:
    """Get a page and all that it names; returns the names."""
    page = await client.get(url)
    assert page.status_code == 200, (url, page.text[:500])
    names = LOADED.findall(page.text)
    for name in names:
        answer = await client.get(page.url.join(name))
        assert answer.status_code == 200, name
        assert answer.content, name
    return names
