"""The PyPI package kapso-whatsapp-cloud-api as its users call it: the client of the Platform API."""

from typing import Any

import msgspec
import pydantic
import pytest
from kapso_whatsapp import KapsoPlatformClient
from kapso_whatsapp.exceptions import AuthenticationError, AuthorizationError, NotFoundError, ValidationError
from kapso_whatsapp.platform.resources.webhook_deliveries import WebhookDelivery
from sqlalchemy.ext.asyncio import AsyncEngine

from cli.simulator.media_types import sample
from shared.settings import Settings
from tests.compatibility.clients import ANA, Customer, platform_client, whatsapp_client
from tests.factories import ACCESS_TOKEN, ProjectRows, make_project
from tests.receiver import SECRET, receiving
from tests.stack import Stack, running_stack
from tests.waiting import eventually

UNKNOWN = "00000000-0000-4000-8000-000000000000"


async def test_customers_are_created_found_changed_and_deleted(platform: KapsoPlatformClient, stack: Stack) -> None:
    created = await platform.customers.create(name="Oak Cafe", external_customer_id="crm-7")
    assert (created.name, created.external_customer_id) == ("Oak Cafe", "crm-7")
    assert created.created_at is not None
    assert await platform.customers.get(created.id) == created
    assert [one.id for one in await platform.customers.list(name_contains="oak")] == [created.id]
    assert [one.id for one in await platform.customers.list(external_customer_id="crm-7")] == [created.id]
    renamed = await platform.customers.update(created.id, name="Oak & Elm")
    assert (renamed.name, renamed.external_customer_id) == ("Oak & Elm", "crm-7")
    await platform.customers.delete(created.id)
    assert [one.id for one in await platform.customers.list()] == [str(stack.project.customer_id)]


async def test_iteration_reads_every_page(platform: KapsoPlatformClient) -> None:
    names = [f"Customer {index}" for index in range(5)]
    for name in names:
        await platform.customers.create(name=name)
    found = [one.name async for one in platform.customers.iter(name_contains="Customer", per_page=2)]
    assert found == names[::-1]


async def test_numbers_are_listed_found_and_changed(platform: KapsoPlatformClient, stack: Stack) -> None:
    number = stack.project.phone_number_id
    numbers = [one.phone_number_id async for one in platform.phone_numbers.iter(per_page=1)]
    assert set(numbers) == {number, stack.project.customer_phone_number_id}
    got = await platform.phone_numbers.get(number)
    assert (got.id, got.internal_id, got.name) == (number, str(stack.project.whatsapp_config_id), "Support")
    assert got.display_phone_number == f"+1 555 {number[-4:]}"
    (of_customer,) = await platform.phone_numbers.list(customer_id=str(stack.project.customer_id))
    assert of_customer.phone_number_id == stack.project.customer_phone_number_id
    assert [one.id for one in await platform.phone_numbers.list(phone_number_id=number)] == [number]
    assert [one.id for one in await platform.phone_numbers.list(name_contains="supp")] == [number]
    assert len(await platform.phone_numbers.list(business_account_id="900100", messaging_enabled=True)) == 2
    changed = await platform.phone_numbers.update(number, name="Sales", inbound_processing_enabled=False)
    assert (changed.name, changed.inbound_processing_enabled) == ("Sales", False)


async def test_a_number_is_disconnected_and_connected_to_a_customer(
    platform: KapsoPlatformClient, stack: Stack
) -> None:
    number = stack.project.customer_phone_number_id
    await platform.phone_numbers.delete(number)
    with pytest.raises(NotFoundError):
        await platform.phone_numbers.get(number)
    connected = await platform.phone_numbers.connect(
        str(stack.project.customer_id),
        name="Hotels",
        kind="production",
        phone_number_id=number,
        business_account_id="900100",
        access_token=ACCESS_TOKEN,
    )
    assert (connected.id, connected.customer_id) == (number, str(stack.project.customer_id))


async def test_a_numbers_health_is_checked(platform: KapsoPlatformClient, stack: Stack) -> None:
    health = await platform.phone_numbers.check_health(stack.project.phone_number_id)
    assert health.status in ("healthy", "degraded")
    assert health.checks is not None
    assert health.checks["phone_number_access"]["passed"] is True
    assert health.checks["token_validity"]["passed"] is True


