"""What a realtime process carries: messages to many iframes of one channel, and iframes that only wait."""

import msgspec
import psutil

from tests.benchmarks.driver import Poster, Webhook
from tests.benchmarks.listener import Arrivals
from tests.benchmarks.measure import listening, percentiles
from tests.benchmarks.servers import Porthole


class Fanout(msgspec.Struct):
    """A delivery is a message at an iframe. Latency is in milliseconds, from a POST to each iframe; CPU seconds are
    those of the realtime process.
    """

    clients: int
    messages: int
    lost: int
    doubled: int
    deliveries_per_s: float
    deliveries_per_cpu_s: float
    latency: dict[str, float]

    def sound(self) -> bool:
        """Whether every iframe saw every message once."""
        return self.messages > 0 and self.lost == self.doubled == 0


class Idle(msgspec.Struct):
    """By how many kB the realtime process grew for each iframe that waits, and what it took to let one in, in
    milliseconds of the processors.
    """

    clients: int
    kb_per_iframe: float
    connect_cpu_ms: float
    connect_postgres_cpu_ms: float


async def measure_fanout(
    porthole: Porthole, warm_up: list[Webhook], webhooks: list[Webhook], clients: int, rate: float, connections: int
) -> Fanout:
    """Post webhooks at a rate, and listen to all of them on so many iframes."""
    async with listening(porthole, "swarm") as swarm:
        await swarm.ask(f"connect {clients}")
        await Poster(warm_up, connections).post_all(porthole.api_url, rate)
        await swarm.ask(f"arrivals {len(warm_up)}")
        before = porthole.cpu_seconds()["realtime"]
        await Poster(webhooks, connections).post_all(porthole.api_url, rate)
        arrivals = msgspec.json.decode(await swarm.ask(f"arrivals {len(webhooks)}"), type=Arrivals)
        cpu = porthole.cpu_seconds()["realtime"] - before
    accepted = [webhook for webhook in webhooks if webhook.status == 200]
    seen = [arrivals.get(webhook.wamid, []) for webhook in accepted]
    last = max((max(times) for times in seen if times), default=0)
    deliveries = sum(len(times) for times in seen)
    return Fanout(
        clients=clients,
        messages=len(accepted),
        lost=sum(max(0, clients - len(times)) for times in seen),
        doubled=sum(max(0, len(times) - clients) for times in seen),
        deliveries_per_s=round(deliveries / (last - min(webhook.sent for webhook in webhooks)) * 1e9, 1),
        deliveries_per_cpu_s=round(deliveries / cpu, 1),
        latency=percentiles(at - webhook.sent for webhook, times in zip(accepted, seen, strict=True) for at in times),
    )


async def measure_idle(porthole: Porthole, clients: int) -> Idle:
    """What so many iframes take that have joined and hear nothing. The first ones bring what all of them share."""
    async with listening(porthole, "swarm") as swarm:
        await swarm.ask(f"connect {clients // 10}")
        process = psutil.Process(porthole.pids["realtime"])
        before, cpu_before = process.memory_info().rss, porthole.cpu_seconds()
        await swarm.ask(f"connect {clients}")
        grown, cpu = process.memory_info().rss - before, porthole.cpu_seconds()
    spent = {name: round((cpu[name] - cpu_before[name]) / clients * 1000, 3) for name in ("realtime", "postgres")}
    return Idle(clients, round(grown / clients / 1000, 1), spent["realtime"], spent["postgres"])
