"""The overview in the dashboard: its figures against what is known, of one project and of no other."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, text, update

from api.dashboard.kept import Kept
from shared.ids import new_id
from shared.jobs import Queue, connect, queue_name, waiting_jobs
from shared.models import FirstResponse, InboundEvent, Media, WebhookDelivery, WebhookEndpoint
from shared.refusals import NotFoundError
from shared.settings import Settings
from tests.conversations import customer_wrote
from tests.dashboard import signed_in
from tests.executions import change_body, started
from tests.factories import ProjectRows, make_project
from tests.media import customer_sent
from tests.overview import overview, said_at, table_of, tiles_of
from tests.platform_api import PlatformApi
from tests.stack import Stack
from tests.waiting import eventually


@pytest.fixture(autouse=True)
def nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look reads anew, so that nothing here has to be waited for."""
    monkeypatch.setattr("api.dashboard.overview.KEPT", {"24h": 0, "7d": 0})


async def test_open_pages_share_what_is_read_and_other_projects_and_spans_do_not(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.dashboard.overview.KEPT", {"24h": 3600, "7d": 3600})
    other = await _other_project(stack)
    await customer_wrote(stack)
    async with await signed_in(stack, "viewer") as browser, await signed_in(stack, "operator") as second:
        assert tiles_of(await overview(browser))["Messages in"][0] == "1"
        await customer_wrote(stack)
        assert tiles_of(await overview(second))["Messages in"][0] == "1"
        assert tiles_of(await overview(second, span="7d"))["Messages in"][0] == "2"
        second.root = f"/dashboard/{other.id}"
        assert tiles_of(await overview(second))["Messages in"][0] == "0"


async def test_one_reads_while_the_others_wait_and_a_failure_is_not_kept() -> None:
    kept, readings = Kept[int](), 0

    async def read() -> int:
        nonlocal readings
        readings += 1
        await asyncio.sleep(0)
        if readings == 1:
            raise NotFoundError
        return readings

    with pytest.raises(NotFoundError):
        await kept.get("a", 3600, read)
    assert await asyncio.gather(*(kept.get("a", 3600, read) for _ in range(5))) == [2] * 5
    assert await kept.get("b", 0, read) == 3
    assert await kept.get("b", 0, read) == 4


async def test_messages_and_first_responses_by_hour_and_by_day(stack: Stack) -> None:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    ago = hour - timedelta(hours=2)
    await customer_wrote(stack, "Now", at=int(hour.timestamp()))
    await said_at(stack, "inbound", ago, ago + timedelta(minutes=59, seconds=59), hour - timedelta(days=3))
    await said_at(stack, "inbound", hour - timedelta(days=30), hour + timedelta(days=2))  # neither is in it
    waits = [timedelta(seconds=10), timedelta(minutes=2), timedelta(hours=3)]
    replies = await said_at(stack, "outbound", *[ago + timedelta(minutes=5)] * len(waits))
    async with stack.engine.begin() as connection:
        rows = [
            {"message_id": one, "project_id": stack.project.id, "asked_at": ago - wait, "answered_at": ago}
            for one, wait in zip(replies, waits, strict=True)
        ]
        await connection.execute(insert(FirstResponse), rows)
    async with await signed_in(stack, "viewer") as browser:
        html = await overview(browser)
        hours = {name: cells for name, *cells in table_of(html, "messages-table")}
        assert len(hours) == 24
        assert hours[f"{hour:%a %H:%M}"] == ["1", "0"]
        assert hours[f"{ago:%a %H:%M}"] == ["2", "3"]
        answered = {name: cells for name, *cells in table_of(html, "responses-table")}
        assert answered[f"{ago:%a %H:%M}"] == ["3", "2 min", "3 h"]
        assert answered[f"{hour:%a %H:%M}"] == ["0", "–", "–"]
        tiles = tiles_of(html)
        assert tiles["Messages in"][0] == "3"
        assert tiles["Messages out"][0] == "3"
        assert tiles["First response"] == ("2 min", "median; 9 of 10 within 3 h")
        html = await overview(browser, span="7d")
        days = {name: cells for name, *cells in table_of(html, "messages-table")}
        assert len(days) == 7
        assert days[f"{hour - timedelta(days=3):%a %d %b}"] == ["1", "0"]
        assert tiles_of(html)["Messages in"][0] == "4"


async def test_days_are_those_of_the_browsers_zone(stack: Stack) -> None:
    await customer_wrote(stack)
    async with await signed_in(stack, "viewer") as browser:
        for zone, said in (("Asia/Kolkata", "Asia/Kolkata"), ("../../etc/passwd", "UTC"), ("Mars/Base", "UTC")):
            browser.http.cookies.set("porthole_zone", zone, domain="127.0.0.1", path="/dashboard")
            before = _now(said)
            html = await overview(browser)
            assert f"are those of {said}." in html
            assert sum(int(cells[1]) for cells in table_of(html, "messages-table")) == 1
            assert table_of(html, "messages-table")[-1][0] in (f"{before:%a %H}:00", f"{_now(said):%a %H}:00")


def _now(zone: str) -> datetime:
    return datetime.now(ZoneInfo(zone))


async def test_handoffs_that_wait_are_counted_until_a_person_answers(stack: Stack) -> None:
    api = PlatformApi(stack)
    wa_ids = ("5215555550101", "5215555550102")
    conversations = [await customer_wrote(stack, "A person, please", wa_id=wa_id) for wa_id in wa_ids]
    executions = [await started(stack, wa_id) for wa_id in wa_ids]
    async with await signed_in(stack, "viewer") as browser:
        assert tiles_of(await overview(browser))["Handoffs that wait"] == ("0", "nobody waits")
        for execution in executions:
            await api.change(f"/workflow_executions/{execution['id']}", change_body(status="handoff"))
        figure, said = tiles_of(await overview(browser))["Handoffs that wait"]
        assert figure == "2"
        assert said.startswith("the oldest for ")
        token = await stack.embed()
        answer = await stack.http.post(
            f"/inbox/v1/conversations/{conversations[0]}/messages",
            json={"client_id": str(new_id()), "type": "text", "text": {"body": "Here I am."}},
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status_code == 201, answer.text
        assert tiles_of(await overview(browser))["Handoffs that wait"][0] == "1"
        html = await browser.get(f"{browser.root}/handoffs")
        assert re.findall(r"Waits for|Answered", html) == ["Waits for", "Answered"]
        assert "Support" in html


async def test_errors_are_told_by_kind(stack: Stack) -> None:
    await customer_wrote(stack)
    now, day = datetime.now(UTC), timedelta(hours=24)
    error = {"code": 131047, "title": "Re-engagement message"}
    await said_at(stack, "outbound", now, now - timedelta(hours=23), status="failed", error=error)
    await said_at(stack, "outbound", now - day - timedelta(hours=1), status="failed", error=error)  # too long ago
    lost = await customer_sent(stack, "image", "image/jpeg", b"not a picture")
    endpoint_id = new_id()
    async with stack.engine.begin() as connection:
        await connection.execute(
            insert(InboundEvent), [{"body": b"{", "state": "failed", "received_at": at} for at in (now, now - 2 * day)]
        )
        await connection.execute(update(Media).where(Media.message_id == lost).values(state="gone"))
        await connection.execute(
            insert(WebhookEndpoint).values(
                id=endpoint_id, project_id=stack.project.id, url="https://crm.example.com", active=False
            )
        )
        failed = {"status": "failed", "problem": "no answer", "failed_at": now, "event": "whatsapp.message.received"}
        await connection.execute(
            insert(WebhookDelivery),
            [
                {
                    "id": new_id(),
                    "project_id": stack.project.id,
                    "endpoint_id": endpoint_id,
                    "body": b"{}",
                    "idempotency_key": str(new_id()),
                    "response_status": status,
                    **failed,
                }
                for status in (500, 500, 500, None)
            ],
        )
    async with await signed_in(stack, "viewer") as browser:
        rows = table_of(await overview(browser), "failures")
        assert sorted(rows) == sorted(
            [
                ["Webhooks to your systems HTTP 500", "3"],
                ["Messages that were not sent Meta's code 131047: Re-engagement message", "2"],
                ["Files of customers WhatsApp has them no more", "1"],
                ["Webhooks that could not be applied From WhatsApp, of all projects", "1"],
                ["Webhooks to your systems No answer", "1"],
            ]
        )
        assert rows[0][1] == "3"


async def test_queues_say_what_waits_and_since_when(stack: Stack) -> None:
    await customer_wrote(stack)
    asked = datetime.now(UTC) - timedelta(hours=7)
    (message_id,) = await said_at(stack, "outbound", asked, status="queued")
    async with stack.engine.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO outbox (message_id, conversation_id, phone_number_id, due_at, turn_at)"
                " SELECT id, conversation_id, phone_number_id, now() + interval '1 day', now() + interval '1 day'"
                " FROM message WHERE id = :id"
            ),
            {"id": message_id},
        )
    async with await signed_in(stack, "viewer") as browser:
        html = await overview(browser)
        rows = {name: cells for name, *cells in table_of(html, "queues")}
        assert rows["Messages to WhatsApp"][0] == "1"
        assert rows["Messages to WhatsApp"][1].startswith("7 h")
        assert rows["Webhooks to your systems"] == ["0", "–"]
        assert rows["Webhooks from WhatsApp of all projects"] == ["0", "–"]
        assert "Jobs that wake workers of all projects" in rows
        assert tiles_of(html)["In the queues"][0] == "1"


