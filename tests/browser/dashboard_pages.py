"""Every page of the dashboard that an operator opens, and what has to be there for it."""

import re
from typing import Any

import httpx
from playwright.async_api import Page

from shared.crypto import webhook_signature
from tests.browser.demo import Demo
from tests.factories import text_message, webhook
from tests.waiting import eventually

# Of a project in which nothing is yet: the page, and the heading that says so.
EMPTY = {
    "embeds-empty": ("/{fresh}/embeds", "No embed yet"),
    "numbers-empty": ("/{fresh}/numbers", "No number yet"),
    "customers-empty": ("/{fresh}/customers", "No customer yet"),
    "team-empty": ("/{fresh}/team", "Nobody yet"),
    "assignments-empty": ("/{fresh}/assignments", "No active conversation"),
    "api-keys-empty": ("/{fresh}/api-keys", "No key yet"),
    "webhooks-empty": ("/{fresh}/webhooks", "No webhook yet"),
    "handoffs-empty": ("/{fresh}/handoffs", "Nobody waits"),
    "audit-log-empty": ("/{fresh}/audit-log?object_type=api_key", "Nothing is like that"),
}

# Below /dashboard.
PAGES = {
    **{name: path for name, (path, _) in EMPTY.items()},
    "overview-empty": "/{fresh}/overview",
    "projects": "/projects",
    "account": "/account",
    "operators": "/operators",
    "operator": "/operators/{operator}",
    "operators-audit-log": "/operators/audit-log",
    "overview": "/{project}/overview",
    "overview-days": "/{project}/overview?span=7d",
    "handoffs": "/{project}/handoffs",
    "embeds": "/{project}/embeds",
    "embeds-none": "/{project}/embeds?status=revoked&scope_type=customer",
    "embed": "/{project}/embeds/{embed}",
    "embed-new": "/{project}/embeds/new",
    "embed-edit": "/{project}/embeds/{embed}/edit",
    "embed-rotate": "/{project}/embeds/{embed}/rotate",
    "embed-revoke": "/{project}/embeds/{embed}/revoke",
    "numbers": "/{project}/numbers",
    "number": "/{project}/numbers/{number}",
    "number-new": "/{project}/numbers/new",
    "number-edit": "/{project}/numbers/{number}/edit",
    "number-health": "/{project}/numbers/{number}/health",
    "number-disconnect": "/{project}/numbers/{number}/disconnect",
    "customers": "/{project}/customers",
    "customer-new": "/{project}/customers/new",
    "customer-edit": "/{project}/customers/{customer}/edit",
    "customer-delete": "/{project}/customers/{customer}/delete",
    "team": "/{project}/team",
    "team-new": "/{project}/team/new",
    "team-edit": "/{project}/team/{user}/edit",
    "team-delete": "/{project}/team/{user}/delete",
    "team-hand-over": "/{project}/team/{user}/hand-over",
    "assignments": "/{project}/assignments",
    "assignments-of-one": "/{project}/assignments?assignee={user}",
    "assignment": "/{project}/assignments/{conversation}/edit",
    "api-keys": "/{project}/api-keys",
    "api-key-revoke": "/{project}/api-keys/{key}/revoke",
    "webhooks": "/{project}/webhooks",
    "webhook": "/{project}/webhooks/{webhook}",
    "webhook-whose": "/{project}/webhooks/new",
    "webhook-new": "/{project}/webhooks/new?chosen=on&phone_number_id={number}",
    "webhook-edit": "/{project}/webhooks/{webhook}/edit",
    "webhook-secret-new": "/{project}/webhooks/{webhook}/secret",
    "webhook-delete": "/{project}/webhooks/{webhook}/delete",
    "webhook-delivery": "/{project}/webhooks/deliveries/{delivery}",
    "events": "/events",
    "events-of-reason": "/events?reason={reason}",
    "event": "/events/{event}",
    "audit-log": "/{project}/audit-log",
    "not-found": "/{project}/embeds/00000000-0000-7000-8000-000000000000",
}

# What is shown once, by the page with the form that it answers, and the form's button.
SHOWN_ONCE = {
    "operator-link": ("operators", "Make a link"),
    "embed-secrets": ("embed-rotate", "Rotate"),
    "api-key-secret": ("api-keys", "Create the key"),
    "webhook-secret": ("webhook-secret-new", "Make a new secret"),
}


async def open_page(page: Page, addresses: dict[str, str], name: str) -> None:
    """One of PAGES or of SHOWN_ONCE."""
    if name in PAGES:
        await page.goto(addresses[name])
        return
    form, button = SHOWN_ONCE[name]
    await page.goto(addresses[form])
    if form == "api-keys":
        await page.get_by_label("Name").fill("The CRM")
    async with page.expect_navigation():
        await page.get_by_role("button", name=button, exact=True).click()


