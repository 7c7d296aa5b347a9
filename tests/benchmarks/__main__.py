"""How much a Porthole takes in, and how fast it shows it: `python -m tests.benchmarks`, or `make bench`.

Each round starts a Porthole on an empty database, sends webhooks as Meta does, and listens as an iframe does. The exit
status is 0 only if nothing was lost or doubled. Figures from one machine compare with each other, and with nothing
else.
"""

import argparse
import resource
import sys
from collections.abc import Callable
from pathlib import Path

import uvloop

from tests.benchmarks.backlog import measure_backlog, measure_saturated
from tests.benchmarks.catch_up import measure_catch_up
from tests.benchmarks.driver import Webhook, build_webhooks
from tests.benchmarks.fanout import measure_fanout, measure_idle
from tests.benchmarks.measure import listening, measure
from tests.benchmarks.page import FILLED, measure_page
from tests.benchmarks.peer import PeerError, run_peer
from tests.benchmarks.report import Figures, Round, figures_of, print_report
from tests.benchmarks.sends import measure_sends
from tests.benchmarks.servers import Porthole, running_porthole
from tests.benchmarks.token_check import measure_token_check

WARM_UP = 300
MODES = ("ingest", "latency", "backlog", "saturated", "tokens", "fanout", "steady", "idle", "catch-up", "sends", "page")
PEER_MODES = ("ingest", "latency", "fanout")
FANOUT_RATE = 1000.0  # more than it can carry
STEADY_RATE = 200.0
STEADY_IFRAMES = 500
IDLE_IFRAMES = 5000
CLICK_RATE = 25.0


async def _round(arguments: argparse.Namespace, filled: int = 0) -> Round:
    """What one Porthole is measured at, on a database with so many messages."""
    measured = Round()
    if "page" in arguments.only:
        async with running_porthole(arguments.state_dir, FILLED) as porthole:
            measured.page = await measure_page(porthole)
    if arguments.only == ["page"]:
        return measured
    chosen, count, connections = arguments.only, arguments.count, arguments.connections
    async with running_porthole(arguments.state_dir, filled) as porthole, listening(porthole) as listener:
        built = 0

        def webhooks(number: int) -> list[Webhook]:
            nonlocal built
            built += number
            return build_webhooks(porthole, built - number, number)

        async def run(mode: str, number: int, rate: float | None = None) -> None:
            measured.runs[mode] = await measure(porthole, listener, webhooks(number), connections, rate)

        await run("warm-up", WARM_UP)
        if "ingest" in chosen:
            await run("ingest", count)
        if "latency" in chosen:
            await run("latency", max(1, round(arguments.rate * arguments.seconds)), arguments.rate)
        if "backlog" in chosen:
            measured.backlog = await measure_backlog(porthole, listener, webhooks(count), connections)
        if "saturated" in chosen:
            measured.runs["saturated"] = await measure_saturated(
                porthole, listener, webhooks(count), webhooks(count), connections
            )
        await _measure_iframes(arguments, porthole, webhooks, measured)
        if "tokens" in chosen:
            measured.tokens = await measure_token_check(porthole.engine)
    return measured


async def _measure_iframes(
    arguments: argparse.Namespace, porthole: Porthole, webhooks: Callable[[int], list[Webhook]], measured: Round
) -> None:
    chosen, connections = arguments.only, arguments.connections
    if "fanout" in chosen:
        measured.fanout = await measure_fanout(
            porthole, webhooks(WARM_UP), webhooks(arguments.events), arguments.iframes, FANOUT_RATE, connections
        )
    if "steady" in chosen:
        count = max(1, round(STEADY_RATE * arguments.seconds))
        measured.steady = await measure_fanout(
            porthole, webhooks(WARM_UP), webhooks(count), STEADY_IFRAMES, STEADY_RATE, connections
        )
    if "sends" in chosen:
        measured.sends = await measure_sends(porthole, arguments.count, CLICK_RATE, arguments.seconds, connections)
    if "catch-up" in chosen:
        measured.catch_up = await measure_catch_up(porthole, connections)
    if "idle" in chosen:
        measured.idle = await measure_idle(porthole, IDLE_IFRAMES)


async def _peer_round(arguments: argparse.Namespace) -> Figures:
    options = {
        "--count": arguments.count,
        "--concurrency": arguments.connections,
        "--rate": arguments.rate,
        "--seconds": arguments.seconds,
        "--clients": arguments.iframes,
        "--events": arguments.events,
        "--fanout-max-rate": FANOUT_RATE,
    }
    if arguments.state_dir is not None:
        options["--state-dir"] = arguments.state_dir.resolve()
    words = [str(word) for option in options.items() for word in option]
    return await run_peer(
        arguments.peer, [*words, *(word for mode in PEER_MODES if mode in arguments.only for word in ("--only", mode))]
    )


async def _run(arguments: argparse.Namespace) -> bool:
    rounds: list[Round] = []
    others: list[Round] = []
    compared: list[Figures] = []
    for number in range(1, arguments.rounds + 1):
        print(f"round {number} of {arguments.rounds}", file=sys.stderr, flush=True)
        rounds.append(await _round(arguments))
        if arguments.fill:
            print(f"with {arguments.fill} messages", file=sys.stderr, flush=True)
            others.append(await _round(arguments, arguments.fill))
            compared.append(figures_of(others[-1]))
        if arguments.peer is not None:
            print("the peer's", file=sys.stderr, flush=True)
            compared.append(await _peer_round(arguments))
    sound = all(run.sound() for one in (*rounds, *others) for run in one.accounts())
    print_report(rounds, "full" if arguments.fill else "peer", compared, sound=sound)
    return sound


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="webhooks of a run, but for latency (10000)")
    parser.add_argument("--connections", type=int, default=32, help="kept connections that post (32)")
    parser.add_argument("--rate", type=float, default=100, help="webhooks a second of the latency run (100)")
    parser.add_argument("--seconds", type=float, default=10, help="how long the latency run takes (10)")
    parser.add_argument("--iframes", type=int, default=1000, help="iframes of the fanout run (1000)")
    parser.add_argument("--events", type=int, default=500, help="webhooks of the fanout run (500)")
    parser.add_argument("--only", action="append", choices=MODES, help="this run; may be repeated")
    parser.add_argument("--rounds", type=int, default=1, help="each on an empty database; medians are printed (1)")
    parser.add_argument(
        "--state-dir", type=Path, help="where the data goes while it runs; /dev/shm leaves out the disk"
    )
    against = parser.add_mutually_exclusive_group()
    against.add_argument("--fill", type=int, default=0, metavar="MESSAGES", help="alternate with a database of so many")
    against.add_argument("--peer", type=Path, metavar="FOLDER", help="alternate with the benchmark of another system")
    arguments = parser.parse_args()
    arguments.only = arguments.only or list(MODES)
    return arguments


def main() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    try:
        sound = uvloop.run(_run(_parse()))
    except PeerError as error:
        sys.exit(str(error))
    sys.exit(0 if sound else 1)


if __name__ == "__main__":
    main()
