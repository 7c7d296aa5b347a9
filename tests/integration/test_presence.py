"""Who has a conversation open and who is replying: told to those who have it open too, and to nobody else."""

import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import jwt
import msgspec
import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from cli.serve import bind, port_of, serving
from realtime.app import running_realtime
from shared.scope import presence_channel
from tests.conversations import customer_wrote
from tests.stack import Iframe, Stack
from tests.waiting import eventually

ANA, BEN = {"id": "1", "name": "Ana Ribeiro"}, {"id": "2", "name": "Ben Carter"}


@contextlib.asynccontextmanager
async def _iframe(stack: Stack, user: dict[str, str] | None = None, **fields: Any) -> AsyncIterator[Iframe]:
    """An iframe of an embed of its own, with somebody's claim."""
    body = {"inbox_embed": {"scope_type": "project", **fields}}
    answer = await stack.http.post("/platform/v1/inbox_embeds", json=body, headers={"X-API-Key": stack.project.api_key})
    embed = answer.json()["data"]
    auth = {"token": embed["token"]}
    if user is not None:
        claims = {"sub": user["id"], "name": user["name"], "exp": int(time.time()) + 3600}
        auth["user"] = jwt.encode(claims, embed["signing_secret"], algorithm="HS256")
    async with stack.iframe(embed["token"], auth) as iframe:
        assert iframe.client.connected
        yield iframe


async def _show(iframe: Iframe, conversation_id: str | None, typing: bool = False) -> str:
    """The iframe shows a conversation; returns the `viewer` that it is told by."""
    viewer: str = await iframe.client.call("viewing", {"conversation_id": conversation_id, "typing": typing})
    return viewer


def _told(iframe: Iframe, viewer: str) -> list[str]:
    """The states of a viewer that an iframe was told, each only where it differs from the one before."""
    states = [event["state"] for event in iframe.events if event["type"] == "presence" and event["viewer"] == viewer]
    return [state for index, state in enumerate(states) if index == 0 or states[index - 1] != state]


async def _tells(iframe: Iframe, viewer: str, *states: str) -> None:
    """Wait until exactly these states of a viewer were told."""

    async def told() -> bool:
        return _told(iframe, viewer) == list(states)

    try:
        await eventually(told)
    except AssertionError as error:
        raise AssertionError(f"told {_told(iframe, viewer)}, not {states}") from error


async def _listens(stack: Stack, conversation_id: str) -> bool:
    """Whether any process listens to a conversation's channel."""
    async with contextlib.aclosing(Redis.from_url(stack.settings.redis_url)) as redis:
        return bool(await redis.pubsub_channels(presence_channel(UUID(conversation_id))))


async def _until_nobody_listens(stack: Stack, conversation_id: str) -> None:
    async def left() -> bool:
        return not await _listens(stack, conversation_id)

    await eventually(left)


async def _everything_said_is_handled(iframe: Iframe, stack: Stack) -> str:
    """The iframe moves on to a new conversation; when that is told, whatever it said before is done."""
    conversation_id = await customer_wrote(stack)
    viewer = await _show(iframe, conversation_id)
    await _tells_of(iframe, viewer, conversation_id)
    return viewer


async def _tells_of(iframe: Iframe, viewer: str, conversation_id: str) -> None:
    async def told() -> bool:
        return any(
            (event["type"], event.get("viewer"), event.get("conversation_id")) == ("presence", viewer, conversation_id)
            for event in iframe.events
        )

    await eventually(told)


async def test_two_who_have_a_conversation_open_know_of_each_other_by_name(stack: Stack) -> None:
    number = stack.project.customer_phone_number_id
    conversation_id = await customer_wrote(stack, number=number)
    customer = {"scope_type": "customer", "scope_id": str(stack.project.customer_id)}
    async with _iframe(stack, ANA) as ana, _iframe(stack, BEN, **customer) as ben:
        anas = await _show(ana, conversation_id)
        await _tells(ana, anas, "viewing")
        bens = await _show(ben, conversation_id)
        await _tells(ana, bens, "viewing")
        await _tells(ben, anas, "viewing")
        heard = [event for event in ben.events if event["type"] == "presence"]
        assert next(event for event in heard if event["viewer"] == anas) == {
            "type": "presence",
            "conversation_id": conversation_id,
            "viewer": anas,
            "user": ANA,
            "state": "viewing",
            "hello": False,
        }
        assert [event["user"] for event in heard if event["viewer"] == bens and event["hello"]] == [BEN]


