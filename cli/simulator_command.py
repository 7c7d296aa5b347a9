"""porthole simulator: a WhatsApp to develop against, next to a Porthole that runs elsewhere."""

import argparse
import socket

from cli.output import emit
from cli.serve import bind, port_of, serving, stop_signal
from cli.simulator.app import create_app
from cli.simulator.config import SimulatedNumber, SimulatorConfig
from shared.log import configure_logs


async def run_simulator(arguments: argparse.Namespace) -> None:
    """Serve until a signal comes. Raises CommandError."""
    configure_logs("info")
    with bind("127.0.0.1", arguments.port) as sock:
        await _serve(arguments, sock)


async def _serve(arguments: argparse.Namespace, sock: socket.socket) -> None:
    url = f"http://localhost:{port_of(sock)}"
    number = SimulatedNumber(
        arguments.phone_number_id,
        arguments.business_account_id,
        arguments.display_phone_number,
        arguments.verified_name,
    )
    config = SimulatorConfig(
        webhook_url=arguments.webhook_url,
        app_secret=arguments.app_secret,
        verify_token=arguments.verify_token,
        access_token=arguments.access_token,
        numbers=[number],
        base_url=url,
    )
    app = create_app(config)
    stop = stop_signal()
    async with serving(app, sock):
        emit(arguments.json, {"simulator_url": url, "graph_url": url}, f"simulator on {url}")
        await stop.wait()
