"""porthole demo: the whole product on this machine, with a simulated WhatsApp and made-up data."""

import argparse
import contextlib
import secrets
import socket
from typing import Any

import httpx
import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine

from cli import demo_bot, host_page
from cli.embedded import embedded_postgres_url, embedded_redis_url, locked_directory, remembered_secrets
from cli.operators import first_owner_text, first_owner_url
from cli.output import emit
from cli.roles import running_all
from cli.seed import Seeded, load_seeded, phone_transcripts, seed
from cli.serve import bind, port_of, serving, stop_signal
from cli.simulator.app import create_app as create_simulator
from cli.simulator.config import SimulatedNumber, SimulatorConfig
from shared.db import create_engine
from shared.log import configure_logs
from shared.migrate import upgrade
from shared.operations.create_embed import NewEmbed, create_embed
from shared.operations.create_project import ensure_key
from shared.settings import Settings

HOST = "127.0.0.1"
COMPANY = "Alder & Finch"


async def run_demo(arguments: argparse.Namespace) -> None:
    """Start everything, say where it is, and run until a signal comes. Raises CommandError."""
    configure_logs("warning", readable=not arguments.json)
    with contextlib.ExitStack() as servers:
        sock = servers.enter_context(bind(HOST, arguments.port))
        simulator_sock = servers.enter_context(bind(HOST, arguments.simulator_port, "--simulator-port"))
        host_sock = servers.enter_context(bind(HOST, arguments.host_page_port, "--host-page-port"))
        directory = servers.enter_context(locked_directory(arguments.data_dir))
        remembered = remembered_secrets(
            directory, ["secret_key", "app_secret", "verify_token", "access_token", "api_key", "bot_secret"]
        )
        settings = Settings(
            database_url=servers.enter_context(embedded_postgres_url(directory / "postgres")),
            redis_url=servers.enter_context(embedded_redis_url(directory / "valkey")),
            secret_key=remembered["secret_key"],
            whatsapp_app_secret=remembered["app_secret"],
            whatsapp_verify_token=remembered["verify_token"],
            base_url=_url(sock),
            graph_url=_url(simulator_sock),
            storage_url=(directory / "media").as_uri(),
            allow_private_addresses=True,  # the example bot is on this machine, and so are a visitor's own systems
        )
        stop = stop_signal()
        engine = create_engine(settings, application_name="demo")
        try:
            await upgrade(engine)
            seeded = await load_seeded(engine) or await seed(
                engine,
                secret_key=settings.secret_key,
                access_token=remembered["access_token"],
                with_conversations=not arguments.no_seed,
            )
            token = await _open_doors(engine, settings, seeded, remembered["api_key"], _url(host_sock))
            bot = None
            if not arguments.no_seed:
                bot = await demo_bot.open_webhook(engine, settings, seeded, remembered["bot_secret"])
            transcripts = await phone_transcripts(engine)
            owner_url = await first_owner_url(engine, settings)
        finally:
            await engine.dispose()
        if bot is not None:
            folder = directory / "bot"
            servers.enter_context(demo_bot.running_bot(bot, folder, settings.base_url, remembered["api_key"]))
        embed_url = f"{settings.base_url}/embed/{token}"
        simulator = create_simulator(_simulator_config(settings, seeded, remembered["access_token"]))
        page = host_page.create_app(embed_url, f"{settings.base_url}/porthole.js", COMPANY)
        async with serving(simulator, simulator_sock), contextlib.AsyncExitStack() as running:
            await _give_phones(settings.graph_url, transcripts)  # before a worker asks for the files
            app = await running.enter_async_context(running_all(settings))
            await running.enter_async_context(serving(app, sock, settings.trusted_proxies))
            await running.enter_async_context(serving(page, host_sock))
            report = _report(settings, seeded, remembered["api_key"], token, _url(host_sock), with_bot=bot is not None)
            report["first_owner_url"] = owner_url
            emit(arguments.json, report, _text(report))
            await stop.wait()


async def _open_doors(engine: AsyncEngine, settings: Settings, seeded: Seeded, api_key: str, host_origin: str) -> str:
    """Make the API key good, and an embed of the whole project for the host page; returns the embed's token."""
    async with engine.begin() as connection:
        await ensure_key(connection, seeded.project_id, "Demo", api_key)
        wanted = NewEmbed(scope_type="project", name="Team inbox", allowed_origins=[host_origin])
        created = await create_embed(connection, seeded.project_id, wanted, settings.secret_key)
    return created.token


async def _give_phones(simulator_url: str, transcripts: list[dict[str, Any]]) -> None:
    """Tell the simulator who the customers are and what they have seen so far."""
    async with httpx.AsyncClient(base_url=simulator_url) as client:
        for user in transcripts:
            answer = await client.post("/_sim/users", json=msgspec.to_builtins(user))
            answer.raise_for_status()


def _simulator_config(settings: Settings, seeded: Seeded, access_token: str) -> SimulatorConfig:
    return SimulatorConfig(
        webhook_url=f"{settings.base_url}/webhooks/whatsapp",
        app_secret=settings.whatsapp_app_secret,
        verify_token=settings.whatsapp_verify_token,
        access_token=access_token,
        numbers=[
            SimulatedNumber(
                number.phone_number_id, number.business_account_id, number.display_phone_number, number.verified_name
            )
            for number in seeded.phone_numbers
        ],
        base_url=settings.graph_url,
        seed=secrets.randbits(32),  # new wamids at every start: the database remembers the old ones
    )


def _report(
    settings: Settings, seeded: Seeded, api_key: str, token: str, host_page_url: str, *, with_bot: bool
) -> dict[str, Any]:
    return {
        "base_url": settings.base_url,
        "host_page_url": host_page_url,
        "simulator_url": settings.graph_url,
        "webhook_url": f"{settings.base_url}/webhooks/whatsapp",
        "app_secret": settings.whatsapp_app_secret,
        "verify_token": settings.whatsapp_verify_token,
        "graph_url": settings.graph_url,
        "api_key": api_key,
        "project_id": seeded.project_id,
        "embed_url": f"{settings.base_url}/embed/{token}",
        "embed_token": token,
        "phone_numbers": [msgspec.to_builtins(number) for number in seeded.phone_numbers],
        "customer_id": seeded.customer_id,
        "users": [msgspec.to_builtins(user) for user in seeded.users],
        "bot_customer": {"wa_id": demo_bot.WA_ID, "name": demo_bot.NAME} if with_bot else None,
    }


def _text(report: dict[str, Any]) -> str:
    number, customer = report["phone_numbers"][0]["phone_number_id"], report["bot_customer"]
    bot = f'\nA bot answers {customer["name"]}, until you write "human" on that phone.' if customer else ""
    return f"""
Porthole is running.

  Inbox in a host page   {report["host_page_url"]}
  A customer's phone     {report["simulator_url"]}
  Dashboard              {report["base_url"]}/dashboard
  API key                {report["api_key"]}

Write on the phone and watch the inbox.{bot}{first_owner_text(report["first_owner_url"])}

To create an embed of one number:

  curl -X POST {report["base_url"]}/platform/v1/inbox_embeds \\
    -H "X-API-Key: {report["api_key"]}" -H "Content-Type: application/json" \\
    -d '{{"inbox_embed": {{"name": "Support", "scope_type": "phone_number", "scope_id": "{number}"}}}}'

Ctrl-C stops everything."""


def _url(sock: socket.socket) -> str:
    return f"http://localhost:{port_of(sock)}"