async def test_conversations_are_listed_found_closed_and_opened_again(
    platform: KapsoPlatformClient, ana: Customer, stack: Stack
) -> None:
    (listed,) = await platform.conversations.list(phone_number_id=ana.number, phone_number=ANA[3:9], status="active")
    assert (listed.phone_number, listed.phone_number_id, listed.status) == (ANA, ana.number, "active")
    assert listed.kapso is not None
    assert (listed.kapso.contact_name, listed.kapso.messages_count) == ("Ana", 1)
    assert await platform.conversations.get(listed.id) == listed
    assert [one.id async for one in platform.conversations.iter()] == [listed.id]
    assert (await platform.conversations.update_status(listed.id, status="ended")).status == "ended"
    assert await platform.conversations.list(status="active") == []
    assert (await platform.conversations.update_status(listed.id, status="active")).status == "active"
    assert await platform.conversations.list(last_active_before="2020-01-01T00:00:00Z") == []
    assert await platform.conversations.list(created_after="2020-01-01T00:00:00Z") != []


async def test_a_conversation_is_assigned_passed_on_and_unassigned(
    platform: KapsoPlatformClient, ana: Customer, stack: Stack
) -> None:
    calls, user = platform.conversations, str(stack.project.user_id)
    (conversation,) = await calls.list(unassigned=True)
    created = await calls.create_assignment(conversation.id, user_id=user, notes="VIP")
    assert (created.user_id, created.notes, created.active) == (user, "VIP", True)
    assert await calls.get_assignment(conversation.id, created.id) == created
    assert await calls.list(unassigned=True) == []
    assert [one.id for one in await calls.list(assigned_user_id=user)] == [conversation.id]
    with pytest.raises(ValidationError, match="Conversation already has an active assignment"):
        await calls.create_assignment(conversation.id, user_id=user)
    changed = await calls.update_assignment(conversation.id, created.id, notes="Calls back", active=False)
    assert (changed.notes, changed.active) == ("Calls back", False)
    listed: Any = await calls.list_assignments(conversation.id)
    assert [one.active for one in listed] == [False]
    with pytest.raises(ValidationError, match="User not found or not a member of this project"):
        await calls.create_assignment(conversation.id, user_id=UNKNOWN)


async def test_messages_are_listed_and_found(platform: KapsoPlatformClient, ana: Customer) -> None:
    wamid = await ana.sends("image")
    newest, first = await platform.messages.list(phone_number_id=ana.number, direction="inbound")
    assert (newest.id, newest.type, newest.from_) == (wamid, "image", ANA)
    assert first.text == {"body": "hola"}
    assert first.kapso is not None
    assert (first.kapso.content, first.kapso.contact_name) == ("hola", "Ana")
    got = await platform.messages.get(wamid)
    assert got.kapso is not None
    assert got.kapso.has_media is True
    for filters in ({"has_media": True}, {"message_type": "image"}):
        assert [one.id async for one in platform.messages.iter(**filters)] == [wamid]
    conversation_id = got.kapso.whatsapp_conversation_id
    assert len(await platform.messages.list(conversation_id=conversation_id, phone_number=ANA)) == 2
    assert await platform.messages.list(status="failed") == []


async def test_messages_have_the_types_and_keys_that_clients_rely_on(
    platform: KapsoPlatformClient, ana: Customer
) -> None:
    """Meta has more types than Kapso, and leaves out what does not apply."""
    first = (await platform.messages.list())[0].id
    poll = await ana.sends("unsupported", {"type": "poll_creation"})
    taken_back = await ana.sends("reaction", {"message_id": first})
    order = await ana.sends("order", {"catalog_id": "c1", "text": "please", "product_items": []})
    shown: dict[str, Any] = {one.id: one.model_dump() for one in await platform.messages.list()}
    assert (shown[poll]["type"], shown[poll]["unsupported"]) == ("unknown", {"type": "poll_creation"})
    assert shown[taken_back]["reaction"] == {"message_id": first, "emoji": ""}
    assert shown[order]["order"]["order_text"] == "please"


