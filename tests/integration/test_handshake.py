"""WebSockets that show no good token: they are closed after a while, and one address has only so many."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from cli.serve import bind, port_of, serving
from realtime.app import running_realtime
from shared.settings import Settings
from tests.bare_iframe import BareIframe
from tests.database import count
from tests.factories import ProjectRows, make_embed
from tests.stack import Stack
from tests.waiting import eventually

HERE, THERE = {"X-Forwarded-For": "198.51.100.31"}, {"X-Forwarded-For": "198.51.100.32"}


def _opened(stack: Stack, headers: dict[str, str] | None = None) -> connect:
    url = f"{stack.base_url.replace('http', 'ws', 1)}/realtime/socket.io/?EIO=4&transport=websocket"
    return connect(url, additional_headers=headers or {}, proxy=None)


async def _ask_in(socket: ClientConnection, token: str) -> str:
    """Socket.IO's CONNECT; returns the packet that answers it."""
    await socket.send(f'40{{"token":"{token}"}}')
    while True:
        packet = await socket.recv()
        assert isinstance(packet, str)
        if packet.startswith("4"):
            return packet


async def _is_closed(socket: ClientConnection, seconds: float = 20.0) -> bool:
    """Whether the server closes it within the time."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await socket.wait_closed()
            return True
    return False


class TestDeadline:
    @pytest.fixture(autouse=True)
    def soon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("realtime.engine.HANDSHAKE_SECONDS", 3.0)

    async def test_a_websocket_that_says_nothing_is_closed(self, stack: Stack) -> None:
        async with _opened(stack) as socket:
            assert await _is_closed(socket)

    async def test_one_that_only_asks_with_bad_tokens_is_closed(self, stack: Stack) -> None:
        async with _opened(stack) as socket:
            assert (await _ask_in(socket, "nonsense")).startswith("44")
            assert await _is_closed(socket)

    async def test_one_with_a_good_token_stays_until_its_iframe_has_left(self, stack: Stack) -> None:
        async with _opened(stack) as socket:
            assert (await _ask_in(socket, await stack.embed())).startswith("40")
            assert not await _is_closed(socket, 4.0)
            await socket.send("41")
            assert await _is_closed(socket)

    async def test_one_that_the_server_hung_up_on_is_closed(self, stack: Stack) -> None:
        made = await stack.http.post(
            "/platform/v1/inbox_embeds",
            json={"inbox_embed": {"scope_type": "project"}},
            headers={"X-API-Key": stack.project.api_key},
        )
        embed = made.json()["data"]
        async with _opened(stack) as socket:
            assert (await _ask_in(socket, embed["token"])).startswith("40")
            path = f"/platform/v1/inbox_embeds/{embed['id']}"
            await stack.http.delete(path, headers={"X-API-Key": stack.project.api_key})
            assert await _is_closed(socket)


class TestCrowd:
    @pytest.fixture(autouse=True)
    def few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("realtime.engine.MOST_WAITING", 2)

    @contextlib.asynccontextmanager
    async def _idle(self, stack: Stack, headers: dict[str, str]) -> AsyncIterator[list[ClientConnection]]:
        async with _opened(stack, headers) as first, _opened(stack, headers) as second:
            yield [first, second]

    async def test_an_address_has_only_so_many_without_a_token_and_others_do_not_mind(self, stack: Stack) -> None:
        async with self._idle(stack, HERE):
            with pytest.raises(InvalidStatus):
                async with _opened(stack, HERE):
                    pass
            async with stack.iframe(await stack.embed(), **THERE) as iframe:
                assert iframe.client.connected

    async def test_a_place_is_free_when_one_is_admitted_or_leaves(self, stack: Stack) -> None:
        token = await stack.embed()
        async with self._idle(stack, HERE) as sockets:
            assert (await _ask_in(sockets[0], token)).startswith("40")
            async with _opened(stack, HERE) as third:
                await third.close()

            async def let_in() -> bool:
                async with stack.iframe(token, **HERE) as iframe:
                    return bool(iframe.client.connected)

            assert await eventually(let_in)


class TestSockets:
    @pytest.fixture(autouse=True)
    def few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("realtime.server.MOST_SOCKETS", 2)

    async def test_an_embed_has_only_so_many_from_one_address_at_a_time(self, stack: Stack) -> None:
        token, other = await stack.embed(), await stack.embed()

        async def codes(token: str, headers: dict[str, str]) -> list[str]:
            async with stack.iframe(token, **headers) as iframe:
                return [refusal["data"]["code"] for refusal in iframe.refused]

        async with stack.iframe(token, **HERE):
            async with stack.iframe(token, **HERE):
                assert await codes(token, HERE) == ["too_many_sockets"]
                assert await codes(token, THERE) == []
                assert await codes(other, HERE) == []

            async def free() -> bool:
                return await codes(token, HERE) == []

            assert await eventually(free)


class TestRate:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(settings, embed_rate_limit=2)

    async def test_an_address_connects_with_an_embed_only_so_often_in_a_minute(self, stack: Stack) -> None:
        token, other = await stack.embed(), await stack.embed()

        async def codes(token: str, headers: dict[str, str]) -> list[str]:
            async with stack.iframe(token, **headers) as iframe:
                return [refusal["data"]["code"] for refusal in iframe.refused]

        answers = [await codes(token, HERE) for _ in range(6)]  # two minutes may have a part in it
        assert answers[0] == []
        assert answers[-1] == ["rate_limited"]
        assert await codes(token, THERE) == []
        assert await codes(other, HERE) == []


@pytest.mark.parametrize(
    ("said", "code"),
    [('{"token":"\\ud800"}', "invalid_token"), ('{"token":"%s","user":"\\ud800"}', "invalid_user_claim")],
)
async def test_half_a_character_is_refused_as_any_other_nonsense(stack: Stack, said: str, code: str) -> None:
    async with _opened(stack) as socket:
        await socket.recv()
        await socket.send(f"40{said.replace('%s', await stack.embed())}")
        answer = await socket.recv()
    assert isinstance(answer, str)
    assert answer.startswith("44")
    assert f'"code":"{code}"' in answer


@pytest.mark.parametrize(
    "said",
    [
        "hello",
        "4zzz",
        '459999999-["viewing"]',  # promises so many binary parts, which would all be kept
        b"\x04binary",
        [""] * 200,  # one message in very many parts
        "x" * 20_000,
    ],
)
async def test_who_says_what_no_iframe_says_is_hung_up_on(stack: Stack, said: str | bytes | list[str]) -> None:
    async with _opened(stack) as socket:
        assert (await _ask_in(socket, await stack.embed())).startswith("40")
        with contextlib.suppress(ConnectionClosed):
            await socket.send(said)
        assert await _is_closed(socket)


async def test_a_handshake_that_is_under_way_ends_with_the_role(
    settings: Settings, engine: AsyncEngine, project: ProjectRows
) -> None:
    async with engine.begin() as connection:
        token = await make_embed(connection, project.id)

    async def waits() -> bool:
        return await count(engine, "pg_locks", "NOT granted") > 0

    before = asyncio.all_tasks()
    async with engine.connect() as connection:
        await connection.execute(text("LOCK TABLE inbox_embed"))
        with bind("127.0.0.1", 0) as sock:
            async with running_realtime(settings) as app, serving(app, sock):
                iframe = BareIframe(f"127.0.0.1:{port_of(sock)}", token, lambda _: None, lambda: None)
                connecting = asyncio.create_task(iframe.connect())
                await eventually(waits)
        with pytest.raises(ConnectionError):
            await connecting
        assert asyncio.all_tasks() <= before