async def test_jobs_that_no_worker_takes_are_counted(settings: Settings) -> None:
    redis = connect(settings)
    name = queue_name(Queue.INGEST, 7)  # nobody serves it
    try:
        await redis.enqueue_job("drain", _queue_name=name)
        jobs = await waiting_jobs(redis, 8)
        assert jobs is not None
        assert jobs.number >= 1
        assert jobs.oldest is not None
        assert datetime.now(UTC) - jobs.oldest < timedelta(hours=1)
    finally:
        await redis.delete(name)
        await redis.aclose()


async def test_open_iframes_are_those_of_the_projects_embeds(stack: Stack) -> None:
    other = await _other_project(stack)
    await customer_wrote(stack)
    async with (
        stack.iframe(await stack.embed()),
        stack.iframe(await stack.embed()),
        stack.iframe(await stack.embed(other)),
        await signed_in(stack, "viewer") as browser,
    ):

        async def counted() -> bool:
            return tiles_of(await overview(browser))["Iframes open"] == ("2", "of 2 embeds")

        await eventually(counted, 30)


async def test_nothing_of_another_project_is_in_it(stack: Stack) -> None:
    other = await _other_project(stack)
    wa_id = "5215555550103"
    await customer_wrote(stack, "Hello", wa_id=wa_id)
    now, error = datetime.now(UTC) - timedelta(minutes=1), {"code": 1, "title": "Ours"}
    (message_id,) = await said_at(stack, "outbound", now, status="failed", error=error)
    async with stack.engine.begin() as connection:
        wait = {"project_id": stack.project.id, "asked_at": now, "answered_at": now}
        await connection.execute(insert(FirstResponse).values(message_id=message_id, **wait))
    execution = await started(stack, wa_id)
    await PlatformApi(stack).change(f"/workflow_executions/{execution['id']}", change_body(status="handoff"))
    async with await signed_in(stack, "viewer") as browser:
        own = tiles_of(await overview(browser))
        assert [own[name][0] for name in ("Messages in", "Messages out", "Handoffs that wait")] == ["1", "1", "1"]
        browser.root = f"/dashboard/{other.id}"
        html = await overview(browser)
        tiles = tiles_of(html)
        assert [tiles[name][0] for name in ("Messages in", "Messages out", "Handoffs that wait")] == ["0", "0", "0"]
        assert tiles["First response"][0] == "–"
        assert "Nothing has failed." in html
        assert "Nobody waits" in await browser.get(f"{browser.root}/handoffs")