async def test_contacts_are_created_found_changed_and_erased(
    platform: KapsoPlatformClient, ana: Customer, stack: Stack
) -> None:
    customer = str(stack.project.customer_id)
    created = await platform.contacts.create(
        wa_id="15550100", profile_name="Bea", customer_id=customer, metadata={"tier": "gold"}
    )
    assert (created.wa_id, created.profile_name, created.customer_id) == ("15550100", "Bea", customer)
    assert await platform.contacts.get("15550100") == created
    assert await platform.contacts.get(created.id) == created
    assert [one.wa_id async for one in platform.contacts.iter(per_page=1)] == ["15550100", ANA]
    for filters in (
        {"customer_id": customer},
        {"has_customer": True},
        {"profile_name_contains": "be"},
        {"wa_id_contains": "15550"},
    ):
        assert [one.id for one in await platform.contacts.list(**filters)] == [created.id], filters
    changed = await platform.contacts.update("15550100", display_name="Beatriz", metadata={"tier": "silver"})
    assert (changed.display_name, changed.metadata) == ("Beatriz", {"tier": "silver"})
    await platform.contacts.erase(ANA)

    async def forgotten() -> bool:
        return await stack.count("message") == 0

    await eventually(forgotten)
    assert [one.wa_id for one in await platform.contacts.list()] == ["15550100"]


async def test_media_are_taken_from_a_url(settings: Settings, engine: AsyncEngine, project: ProjectRows) -> None:
    """The simulator's own page of a file stands for a web server; it is on loopback."""
    private = msgspec.structs.replace(settings, allow_private_addresses=True)
    async with (
        running_stack(private, engine, project) as stack,
        platform_client(stack) as platform,
        whatsapp_client(stack) as whatsapp,
    ):
        customer = Customer(stack)
        await customer.writes()
        await customer.sends("image")
        message, _ = (await whatsapp.messages.list(phone_number_id=project.phone_number_id)).data
        assert message.image is not None
        source = f"{stack.simulator_url}/_sim/media/{message.image.id}"
        taken = await platform.media.upload(phone_number_id=project.phone_number_id, source=source)
        assert taken.target is not None
        assert taken.target.media_id is not None
        assert taken.resource is not None
        mime_type, picture = sample("image")
        assert (taken.resource.mime_type, taken.resource.size_bytes) == (mime_type, len(picture))
        downloaded = await whatsapp.media.download(
            media_id=taken.target.media_id, phone_number_id=project.phone_number_id
        )
        assert downloaded == picture


async def test_media_are_not_taken_from_private_networks(platform: KapsoPlatformClient, stack: Stack) -> None:
    source = f"{stack.simulator_url}/lamp.png"
    with pytest.raises(AuthorizationError):
        await platform.media.upload(phone_number_id=stack.project.phone_number_id, source=source)


async def test_webhooks_of_the_project_are_created_found_changed_and_deleted(platform: KapsoPlatformClient) -> None:
    calls = platform.project_webhooks
    created = await calls.create(
        url="https://hooks.example.com/kapso", events=["workflow.execution.handoff"], secret_key="s3cret"
    )
    assert (created.url, created.kind, created.active) == ("https://hooks.example.com/kapso", "kapso", True)
    assert (created.headers, created.buffer_events) == ({}, [])
    assert (await calls.get(created.id)).id == created.id
    assert [one.id async for one in calls.iter(kind="kapso")] == [created.id]
    changed = await calls.update(created.id, headers={"X-Shop": "1"}, active=False)
    assert (list(changed.headers), changed.active) == (["X-Shop"], False)
    await calls.delete(created.id)
    assert await calls.list() == []


async def test_webhooks_of_a_number_are_created_found_changed_and_deleted(
    platform: KapsoPlatformClient, stack: Stack
) -> None:
    calls, number = platform.webhooks, stack.project.phone_number_id
    created = await calls.create(
        number,
        url="https://hooks.example.com/kapso",
        events=["whatsapp.message.received"],
        secret_key="s3cret",
        buffer_enabled=True,
        buffer_window_seconds=5,
    )
    assert (created.phone_number_id, created.events) == (number, ["whatsapp.message.received"])
    assert (created.buffer_enabled, created.buffer_window_seconds) == (True, 5)
    assert (await calls.get(number, created.id)).url == created.url
    assert [one.id async for one in calls.iter(number, url_contains="hooks")] == [created.id]
    assert await calls.list(number, active=False) == []
    changed = await calls.update(number, created.id, events=["whatsapp.message.received", "whatsapp.message.sent"])
    assert changed.events == ["whatsapp.message.received", "whatsapp.message.sent"]
    await calls.delete(number, created.id)
    with pytest.raises(NotFoundError):
        await calls.get(number, created.id)


