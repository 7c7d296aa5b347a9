"""The page says who is looking and who wrote, and follows what becomes of its embed."""

import re
import time
from typing import Any

import httpx
import jwt
import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import MakeEmbed, Troubles
from tests.browser.customers import Customers
from tests.browser.host import Host
from tests.browser.inbox import Inbox

pytestmark = pytest.mark.asyncio(loop_scope="session")

EXPIRED = {
    "en": "Please reload the page",
    "es": "Recarga la página",
    "pt": "Recarregue a página",
    "fr": "Rechargez la page",
    "de": "Bitte die Seite neu laden",
    "ar": "يُرجى إعادة تحميل الصفحة",
}


def _url(embed: dict[str, Any], name: str, sub: str, seconds: int = 3600, query: str = "") -> str:
    claims = {"sub": sub, "name": name, "exp": int(time.time()) + seconds}
    return f"{embed['embed_url']}{query}#user={jwt.encode(claims, embed['signing_secret'], algorithm='HS256')}"


async def test_each_colleague_sees_who_wrote_what(
    page: Page, host: Host, make_embed: MakeEmbed, customers: Customers
) -> None:
    customer = await customers.new()
    await customer.says("Anybody there?")
    embed = await make_embed(allowed_origins=[host.origin])
    host.frames = [_url(embed, "Ana Ribeiro", "1"), _url(embed, "Ben Schönfeldt", "2")]
    await page.goto(host.origin)
    ana, ben = (Inbox(page.frame_locator(f"#frame-{index}")) for index in range(2))
    for inbox in (ana, ben):
        await inbox.open(customer.name)
    await ana.reply("One moment")
    await ana.reply("I am looking")
    await expect(ben.message("I am looking")).to_be_visible()
    await ben.reply("I have it")
    for inbox in (ana, ben):
        await expect(inbox.messages).to_have_count(4)
        # Shown once above what one of them writes, heard with each.
        await expect(inbox.messages.locator(".author")).to_have_text(["Ana Ribeiro", "Ben Schönfeldt"])
        await expect(inbox.messages.locator("> span:first-child")).to_have_text(
            [customer.name, "Ana Ribeiro", "Ana Ribeiro", "Ben Schönfeldt"]
        )


async def test_without_a_claim_there_are_no_names(page: Page, make_embed: MakeEmbed, customers: Customers) -> None:
    customer = await customers.new()
    await customer.says("Hello")
    await page.goto((await make_embed())["embed_url"])
    inbox = Inbox(page)
    await inbox.open(customer.name)
    await inbox.reply("Hi")
    await expect(inbox.message("Hi").get_by_role("img")).to_have_accessible_name(re.compile("Sent|Delivered|Read"))
    await expect(inbox.messages.locator(".author")).to_have_count(0)
    await expect(inbox.message("Hi").locator("> span:first-child")).to_have_text("You")


