"""What a benchmark prints: a table for a person, and a last line of JSON for a script."""

import statistics
from collections.abc import Sequence

import msgspec

from tests.benchmarks.measure import Run
from tests.benchmarks.token_check import TokenCheck

Figures = dict[str, float]


class Round(msgspec.Struct):
    """What one Porthole was measured at."""

    runs: dict[str, Run]
    tokens: TokenCheck | None


def figures_of(measured: Round) -> Figures:
    """What is compared between rounds and with a peer."""
    figures: Figures = {}
    if ingest := measured.runs.get("ingest"):
        figures = {
            "ingest accepted/s": ingest.accepted_per_s,
            "ingest HTTP p50 ms": ingest.http["p50"],
            "ingest HTTP p99 ms": ingest.http["p99"],
            "ingest end to end/s": ingest.end_to_end_per_s,
            "ingest CPU ms/message": round(sum(ingest.cpu.values()) / ingest.accepted * 1000, 3),
        }
    if latency := measured.runs.get("latency"):
        figures |= {f"latency {part} ms": value for part, value in latency.latency.items()}
    if tokens := measured.tokens:
        figures |= {
            "token check µs/call": tokens.microseconds,
            "token check calls/s": tokens.per_s,
            "token check queries/call": tokens.queries,
        }
    return figures


def medians(rounds: Sequence[Figures]) -> Figures:
    return {name: statistics.median(figures[name] for figures in rounds) for name in rounds[0]} if rounds else {}


def print_report(rounds: list[Round], peer_rounds: list[Figures], *, sound: bool) -> None:
    ours, peer = medians([figures_of(one) for one in rounds]), medians(peer_rounds)
    ratios = {name: round(ours[name] / peer[name], 2) for name in ours if peer.get(name)}
    print(f"{'':24}{'porthole':>10}" + (f"{'peer':>10}{'ratio':>8}" if peer else ""))
    for name, value in ours.items():
        compared = f"{peer[name]:>10.2f}{ratios[name]:>8.2f}" if name in ratios else ""
        print(f"{name:24}{value:>10.2f}{compared}")
    ingests = [one.runs["ingest"] for one in rounds if "ingest" in one.runs]
    cpu = medians([ingest.cpu | {"driver": ingest.driver_cpu} for ingest in ingests])
    if cpu:
        print("\nCPU seconds of the ingest run: " + ", ".join(f"{name} {value:.2f}" for name, value in cpu.items()))
    print()
    for number, one in enumerate(rounds, 1):
        for mode, run in one.runs.items():
            print(
                f"round {number} {mode}: accepted {run.accepted}, refused {run.refused}, stored {run.stored}, "
                f"lost {run.lost}, doubled {run.doubled}"
            )
    result = {"ok": sound, "porthole": ours, "peer": peer, "ratios": ratios, "cpu_seconds": cpu, "rounds": rounds}
    print(msgspec.json.encode(result).decode(), flush=True)
