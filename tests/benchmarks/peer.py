"""Runs another system's own benchmark from its folder, and reads its result in our terms."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import msgspec

from tests.benchmarks.report import Figures

RUNNER = "run_node_baseline.py"


class PeerError(Exception):
    """The peer's run failed; the text ends with what it wrote to stderr."""


async def run_peer(folder: Path, options: list[str]) -> Figures:
    """Raises PeerError."""
    # uv brings the packages that the script names, apart from ours
    uv = str(Path(sys.executable).with_name("uv"))
    process = await asyncio.create_subprocess_exec(
        *(uv, "run", "--quiet", "--no-project", RUNNER, *options),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    if process.returncode != 0:
        raise PeerError(f"the peer's run ended with status {process.returncode}:\n{errors.decode()[-2000:]}")
    return _figures(msgspec.json.decode(output.splitlines()[-1]))


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
    if latency := result.get("latency"):
        figures |= {f"latency {part} ms": latency[f"{part}_ms"] for part in ("p50", "p95", "p99")}
    return figures