async def fail_event(page: Page, demo: Demo, words: str) -> str:
    """Somebody writes to a number that nobody has connected; returns the address of the event."""
    body = webhook("77700011122", messages=[text_message(words)])
    headers = {"X-Hub-Signature-256": webhook_signature(body, demo.app_secret.encode())}
    newest = page.get_by_role("link", name=re.compile(r"^Event \d+$")).first
    await page.goto(f"{demo.base_url}/dashboard/events")
    before = await newest.get_attribute("href") if await newest.count() else None
    async with httpx.AsyncClient(timeout=30) as http:
        (await http.post(demo.webhook_url, content=body, headers=headers)).raise_for_status()

    async def listed() -> str | None:
        await page.goto(f"{demo.base_url}/dashboard/events")
        found = await newest.get_attribute("href") if await newest.count() else None
        return None if found == before else found

    path = await eventually(listed)
    return f"{demo.base_url}{path}"


async def paths(page: Page, demo: Demo) -> dict[str, str]:
    """The pages' names and addresses, for a page that is signed in: with what they show."""
    headers = {"X-API-Key": demo.api_key}
    async with httpx.AsyncClient(base_url=demo.base_url, headers=headers, timeout=30) as http:
        ids = await _ids(http, demo)
    ids["fresh"] = await _fresh_project(page, demo)
    ids["operator"] = await _id_of_link(page, f"{demo.base_url}/dashboard/operators", "Olga Own")
    ids["event"] = (await fail_event(page, demo, "Is anybody there?")).rpartition("/")[2]
    reason = await page.get_by_role("link", name="all with this reason").first.get_attribute("href")
    ids["reason"] = (reason or "").rpartition("=")[2]
    ids["key"] = await _id_of_link(page, f"{demo.base_url}/dashboard/{demo.project_id}/api-keys", "Revoke")
    return {name: f"{demo.base_url}/dashboard{path.format(**ids)}" for name, path in PAGES.items()}


async def _fresh_project(page: Page, demo: Demo) -> str:
    """The id of a new project, in which nothing is."""
    await page.goto(f"{demo.base_url}/dashboard/projects")
    await page.get_by_label("Name").fill("Willow & Reed")
    async with page.expect_navigation():
        await page.get_by_role("button", name="Create the project").click()
    (project_id,) = re.findall(r"/dashboard/([0-9a-f-]{36})/", page.url)
    return str(project_id)


async def _ids(http: httpx.AsyncClient, demo: Demo) -> dict[str, str]:
    embed = {"name": "Care desk", "scope_type": "project", "allowed_origins": ["https://crm.example.com"]}
    # The project's, and not a number's: messages of other tests take the same way as ever.
    hook = {"url": "https://hooks.example.com/in", "events": ["whatsapp.phone_number.created"]}
    webhook_id = (await _made(http, "/whatsapp/webhooks", {"whatsapp_webhook": hook}))["id"]
    await _made(http, f"/whatsapp/webhooks/{webhook_id}/test", {})
    deliveries = await _list(http, f"/webhook_deliveries?webhook_id={webhook_id}")
    return {
        "project": demo.project_id,
        "number": demo.support.phone_number_id,
        "embed": (await _made(http, "/inbox_embeds", {"inbox_embed": embed}))["id"],
        "customer": (await _list(http, "/customers"))[0]["id"],
        "user": (await _list(http, "/users"))[0]["user_id"],
        "conversation": (await _list(http, "/whatsapp/conversations"))[0]["id"],
        "webhook": webhook_id,
        "delivery": deliveries[0]["id"],
    }


async def _made(http: httpx.AsyncClient, path: str, body: Any) -> dict[str, str]:
    answer = await http.post(f"/platform/v1{path}", json=body)
    answer.raise_for_status()
    data: dict[str, str] = answer.json()["data"]
    return data


async def _list(http: httpx.AsyncClient, path: str) -> list[dict[str, str]]:
    answer = await http.get(f"/platform/v1{path}")
    answer.raise_for_status()
    data: list[dict[str, str]] = answer.json()["data"]
    return data


async def _id_of_link(page: Page, url: str, name: str) -> str:
    """The last part of a link's address that is an id."""
    await page.goto(url)
    href = await page.get_by_role("link", name=name).first.get_attribute("href")
    assert href is not None
    return next(part for part in reversed(href.split("/")) if len(part) == 36)
