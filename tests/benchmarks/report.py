"""What a benchmark prints: a table for a person, and a last line of JSON for a script."""

import statistics
from collections.abc import Sequence

import msgspec

from tests.benchmarks.backlog import Backlog
from tests.benchmarks.catch_up import CatchUp
from tests.benchmarks.fanout import Fanout, Idle
from tests.benchmarks.measure import Run
from tests.benchmarks.page import LIMITS, PageFigures
from tests.benchmarks.sends import Sends
from tests.benchmarks.token_check import TokenCheck

Figures = dict[str, float]


class Round(msgspec.Struct):
    """What one Porthole was measured at: webhooks' runs by mode, and what else was chosen."""

    runs: dict[str, Run] = {}
    backlog: Backlog | None = None
    tokens: TokenCheck | None = None
    fanout: Fanout | None = None
    steady: Fanout | None = None
    idle: Idle | None = None
    catch_up: CatchUp | None = None
    sends: Sends | None = None
    page: PageFigures | None = None

    def all_runs(self) -> dict[str, Run]:
        return self.runs | ({"backlog": self.backlog.run} if self.backlog else {})

    def accounts(self) -> list[Run | Fanout | Sends]:
        """All that may have lost or doubled something."""
        others = (self.fanout, self.steady, self.sends)
        return [*self.all_runs().values(), *(one for one in others if one is not None)]


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
    if backlog := measured.backlog:
        figures |= {
            "backlog drained/s": backlog.drained_per_s,
            "backlog worker CPU ms/message": backlog.worker_cpu_ms,
            "backlog PostgreSQL CPU ms": backlog.postgres_cpu_ms,
        }
    if saturated := measured.runs.get("saturated"):
        figures |= {
            "saturated accepted/s": saturated.accepted_per_s,
            "saturated HTTP p50 ms": saturated.http["p50"],
            "saturated HTTP p99 ms": saturated.http["p99"],
        }
    return figures | _figures_of_iframes(measured) | _figures_of_calls(measured) | _figures_of_page(measured)


def _figures_of_iframes(measured: Round) -> Figures:
    figures: Figures = {}
    if fanout := measured.fanout:
        figures |= {
            "fanout deliveries/s": fanout.deliveries_per_s,
            "fanout deliveries/CPU s": fanout.deliveries_per_cpu_s,
        }
    if steady := measured.steady:
        figures |= {f"steady fanout {part} ms": value for part, value in steady.latency.items()}
    if idle := measured.idle:
        figures |= {
            "idle kB/iframe": idle.kb_per_iframe,
            "connect realtime CPU ms": idle.connect_cpu_ms,
            "connect PostgreSQL CPU ms": idle.connect_postgres_cpu_ms,
        }
    return figures


def _figures_of_calls(measured: Round) -> Figures:
    figures: Figures = {}
    if catch_up := measured.catch_up:
        figures |= {
            "catch-up calls/s": catch_up.calls_per_s,
            "catch-up api CPU ms": catch_up.api_cpu_ms,
            "catch-up PostgreSQL CPU ms": catch_up.postgres_cpu_ms,
            "catch-up Redis CPU ms": catch_up.redis_cpu_ms,
        }
    if sends := measured.sends:
        figures |= {
            "replies queued/s": sends.queued_per_s,
            "reply api CPU ms": sends.api_cpu_ms,
            "replies sent/s": sends.sent_per_s,
            "reply worker CPU ms": sends.worker_cpu_ms,
            "reply PostgreSQL CPU ms": sends.postgres_cpu_ms,
            **{f"click to WhatsApp {part} ms": value for part, value in sends.click.items()},
        }
    if tokens := measured.tokens:
        figures |= {
            "token check µs/call": tokens.microseconds,
            "token check calls/s": tokens.per_s,
            "token check queries/call": tokens.queries,
        }
    return figures


def _figures_of_page(measured: Round) -> Figures:
    if measured.page is None:
        return {}
    return {f"page {name}": float(value) for name, value in msgspec.structs.asdict(measured.page).items()}


def medians(rounds: Sequence[Figures]) -> Figures:
    return {name: statistics.median(figures[name] for figures in rounds) for name in rounds[0]} if rounds else {}


def print_report(rounds: list[Round], other: str, compared: list[Figures], *, sound: bool) -> None:
    """`compared` are the figures of the other system, or of the other database, whose name is `other`.

    Ratios are ours by the peer's, and those of the full database by the empty one's.
    """
    ours, theirs = medians([figures_of(one) for one in rounds]), medians(compared)
    pairs = {name: (ours[name], theirs[name]) for name in ours if ours[name] and theirs.get(name)}
    ratios = {name: round(a / b if other == "peer" else b / a, 2) for name, (a, b) in pairs.items()}
    first = "empty" if other == "full" else "porthole"
    print(f"{'':30}{first:>10}" + (f"{other:>10}{'ratio':>8}" if theirs else ""))
    for name, value in ours.items():
        beside = f"{theirs[name]:>10.2f}{ratios[name]:>8.2f}" if name in ratios else ""
        limit = LIMITS.get(name.removeprefix("page "))
        print(f"{name:30}{value:>10.2f}{beside}" + (f"  (limit {limit:g})" if limit else ""))
    ingests = [one.runs["ingest"] for one in rounds if "ingest" in one.runs]
    cpu = medians([ingest.cpu | {"driver": ingest.driver_cpu} for ingest in ingests])
    if cpu:
        print("\nCPU seconds of the ingest run: " + ", ".join(f"{name} {value:.2f}" for name, value in cpu.items()))
    print()
    for number, one in enumerate(rounds, 1):
        for mode, run in one.all_runs().items():
            print(
                f"round {number} {mode}: accepted {run.accepted}, refused {run.refused}, stored {run.stored}, "
                f"lost {run.lost}, doubled {run.doubled}, waiting at the end {run.waiting}"
            )
    result = {"ok": sound, first: ours, other: theirs, "ratios": ratios, "cpu_seconds": cpu, "rounds": rounds}
    print(msgspec.json.encode(result).decode(), flush=True)
