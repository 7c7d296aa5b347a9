"""An iframe that does not read is cut off; the others do not wait for it."""

import asyncio
import socket

import pytest
from prometheus_client import Counter, Gauge

from shared import metrics
from shared.pubsub import PubSub
from shared.scope import Scope
from tests.factories import text_message, webhook
from tests.stack import Stack
from tests.waiting import eventually

ROUNDS = 40  # 20 MB, which is more than a kernel keeps
FILLER = b'{"type":"filler","text":"' + b"x" * 500_000 + b'"}'


async def _open_and_stop_reading(stack: Stack, token: str) -> socket.socket:
    """A WebSocket that is let in and then never read again."""
    host, port = stack.base_url.removeprefix("http://").split(":")
    loop = asyncio.get_running_loop()
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.setblocking(False)
    await loop.sock_connect(slow, (host, int(port)))
    request = (
        f"GET /realtime/socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    await loop.sock_sendall(slow, request.encode())
    await _read_to(slow, b'"maxPayload"')
    greeting = f'40{{"token":"{token}"}}'.encode()
    await loop.sock_sendall(slow, bytes([0x81, 0x80 | len(greeting)]) + bytes(4) + greeting)
    await _read_to(slow, b'40{"sid"')
    return slow


async def _read_to(slow: socket.socket, mark: bytes) -> None:
    heard = b""
    while mark not in heard:
        more = await asyncio.get_running_loop().sock_recv(slow, 1024)
        assert more, heard
        heard += more


def _value(metric: Counter | Gauge) -> float:
    [family] = metric.collect()
    return family.samples[0].value


@pytest.mark.parametrize("why", ["too much waits", "it waits too long"])
async def test_an_iframe_that_does_not_read_is_cut_off_and_the_others_hear_everything(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    if why == "too much waits":
        monkeypatch.setattr("realtime.websocket.SLOW_SECONDS", 60.0)
    else:
        monkeypatch.setattr("realtime.websocket.SLOW_SECONDS", 1.0)
        monkeypatch.setattr("realtime.websocket.MOST_UNSENT", 1024**3)
    token = await stack.embed()
    channel = Scope(stack.project.id).channel()
    pubsub = PubSub(stack.settings)
    slow = await _open_and_stop_reading(stack, token)
    try:
        async with stack.iframe(token) as iframe:
            dropped, iframes = _value(metrics.SLOW_DROPPED), _value(metrics.CONNECTIONS)
            for round_ in range(ROUNDS):
                await pubsub.publish([(channel, b"1[" + FILLER + b"]")])

                async def heard(count: int = round_ + 1) -> bool:
                    return len(iframe.events) == count

                await eventually(heard)
            await stack.post_webhook(webhook(stack.project.phone_number_id, messages=[text_message("at last")]))
            await iframe.event("message.created", 20)
            assert len(iframe.events) == ROUNDS + 1
            assert iframe.client.connected

            async def cut_off() -> bool:
                return _value(metrics.CONNECTIONS) == iframes - 1

            await eventually(cut_off)
            assert _value(metrics.SLOW_DROPPED) == dropped + 1
    finally:
        slow.close()
        await pubsub.close()