async def test_somebody_without_a_claim_is_told_without_a_name(stack: Stack) -> None:
    conversation_id = await customer_wrote(stack)
    async with _iframe(stack) as first, _iframe(stack, ANA) as second:
        viewer = await _show(first, conversation_id)
        await _tells(first, viewer, "viewing")
        await _show(second, conversation_id)
        await _tells(second, viewer, "viewing")
        assert [event["user"] for event in second.events if event.get("viewer") == viewer] == [None]


async def test_typing_and_stopping_are_told_and_a_newcomer_learns_of_them(stack: Stack) -> None:
    conversation_id = await customer_wrote(stack)
    async with _iframe(stack, ANA) as ana, _iframe(stack, BEN) as ben, _iframe(stack) as newcomer:
        await _tells(ben, await _show(ben, conversation_id), "viewing")
        viewer = await _show(ana, conversation_id)
        await _tells(ben, viewer, "viewing")
        await _show(ana, conversation_id, typing=True)
        await _tells(ben, viewer, "viewing", "typing")
        await _show(newcomer, conversation_id)
        await _tells(newcomer, viewer, "typing")
        await _show(ana, conversation_id)
        await _tells(ben, viewer, "viewing", "typing", "viewing")
        await _tells(newcomer, viewer, "typing", "viewing")


async def test_whoever_leaves_or_goes_elsewhere_or_disconnects_is_gone(stack: Stack) -> None:
    conversation_id, other = await customer_wrote(stack), await customer_wrote(stack)
    async with _iframe(stack, BEN) as ben:
        await _tells(ben, await _show(ben, conversation_id), "viewing")
        async with _iframe(stack, ANA) as ana:
            viewer = await _show(ana, conversation_id)
            await _tells(ben, viewer, "viewing")
            await _show(ana, None)
            await _tells(ben, viewer, "viewing", "gone")
            await _show(ana, conversation_id, typing=True)
            await _tells(ben, viewer, "viewing", "gone", "typing")
            await _show(ana, other)
            await _tells(ben, viewer, "viewing", "gone", "typing", "gone")
            await _show(ana, conversation_id)
            await _tells(ben, viewer, "viewing", "gone", "typing", "gone", "viewing")
        await _tells(ben, viewer, "viewing", "gone", "typing", "gone", "viewing", "gone")
        assert not await _listens(stack, other)
        await _show(ben, None)
        await _until_nobody_listens(stack, conversation_id)


async def test_a_newcomer_learns_who_is_there_from_every_process(stack: Stack) -> None:
    conversation_id = await customer_wrote(stack)
    with bind("127.0.0.1", 0) as sock:
        url = f"http://127.0.0.1:{port_of(sock)}"
        elsewhere = Stack(msgspec.structs.replace(stack.settings, base_url=url), stack.engine, stack.project, url)
        try:
            async with (
                running_realtime(elsewhere.settings) as app,
                serving(app, sock, elsewhere.settings.trusted_proxies),
                _iframe(stack, ANA) as ana,
                elsewhere.iframe(await stack.embed()) as far,
            ):
                anas = await _show(ana, conversation_id)
                await _tells(ana, anas, "viewing")
                fars = await _show(far, conversation_id)
                await _tells(far, anas, "viewing")
                await _tells(ana, fars, "viewing")
        finally:
            await elsewhere.close()


