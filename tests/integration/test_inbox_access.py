"""The door of the iframe's API: CORS, limits, and whose address counts."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from redis.asyncio import Redis
from sqlalchemy import event, text

from shared.embeds import authenticate_embed
from shared.settings import Settings
from tests.factories import make_embed
from tests.stack import Stack
from tests.waiting import eventually

SESSION = "/inbox/v1/session"
CRM = "https://crm.example.com"


def _bearer(token: str, **headers: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", **{name.replace("_", "-"): value for name, value in headers.items()}}


def _cors(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}


class TestCors:
    @pytest.mark.parametrize("path", [SESSION, "/inbox/v1/conversations/018f0000-0000-7000-8000-000000000000/messages"])
    async def test_a_preflight_is_answered_without_a_token(self, stack: Stack, path: str) -> None:
        asks = {
            "Origin": CRM,
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "authorization,x-porthole-user",
        }
        answer = await stack.http.options(path, headers=asks)
        assert (answer.status_code, answer.content) == (204, b"")
        assert _cors(answer) == {
            "access-control-allow-origin": CRM,
            "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE",
            "access-control-allow-headers": "authorization, content-type, x-porthole-user",
            "access-control-max-age": "7200",
        }
        assert "origin" in answer.headers["vary"].lower()

    async def test_every_answer_names_an_origin_that_passed_and_no_other(self, stack: Stack) -> None:
        token = await stack.embed(allowed_origins=[CRM, "*.example.org"])
        for origin, passes in (
            (CRM, True),
            ("https://a.example.org", True),
            (stack.base_url, True),
            ("https://example.org", False),
            ("https://crm.example.com:8443", False),
            ("https://evil-crm.example.com", False),
            ("null", False),
        ):
            for path, status in (
                (SESSION, 200),
                ("/inbox/v1/changes", 422),
                ("/inbox/v1/conversations/018f0000-0000-7000-8000-000000000000", 404),
            ):
                answer = await stack.http.get(path, headers=_bearer(token, Origin=origin))
                assert answer.status_code == (status if passes else 403), (origin, path)
                assert _cors(answer) == ({"access-control-allow-origin": origin} if passes else {}), (origin, path)
                if passes:
                    assert "origin" in answer.headers["vary"].lower()
        assert _cors(await stack.http.get(SESSION, headers=_bearer(token))) == {}

    async def test_an_embed_for_anywhere_lets_every_origin_in(self, stack: Stack) -> None:
        token = await stack.embed()
        for origin in (CRM, "http://anything.example:1", "null"):
            answer = await stack.http.get(SESSION, headers=_bearer(token, Origin=origin))
            assert (answer.status_code, _cors(answer)) == (200, {"access-control-allow-origin": origin})

    async def test_a_refusal_can_be_read_by_an_origin_that_the_embed_knows_and_by_no_other(self, stack: Stack) -> None:
        token = await stack.embed(allowed_origins=[CRM])
        invalid = _bearer(token, X_Porthole_User="nonsense")
        async with stack.engine.begin() as connection:
            gone = await make_embed(connection, stack.project.id, allowed_origins=[CRM])
            await connection.execute(text("UPDATE inbox_embed SET revoked_at = now() WHERE id = (SELECT max(id::text)"
                                          "::uuid FROM inbox_embed)"))  # fmt: skip
        for headers, code in ((invalid, "invalid_user_claim"), (_bearer(gone), "revoked_token")):
            answer = await stack.http.get(SESSION, headers={**headers, "Origin": CRM})
            assert (answer.status_code, answer.json()["code"]) == (401, code)
            assert _cors(answer) == {"access-control-allow-origin": CRM}
            answer = await stack.http.get(SESSION, headers={**headers, "Origin": "https://evil.example"})
            assert _cors(answer) == {}
        unknown = await stack.http.get(SESSION, headers=_bearer("nonsense", Origin=CRM))
        assert (unknown.status_code, _cors(unknown)) == (401, {})


class TestLimits:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(settings, embed_rate_limit=3, failure_rate_limit=2)

    async def test_an_embed_may_be_called_so_often_in_a_minute_and_every_answer_says_what_is_left(
        self, stack: Stack
    ) -> None:
        token, other = await stack.embed(), await stack.embed()
        headers = _bearer(token, Origin=CRM)
        answers = [await stack.http.get("/inbox/v1/changes?since=x", headers=headers) for _ in range(8)]
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert {answer.headers["x-ratelimit-limit"] for answer in answers} == {"3"}
        assert answers[0].headers["x-ratelimit-remaining"] == "2"
        assert (refused.headers["x-ratelimit-remaining"], refused.headers["retry-after"]) == ("0", "60")
        assert (refused.json()["code"], refused.json()["error"]) == ("rate_limited", "Rate limit exceeded")
        assert _cors(refused) == {"access-control-allow-origin": CRM}
        assert (await stack.http.get(SESSION, headers=_bearer(other))).status_code == 200
        async with stack.iframe(token) as iframe:
            assert iframe.client.connected

    async def test_the_page_counts_as_a_call_and_says_that_there_were_too_many_in_the_embeds_language(
        self, stack: Stack
    ) -> None:
        token, here = await stack.embed(language="es"), {"X-Forwarded-For": "198.51.100.24"}
        pages = [await stack.http.get(f"/embed/{token}", headers=here) for _ in range(8)]
        assert (pages[0].status_code, pages[0].headers["x-ratelimit-remaining"]) == (200, "2")
        assert (pages[-1].status_code, pages[-1].headers["retry-after"]) == (429, "60")
        assert 'lang="es"' in pages[-1].text
        assert (await stack.http.get(SESSION, headers=_bearer(token, **here))).status_code == 429
        assert (await stack.http.get(f"/embed/{token}")).status_code == 200

    async def test_one_busy_address_does_not_lock_the_others_out_and_all_together_have_ten_times_as_much(
        self, stack: Stack
    ) -> None:
        headers = _bearer(await stack.embed())

        async def call(address: str, times: int) -> list[int]:
            answers = [
                await stack.http.get(SESSION, headers={**headers, "X-Forwarded-For": address}) for _ in range(times)
            ]
            return [answer.status_code for answer in answers]

        assert 429 in await call("198.51.100.41", 40)
        assert await call("198.51.100.42", 1) == [200]
        crowd = [(await call(f"198.51.100.{number}", 3)) for number in range(43, 69)]  # a new minute may fall in it
        assert [200, 200, 200] in crowd
        assert crowd[-1] == [429, 429, 429] or crowd[-13] == [429, 429, 429]

    async def test_an_address_that_guesses_is_told_to_wait_by_api_page_and_socket(self, stack: Stack) -> None:
        """The three share one count, and whoever has a good token does not wait for others at the same address."""
        token, guesser = await stack.embed(), {"X-Forwarded-For": "198.51.100.21"}
        answers = [await stack.http.get(SESSION, headers=_bearer("guess", **guesser)) for _ in range(6)]
        assert answers[0].json()["code"] == "invalid_token"
        assert (answers[-1].status_code, answers[-1].json()["code"]) == (429, "rate_limited")
        assert answers[-1].headers["retry-after"] == "60"
        page = await stack.http.get("/embed/guess", headers={**guesser, "Accept-Language": "xx, fr-CA;q=0.9, en"})
        assert (page.status_code, page.headers["retry-after"]) == (429, "60")
        assert 'lang="fr"' in page.text
        assert "Trop de tentatives" in page.text
        async with stack.iframe("guess", **guesser) as iframe:
            assert [refusal["data"]["code"] for refusal in iframe.refused] == ["rate_limited"]
        for headers in (guesser, {}):
            assert (await stack.http.get(SESSION, headers=_bearer(token, **headers))).status_code == 200
            assert (await stack.http.get(f"/embed/{token}", headers=headers)).status_code == 200
            async with stack.iframe(token, **headers) as iframe:
                assert iframe.client.connected
        neighbour = _bearer("guess", X_Forwarded_For="198.51.100.23")
        assert (await stack.http.get(SESSION, headers=neighbour)).status_code == 401

    async def test_the_iframes_of_a_revoked_embed_have_its_limit_and_do_not_lock_out_their_office(
        self, stack: Stack
    ) -> None:
        token, office = await stack.embed(allowed_origins=[CRM]), {"X-Forwarded-For": "198.51.100.22"}
        async with stack.engine.begin() as connection:
            await connection.execute(text("UPDATE inbox_embed SET revoked_at = now()"))
        other = await stack.embed()
        headers = _bearer(token, Origin=CRM, **office)
        answers = [await stack.http.get(SESSION, headers=headers) for _ in range(8)]
        assert [answer.status_code for answer in answers[:3]] == [401, 401, 401]
        assert (answers[-1].status_code, answers[-1].headers["x-ratelimit-limit"]) == (429, "3")
        assert _cors(answers[-1]) == {"access-control-allow-origin": CRM}
        assert (await stack.http.get(f"/embed/{token}", headers=office)).status_code == 429
        async with stack.iframe(token, **office) as iframe:
            assert [refusal["data"]["code"] for refusal in iframe.refused] == ["rate_limited"]
        assert (await stack.http.get(SESSION, headers=_bearer(token))).status_code == 401
        assert (await stack.http.get("/embed/unknown", headers=office)).status_code == 401
        assert (await stack.http.get(SESSION, headers=_bearer(other, **office))).status_code == 200

    async def test_calls_from_an_origin_that_may_not_are_counted_apart_from_the_good_ones(self, stack: Stack) -> None:
        token, here = await stack.embed(allowed_origins=[CRM]), {"X-Forwarded-For": "198.51.100.25"}
        evil = {**here, "Origin": "https://evil.example"}
        answers = [await stack.http.get(SESSION, headers=_bearer(token, **evil)) for _ in range(8)]
        assert [answer.status_code for answer in (answers[0], answers[-1])] == [403, 429]
        assert _cors(answers[-1]) == {}
        async with stack.iframe(token, **evil) as iframe:
            assert [refusal["data"]["code"] for refusal in iframe.refused] == ["rate_limited"]
        assert (await stack.http.get(SESSION, headers=_bearer(token, **here))).status_code == 200
        async with stack.iframe(token, **here) as iframe:
            assert iframe.client.connected

    async def test_the_addresses_of_one_ipv6_network_count_together(self, stack: Stack) -> None:
        def at(address: str) -> dict[str, str]:
            return _bearer("guess", X_Forwarded_For=address)

        answers = [await stack.http.get(SESSION, headers=at(f"2001:db8:0:7::{number:x}")) for number in range(6)]
        assert answers[-1].status_code == 429
        assert (await stack.http.get(SESSION, headers=at("2001:db8:0:8::1"))).status_code == 401

    async def test_without_redis_nobody_is_limited(self, stack: Stack, valkey_url: str) -> None:
        redis: Redis = Redis.from_url(valkey_url)
        token = await stack.embed()
        try:
            await redis.client_pause(3000)
            answers = await asyncio.gather(*(stack.http.get(SESSION, headers=_bearer(token)) for _ in range(6)))
            assert {answer.status_code for answer in answers} == {200}
        finally:
            await redis.client_unpause()
            await redis.aclose()


class TestUntrustedPeer:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(settings, failure_rate_limit=2, trusted_proxies="10.0.0.0/8, ::2")

    async def test_what_it_says_of_its_address_is_not_believed(self, stack: Stack) -> None:
        for number in range(6):
            headers = _bearer("guess", X_Forwarded_For=f"198.51.100.{number}", X_Real_IP=f"198.51.100.{number}")
            answer = await stack.http.get(SESSION, headers=headers)
        assert answer.status_code == 429
        async with stack.iframe("guess", **{"X-Forwarded-For": "198.51.100.99"}) as iframe:
            assert [refusal["data"]["code"] for refusal in iframe.refused] == ["rate_limited"]
        body = {"inbox_embed": {"scope_type": "project"}}
        await stack.http.post(
            "/platform/v1/inbox_embeds",
            json=body,
            headers={"X-API-Key": stack.project.api_key, "X-Forwarded-For": "198.51.100.99"},
        )
        assert await stack.count("audit_event", "address = '127.0.0.1'") == 1


async def test_what_a_trusted_proxy_says_of_the_callers_address_is_believed(stack: Stack) -> None:
    await stack.http.post(
        "/platform/v1/inbox_embeds",
        json={"inbox_embed": {"scope_type": "project"}},
        headers={"X-API-Key": stack.project.api_key, "X-Forwarded-For": "203.0.113.5, 198.51.100.99"},
    )
    assert await stack.count("audit_event", "address = '198.51.100.99'") == 1


class TestTokenCheck:
    async def test_it_is_one_query_and_once_a_minute_a_note(self, stack: Stack) -> None:
        token = await stack.embed()
        statements: list[str] = []
        event.listen(stack.engine.sync_engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
        for _ in range(3):
            await authenticate_embed(stack.engine, token)
        assert [statement.split()[0] for statement in statements] == ["SELECT", "UPDATE", "SELECT", "SELECT"]
        await self._set_used(stack, timedelta(seconds=61))
        statements.clear()
        await authenticate_embed(stack.engine, token)
        assert [statement.split()[0] for statement in statements] == ["SELECT", "UPDATE"]

    async def test_its_query_works_on_the_indexes_of_both_hashes(self, stack: Stack) -> None:
        token = await stack.embed()
        statements: list[str] = []
        async with stack.engine.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO inbox_embed (id, project_id, scope_type, token_hash, previous_token_hash)"
                    " SELECT gen_random_uuid(), :project, 'project', sha256(n::text::bytea),"
                    " CASE WHEN n % 3 = 0 THEN sha256(('-' || n)::bytea) END FROM generate_series(1, 10000) n"
                ),
                {"project": stack.project.id},
            )
            await connection.execute(text("ANALYZE inbox_embed"))
        event.listen(stack.engine.sync_engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
        await authenticate_embed(stack.engine, token)
        query = statements[0].replace("$1::BYTEA", "'\\x01'").replace("$2::BYTEA", "'\\x01'")
        async with stack.engine.connect() as connection:
            plan = "\n".join((await connection.execute(text(f"EXPLAIN {query}"))).scalars())
        assert "Seq Scan" not in plan
        assert "inbox_embed_token_hash_key" in plan
        assert "inbox_embed_previous_token_hash_key" in plan

    @pytest.mark.parametrize("door", ["page", "api", "socket"])
    async def test_every_door_notes_the_use_at_most_once_a_minute(self, stack: Stack, door: str) -> None:
        token = await stack.embed()
        assert await self._used(stack) is None
        await self._enter(stack, door, token)
        first = await self._used(stack)
        assert first is not None
        assert datetime.now(UTC) - first < timedelta(seconds=10)
        await self._set_used(stack, timedelta(seconds=50))
        recently = await self._used(stack)
        await self._enter(stack, door, token)
        assert await self._used(stack) == recently
        await self._set_used(stack, timedelta(seconds=61))
        await self._enter(stack, door, token)
        assert await self._used(stack) > first  # type: ignore[operator]

    async def test_the_note_waits_for_nobody_who_has_the_embed_locked(self, stack: Stack) -> None:
        token = await stack.embed()
        async with stack.engine.connect() as connection:
            await connection.execute(text("SELECT 1 FROM inbox_embed FOR UPDATE"))
            async with asyncio.timeout(2):
                await stack.get(SESSION, token)
        assert await self._used(stack) is None

    async def test_a_refused_token_is_no_use(self, stack: Stack) -> None:
        token = await stack.embed()
        async with stack.engine.begin() as connection:
            await connection.execute(text("UPDATE inbox_embed SET revoked_at = now()"))
        for door in ("page", "api", "socket"):
            await self._enter(stack, door, token)
        assert await self._used(stack) is None

    async def _enter(self, stack: Stack, door: str, token: str) -> None:
        if door == "page":
            await stack.http.get(f"/embed/{token}")
        elif door == "api":
            await stack.http.get(SESSION, headers=_bearer(token))
        else:
            async with stack.iframe(token):
                pass

    async def _used(self, stack: Stack) -> datetime | None:
        async with stack.engine.connect() as connection:
            at: datetime | None = await connection.scalar(text("SELECT last_used_at FROM inbox_embed"))
            return at

    async def _set_used(self, stack: Stack, ago: timedelta) -> None:
        async with stack.engine.begin() as connection:
            await connection.execute(
                text("UPDATE inbox_embed SET last_used_at = now() - CAST(:ago AS interval)"), {"ago": ago}
            )


async def test_the_platform_shows_when_an_embed_was_last_used(stack: Stack) -> None:
    token = await stack.embed()
    await stack.get(SESSION, token)

    async def shown() -> Any:
        answer = await stack.http.get("/platform/v1/inbox_embeds", headers={"X-API-Key": stack.project.api_key})
        return answer.json()["data"][0]["last_used_at"]

    await eventually(shown)