async def test_a_webhook_hears_of_messages_and_its_deliveries_are_listed(
    settings: Settings, engine: AsyncEngine, project: ProjectRows
) -> None:
    """Kapso: "Webhook security": the signature is the hexadecimal HMAC of the body."""
    private = msgspec.structs.replace(settings, allow_private_addresses=True)
    async with (
        receiving() as receiver,
        running_stack(private, engine, project) as stack,
        platform_client(stack) as platform,
    ):
        event = "whatsapp.message.received"
        webhook = await platform.webhooks.create(
            project.phone_number_id, url=f"{receiver.url}/hook", events=[event], secret_key=SECRET
        )
        wamid = await Customer(stack).writes("hola")
        (came,) = await receiver.count(1)
        assert (came.event, came.is_signed(), came.json()["message"]["id"]) == (event, True, wamid)
        assert (await platform.project_webhooks.test(webhook.id)).success
        await receiver.count(2)

        async def delivered() -> list[WebhookDelivery]:
            found = await platform.webhook_deliveries.list(status="delivered", webhook_id=webhook.id)
            return found if len(found) == 2 else []

        _, first = await eventually(delivered)
        assert (first.event, first.response_status, first.attempt_count) == (event, 200, 1)
        assert (first.webhook_url, first.phone_number_id) == (webhook.url, project.phone_number_id)
        assert first.conversation_phone_number == ANA
        assert await platform.webhook_deliveries.list(errors_only=True, period="24h") == []


async def test_embeds_are_managed_through_the_clients_own_requests(platform: KapsoPlatformClient, stack: Stack) -> None:
    """The package has no resource for them; `request` takes any path."""
    body = {"scope_type": "phone_number", "scope_id": stack.project.phone_number_id, "name": "Desk", "language": "es"}
    created = await platform.request("POST", "inbox_embeds", json={"inbox_embed": body})
    assert created["embed_url"].endswith(f"/embed/{created['token']}")
    assert (await stack.http.get(f"/embed/{created['token']}")).status_code == 200
    changed = await platform.request(
        "PATCH", f"inbox_embeds/{created['id']}", json={"inbox_embed": {"default_mode": "dark"}}
    )
    assert (changed["default_mode"], "token" in changed) == ("dark", False)
    await platform.request("DELETE", f"inbox_embeds/{created['id']}")
    revoked = [row async for row in platform.paginate("inbox_embeds", params={"status": "revoked"})]
    assert [row["id"] for row in revoked] == [created["id"]]


async def test_users_have_the_numbers_for_ids_that_kapso_documents(platform: KapsoPlatformClient, stack: Stack) -> None:
    """The package's own model takes texts only, so that its `users.list` fails with Kapso's documented answer too."""
    (user,) = await platform.request("GET", "users")
    assert (user["user_id"], user["email"]) == (str(stack.project.user_id), "ana@example.com")
    with pytest.raises(pydantic.ValidationError, match="Input should be a valid string"):
        await platform.users.list()


async def test_errors_are_the_librarys_own(platform: KapsoPlatformClient, ana: Customer, stack: Stack) -> None:
    async with platform_client(stack, key="wrong") as stranger:
        with pytest.raises(AuthenticationError, match="Invalid or missing API key"):
            await stranger.customers.list()
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other")
    for call in (
        platform.customers.get(UNKNOWN),
        platform.customers.get(str(other.customer_id)),
        platform.phone_numbers.get(other.phone_number_id),
        platform.conversations.get(UNKNOWN),
        platform.messages.get("wamid.none"),
        platform.contacts.get("999"),
        platform.webhooks.list(other.phone_number_id),
    ):
        with pytest.raises(NotFoundError):
            await call
    with pytest.raises(ValidationError):
        await platform.customers.create(name="")


async def test_what_porthole_does_not_offer_is_not_found(platform: KapsoPlatformClient, stack: Stack) -> None:
    for call in (
        platform.broadcasts.list(),
        platform.setup_links.list(str(stack.project.customer_id)),
        platform.display_names.list(stack.project.phone_number_id),
        platform.whatsapp_flows.list(),
        platform.api_logs.list(),
        platform.provider_models.list(),
        platform.integrations.list(),
        platform.database.query("orders"),
    ):
        with pytest.raises(NotFoundError):
            await call
