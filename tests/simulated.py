"""WhatsApp for roles that are processes of their own."""

import contextlib
from collections.abc import AsyncIterator

import httpx

from cli.serve import bind, port_of, serving
from cli.simulator.app import create_app as create_simulator
from cli.simulator.config import SimulatedNumber, SimulatorConfig
from shared.settings import Settings
from tests.factories import ACCESS_TOKEN, ProjectRows
from tests.meta_api import ANA


@contextlib.asynccontextmanager
async def simulated_whatsapp(
    settings: Settings, project: ProjectRows, webhooks: str
) -> AsyncIterator[httpx.AsyncClient]:
    """A running simulator that posts its webhooks to the api at `webhooks`."""
    with bind("127.0.0.1", 0) as sock:
        url = f"http://127.0.0.1:{port_of(sock)}"
        config = SimulatorConfig(
            webhook_url=f"{webhooks}/webhooks/whatsapp",
            app_secret=settings.app_secrets()[0].decode(),
            verify_token=settings.whatsapp_verify_token,
            access_token=ACCESS_TOKEN,
            numbers=[SimulatedNumber(project.phone_number_id, "900100", "+1 555 0100", "Alder & Finch")],
            base_url=url,
        )
        async with serving(create_simulator(config), sock), httpx.AsyncClient(base_url=url, timeout=10) as client:
            await client.post("/_sim/users", json={"wa_id": ANA, "name": "Ana"})
            yield client