async def test_the_claim_stays_in_the_address_and_leaves_it_for_no_server_log(
    page: Page, make_embed: MakeEmbed
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    url = _url(await make_embed(), "Ana", "1")
    await page.goto(url)
    claim = url.partition("#user=")[2]
    await page.get_by_role("button", name="Unread", exact=True).click()
    await expect(page).to_have_url(re.compile(rf"\?unread=1#user={re.escape(claim)}$"))
    assert len(asked) > 5
    assert [one for one in asked if claim in one.partition("#")[0]] == []


@pytest.mark.parametrize(("language", "words"), EXPIRED.items())
async def test_an_expired_claim_asks_for_a_reload_in_words(
    page: Page, make_embed: MakeEmbed, troubles: Troubles, language: str, words: str
) -> None:
    troubles.announce("401")
    await page.goto(_url(await make_embed(language=language), "Ana", "1", seconds=-5))
    await expect(page.get_by_role("heading", name=words)).to_be_visible()
    await expect(page.locator("button.row")).to_have_count(0)


async def test_a_claim_that_is_not_the_embeds_is_named_as_such_and_a_fresh_one_helps(
    page: Page, make_embed: MakeEmbed, troubles: Troubles
) -> None:
    troubles.announce("401")
    embed, other = await make_embed(), await make_embed()
    forged = jwt.encode(
        {"sub": "1", "name": "Mallory", "exp": int(time.time()) + 60}, other["signing_secret"], algorithm="HS256"
    )
    await page.goto(f"{embed['embed_url']}#user={forged}")
    await expect(page.get_by_role("heading", name="This inbox does not know who you are")).to_be_visible()
    await page.evaluate("url => { location.href = url }", _url(embed, "Ana", "1"))
    await Inbox(page).is_live()


async def test_a_changed_embed_loads_again_in_the_same_conversation_with_the_draft_kept(
    page: Page, make_embed: MakeEmbed, platform: httpx.AsyncClient, customers: Customers
) -> None:
    customer = await customers.new()
    await customer.says("Guten Tag")
    embed = await make_embed()
    await page.goto(_url(embed, "Ana", "1", query="?status=all"))
    inbox = Inbox(page)
    await inbox.is_live()
    await inbox.open(customer.name)
    await inbox.composer.fill("half a sent")
    change = {"inbox_embed": {"language": "de", "default_mode": "dark"}}
    (await platform.patch(f"/inbox_embeds/{embed['id']}", json=change)).raise_for_status()
    await expect(page.locator("html")).to_have_attribute("lang", "de")
    await expect(page.locator("html")).to_have_attribute("data-mode", "dark")
    await expect(inbox.message("Guten Tag")).to_be_visible()
    await expect(page.get_by_role("textbox", name=re.compile("Antwort"))).to_have_value("half a sent")
    await expect(page).to_have_url(re.compile(r"\?status=all#user="))


async def test_a_page_that_no_socket_reaches_hears_of_a_change_by_its_own_questions(
    page: Page, make_embed: MakeEmbed, platform: httpx.AsyncClient, customers: Customers
) -> None:
    customer = await customers.new()
    await customer.says("Bonjour")
    embed = await make_embed()
    await page.route_web_socket("**/realtime/**", lambda socket: socket.close())
    await page.goto(embed["embed_url"])
    inbox = Inbox(page)
    await inbox.open(customer.name)
    await expect(inbox.connection("Live connection blocked")).to_be_attached()
    (await platform.patch(f"/inbox_embeds/{embed['id']}", json={"inbox_embed": {"language": "fr"}})).raise_for_status()
    await expect(page.locator("html")).to_have_attribute("lang", "fr", timeout=15_000)  # it asks every five seconds
    await expect(inbox.message("Bonjour")).to_be_visible()


async def test_an_embed_that_is_narrowed_shows_no_more_than_it_may(
    page: Page, make_embed: MakeEmbed, platform: httpx.AsyncClient, customers: Customers, troubles: Troubles
) -> None:
    troubles.announce("404")  # the conversation that was open is none of the embed's any more
    customer = await customers.new()
    await customer.says("For everybody")
    embed = await make_embed()
    await page.goto(embed["embed_url"])
    inbox = Inbox(page)
    await inbox.is_live()
    await inbox.open(customer.name)
    user_id = (await platform.get("/users")).json()["data"][0]["user_id"]
    change = {"inbox_embed": {"assigned_user_id": user_id}}
    (await platform.patch(f"/inbox_embeds/{embed['id']}", json=change)).raise_for_status()
    await expect(inbox.row(customer.name)).to_have_count(0)
    await expect(inbox.message("For everybody")).to_have_count(0)
    await inbox.is_live()


async def test_rotation_leaves_open_frames_alone_until_their_grace_is_over(
    page: Page, make_embed: MakeEmbed, platform: httpx.AsyncClient, customers: Customers
) -> None:
    embed = await make_embed()
    await page.goto(embed["embed_url"])
    inbox = Inbox(page)
    await inbox.is_live()
    body = {"inbox_embed": {"grace_seconds": 3}}
    (await platform.post(f"/inbox_embeds/{embed['id']}/rotate", json=body)).raise_for_status()
    customer = await customers.new()
    await customer.says("Within the grace")
    await expect(inbox.row(customer.name)).to_be_visible()
    await expect(inbox.gone).to_be_visible()
