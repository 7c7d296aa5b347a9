"""Contacts on the Meta-compatible path."""

from typing import Any

import pytest

from tests.conversations import customer_wrote, new_wa_id
from tests.factories import make_project
from tests.meta_api import ANA, GraphRefusedError, MetaApi
from tests.platform_api import PlatformApi, audit_lines
from tests.stack import Stack


async def _refused(call: Any) -> GraphRefusedError:
    with pytest.raises(GraphRefusedError) as refused:
        await call
    return refused.value


async def test_a_contact_is_listed_and_found_by_number_or_id(stack: Stack) -> None:
    api = MetaApi(stack)
    await customer_wrote(stack, wa_id=ANA)
    (shown,) = await api.list("contacts")
    assert (shown["wa_id"], shown["profile_name"], shown["display_name"]) == (ANA, "Ana", None)
    assert (shown["customer_id"], shown["metadata"]) == (None, {})
    for name in (ANA, f"+{ANA}", "525555550100", shown["id"]):
        assert await api.get(f"/{api.number}/contacts/{name}", fields="kapso()") == shown


async def test_every_filter_and_pages(stack: Stack) -> None:
    api, platform = MetaApi(stack), PlatformApi(stack)
    people = [new_wa_id() for _ in range(5)]
    for wa_id in people:
        await customer_wrote(stack, wa_id=wa_id)
    customer_id = str(stack.project.customer_id)
    await platform.change(f"/whatsapp/contacts/{people[0]}", {"contact": {"customer_id": customer_id}})

    async def found(**query: Any) -> list[str]:
        return [one["wa_id"] for one in await api.list("contacts", **query)]

    newest = people[::-1]
    assert await found() == newest
    assert await found(wa_id=people[2]) == await found(wa_id=f"+{people[2]}") == [people[2]]
    assert await found(wa_id=people[2][:5]) == await found(wa_id="nobody") == []
    assert await found(has_customer="true") == await found(customer_id=customer_id) == [people[0]]
    assert await found(has_customer="false") == newest[:-1]
    first = await api.get(f"/{api.number}/contacts", limit=3)
    second = await api.get(f"/{api.number}/contacts", limit=3, after=first["paging"]["next"])
    back = await api.get(f"/{api.number}/contacts", limit=3, before=second["paging"]["previous"])
    assert [one["wa_id"] for one in first["data"] + second["data"]] == newest
    assert (back["data"], second["paging"]["next"]) == (first["data"], None)
    wrong = await _refused(found(has_customer="maybe", customer_id="7"))
    assert wrong.status == 422
    assert {one.split(" ")[0] for one in wrong.details.split("; ")} == {"has_customer", "customer_id"}


async def test_a_contact_is_renamed_live_by_either_path(stack: Stack) -> None:
    api = MetaApi(stack)
    await customer_wrote(stack, wa_id=ANA)
    async with stack.iframe(await stack.embed()) as iframe:
        changes = {"display_name": "Ana R.", "metadata": {"tier": "gold"}}
        assert await api.patch(f"/{api.number}/contacts/{ANA}", changes) == {"success": True}
        event = await iframe.event("conversation.updated")
    assert event["conversation"]["contact"]["name"] == "Ana R."
    by_other_name = {
        "phone_number_id": api.number,
        "name": "Ana Ribeiro",
        "customer_id": str(stack.project.customer_id),
    }
    assert await api.patch(f"/contacts/{ANA}", by_other_name) == {"success": True}
    assert await api.patch(f"/contacts/{ANA}", {}) == {"success": True}
    shown = await api.get(f"/{api.number}/contacts/{ANA}")
    assert (shown["display_name"], shown["metadata"]) == ("Ana Ribeiro", {"tier": "gold"})
    assert shown["customer_id"] == str(stack.project.customer_id)
    assert [line[0] for line in await audit_lines(stack)] == ["contact.updated"] * 2
    wrong = await _refused(api.patch(f"/contacts/{ANA}", {"display_name": 7, "metadata": []}))
    assert {one.split(" ")[0] for one in wrong.details.split("; ")} == {"display_name", "metadata"}


async def test_other_projects_contacts_are_not_there(stack: Stack) -> None:
    api = MetaApi(stack)
    await customer_wrote(stack, wa_id=ANA)
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other")
    theirs = MetaApi(stack, other.api_key, other.phone_number_id)
    for call in (
        theirs.get(f"/{other.phone_number_id}/contacts/{ANA}"),
        theirs.patch(f"/{other.phone_number_id}/contacts/{ANA}", {"display_name": "X"}),
        theirs.patch(f"/contacts/{ANA}", {"display_name": "X"}),
        theirs.get(f"/{api.number}/contacts"),
        api.patch(f"/contacts/{ANA}", {"phone_number_id": other.phone_number_id, "name": "X"}),
        api.get(f"/{api.number}/contacts/999"),
    ):
        refused = await _refused(call)
        assert (refused.status, refused.code) == (404, 100)
    assert await theirs.list("contacts") == []
    assert (await api.list("contacts"))[0]["display_name"] is None