async def test_nobody_answers_their_own_hello_an_answer_or_a_refresh(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.presence.ANSWER_SECONDS", 0)  # so that each hello is answered by itself
    conversation_id = await customer_wrote(stack)
    async with _iframe(stack, ANA) as ana, _iframe(stack, BEN) as ben:
        anas = await _show(ana, conversation_id)
        await _tells(ana, anas, "viewing")
        bens = await _show(ben, conversation_id)
        await _tells(ben, anas, "viewing")
        await _show(ana, conversation_id)
        await _show(ana, conversation_id, typing=True)
        await _tells(ben, anas, "viewing", "typing")
        await _show(ben, None)
        await _tells(ana, bens, "viewing", "gone")
        said = [event for event in ana.events if event["type"] == "presence"]
        # Ana's own hello, Ben's, the answer to Ben's, and Ana's refresh, which may be one with her typing.
        assert [event["viewer"] for event in said if event["hello"]] == [anas, bens]
        assert [event["state"] for event in said if event["viewer"] == bens] == ["viewing", "gone"]
        assert len([event for event in said if event["viewer"] == anas]) in {3, 4}


async def test_a_conversation_outside_the_scope_is_neither_joined_nor_told(stack: Stack) -> None:
    outside = await customer_wrote(stack, number=stack.project.customer_phone_number_id)
    own = {"scope_type": "phone_number", "scope_id": stack.project.phone_number_id}
    async with _iframe(stack, ANA) as ana, _iframe(stack, BEN, **own) as ben:
        await _tells(ana, await _show(ana, outside), "viewing")
        await _show(ben, outside)
        await _show(ben, str(uuid4()))
        await _show(ben, outside, typing=True)
        bens = await _everything_said_is_handled(ben, stack)
        await _show(ana, outside, typing=True)
        await _show(ana, None)
        await _until_nobody_listens(stack, outside)
        assert _told(ana, bens) == []
        assert {event["viewer"] for event in ben.events if event["type"] == "presence"} == {bens}


async def test_going_outside_the_scope_leaves_what_was_open_before(stack: Stack) -> None:
    inside = await customer_wrote(stack)
    outside = await customer_wrote(stack, number=stack.project.customer_phone_number_id)
    own = {"scope_type": "phone_number", "scope_id": stack.project.phone_number_id}
    async with _iframe(stack, ANA) as ana, _iframe(stack, BEN, **own) as ben:
        await _tells(ana, await _show(ana, inside), "viewing")
        bens = await _show(ben, inside)
        await _tells(ana, bens, "viewing")
        await _show(ben, outside)
        await _tells(ana, bens, "viewing", "gone")


async def test_a_conversation_that_was_given_to_somebody_else_is_left_at_the_next_refresh(stack: Stack) -> None:
    conversation_id = await customer_wrote(stack)

    async def give(user_id: UUID | None) -> None:
        async with stack.engine.begin() as connection:
            await connection.execute(text("UPDATE conversation SET assignee_id = :user"), {"user": user_id})

    await give(stack.project.user_id)
    async with _iframe(stack, ANA, assigned_user_id=str(stack.project.user_id)) as ana, _iframe(stack, BEN) as ben:
        bens = await _show(ben, conversation_id)
        await _tells(ben, bens, "viewing")
        anas = await _show(ana, conversation_id)
        await _tells(ben, anas, "viewing")
        await _tells(ana, bens, "viewing")
        await give(None)
        await _show(ana, conversation_id)
        await _tells(ben, anas, "viewing", "gone")
        await _show(ben, conversation_id, typing=True)
        await _tells(ben, bens, "viewing", "typing")
        assert _told(ana, bens) == ["viewing"]
        await give(stack.project.user_id)
        await _show(ana, conversation_id)
        await _tells(ana, bens, "viewing", "typing")


async def test_whoever_says_nothing_for_a_while_is_gone_until_the_next_word(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation_id = await customer_wrote(stack)
    async with _iframe(stack, ANA) as ana, _iframe(stack, BEN) as ben:
        await _tells(ben, await _show(ben, conversation_id), "viewing")
        monkeypatch.setattr("realtime.presence.SILENT_SECONDS", 0.3)
        viewer = await _show(ana, conversation_id)
        await _tells(ben, viewer, "viewing", "gone")
        assert ana.client.connected
        monkeypatch.undo()
        await _show(ana, conversation_id)
        await _tells(ben, viewer, "viewing", "gone", "viewing")


async def test_whoever_says_it_again_in_time_stays(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.presence.BURST", 100_000)
    conversation_id = await customer_wrote(stack)
    async with _iframe(stack, ANA) as ana, _iframe(stack, BEN) as ben, _iframe(stack) as witness:
        await _tells(witness, await _show(witness, conversation_id), "viewing")
        monkeypatch.setattr("realtime.presence.SILENT_SECONDS", 2.0)
        anas, bens = await _show(ana, conversation_id), await _show(ben, conversation_id)

        async def silent_one_is_gone() -> bool:
            await _show(ana, conversation_id)
            return _told(witness, bens) == ["viewing", "gone"]

        await eventually(silent_one_is_gone)
        await _show(ana, conversation_id, typing=True)
        await _tells(witness, anas, "viewing", "typing")


WRONG: list[Any] = [
    None,
    "nonsense",
    7,
    [],
    {},
    {"conversation_id": "nonsense"},
    {"conversation_id": 7},
    {"conversation_id": {"a": 1}},
    {"typing": True},
    {"conversation_id": None, "typing": "yes"},
    {"conversation_id": "\ud800"},
    {"conversation_id": "' OR 1=1 --", "typing": False},
]


async def test_wrong_input_changes_nothing(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.presence.BURST", 1000)
    conversation_id = await customer_wrote(stack)
    async with _iframe(stack, ANA) as ana, _iframe(stack, BEN) as ben:
        await _tells(ben, await _show(ben, conversation_id), "viewing")
        viewer = await _show(ana, conversation_id)
        await _tells(ben, viewer, "viewing")
        for wrong in WRONG:
            assert await ana.client.call("viewing", wrong) == viewer
        assert await ana.client.call("viewing") == viewer
        assert await ana.client.call("viewing", (None, 1, 2)) == viewer
        await _show(ana, conversation_id, typing=True)
        await _tells(ben, viewer, "viewing", "typing")


async def test_a_flood_is_ignored_beyond_its_burst_and_the_iframe_goes_on_hearing(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.presence.BURST_SECONDS", 1e6)  # nothing comes back during the test
    conversation_id, other = await customer_wrote(stack), await customer_wrote(stack)
    async with _iframe(stack, ANA) as ana, _iframe(stack, BEN) as ben:
        await _tells(ben, await _show(ben, conversation_id), "viewing")
        for index in range(50):
            viewer = await _show(ana, conversation_id if index % 2 else other)
        await _tells_of(ben, viewer, conversation_id)
        said = [event for event in ben.events if event.get("viewer") == viewer]
        assert len(said) <= 20
        assert await _show(ana, other) == viewer
        await _show(ben, conversation_id, typing=True)
        bens = await _show(ben, conversation_id, typing=True)

        async def told() -> bool:
            return _told(ana, bens)[-1:] == ["typing"]

        await eventually(told)
        await customer_wrote(stack, "still told")
        await ana.event("message.created")


async def test_a_conversation_has_only_so_many_viewers(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.presence.MOST_VIEWERS", 1)
    conversation_id = await customer_wrote(stack)
    async with _iframe(stack, ANA) as ana, _iframe(stack, BEN) as ben:
        await _tells(ana, await _show(ana, conversation_id), "viewing")
        bens = await _show(ben, conversation_id)
        await _everything_said_is_handled(ben, stack)
        assert _told(ana, bens) == []
        await _show(ana, None)
        await _until_nobody_listens(stack, conversation_id)
        await _show(ben, conversation_id)
        await _tells_of(ben, bens, conversation_id)


async def test_a_database_that_fails_costs_presence_and_nothing_else(
    stack: Stack, caplog: pytest.LogCaptureFixture
) -> None:
    conversation_id, other = await customer_wrote(stack), await customer_wrote(stack)

    async def rename(before: str, after: str) -> None:
        async with stack.engine.begin() as connection:
            await connection.execute(text(f"ALTER TABLE {before} RENAME TO {after}"))

    async with _iframe(stack, ANA) as ana, _iframe(stack, BEN) as ben:
        await _tells(ben, await _show(ben, conversation_id), "viewing")
        viewer = await _show(ana, conversation_id)
        await _tells(ben, viewer, "viewing")
        await rename("conversation", "conversation_away")
        await _show(ana, other)
        await _tells(ben, viewer, "viewing", "gone")
        await rename("conversation_away", "conversation")

        async def back() -> bool:
            await _show(ana, conversation_id)
            return _told(ben, viewer) == ["viewing", "gone", "viewing"]

        await eventually(back)
        await customer_wrote(stack, "still told")
        await ana.event("message.created")
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_after_its_subscriptions_were_cut_a_process_tells_on(stack: Stack) -> None:
    conversation_id = await customer_wrote(stack)
    redis: Redis = Redis.from_url(stack.settings.redis_url)
    async with contextlib.aclosing(redis), _iframe(stack, ANA) as ana, _iframe(stack, BEN) as ben:
        await _tells(ana, await _show(ana, conversation_id), "viewing")
        bens = await _show(ben, conversation_id)
        await _tells(ana, bens, "viewing")
        await redis.client_kill_filter(_type="pubsub")

        async def noticed() -> bool:
            return ana.gaps > 0

        await eventually(noticed)

        async def heard() -> bool:
            await _show(ben, conversation_id, typing=True)
            return _told(ana, bens) == ["viewing", "typing"]

        await eventually(heard)
        assert ana.gaps == 1