async def _other_project(stack: Stack) -> ProjectRows:
    async with stack.engine.begin() as connection:
        return await make_project(connection, stack.settings, "Other")


async def test_the_steps_to_take_are_there_until_they_are_taken(stack: Stack) -> None:
    async with await signed_in(stack) as browser:
        answer = await browser.send("/dashboard/projects", name="New")
        assert answer.status_code == 303
        browser.root = answer.headers["location"].split("/overview")[0]
        html = await overview(browser)
        assert "First steps" in html
        assert f'href="{browser.root}/numbers/new"' in html
        assert f'href="{browser.root}/embeds/new"' in html
        assert "data-live" not in html
        browser.root = f"/dashboard/{stack.project.id}"
        html = await overview(browser)
        assert "Next steps" in html
        assert "A number is connected" in html
        await stack.embed()
        await customer_wrote(stack)
        assert "steps" not in re.sub(r'id="steps"', "", await overview(browser))
    async with await signed_in(stack, "viewer") as viewer:
        viewer.root = answer.headers["location"].split("/overview")[0]
        html = await overview(viewer)
        assert "An operator connects a number" in html
        assert "/new" not in html


async def test_htmx_gets_the_parts_and_the_dashboard_leads_to_the_last_projects_overview(stack: Stack) -> None:
    other = await _other_project(stack)
    async with await signed_in(stack, "viewer") as browser:
        part = await browser.http.get(f"{browser.root}/overview", headers={"HX-Request": "true"})
        assert "<html" not in part.text
        ids = re.findall(r'<div id="([\w-]+)" hx-swap-oob="innerHTML">', part.text)
        page = await overview(browser)
        assert [f'id="{one}"' in page for one in ids] == [True] * 9
        await browser.get(f"{browser.root}/overview", expect=422, span="1y")
        for project in (other, stack.project):
            await browser.get(f"/dashboard/{project.id}/numbers")
            home = await browser.http.get("/dashboard")
            assert home.headers["location"] == f"/dashboard/{project.id}/overview"
