"""porthole simulator: a WhatsApp to develop against, next to a Porthole that runs elsewhere."""

import argparse
import socket

from cli.output import emit
from cli.serve import bind, port_of, serving, stop_signal
from cli.simulator.app import create_app
from cli.simulator.config import SimulatedNumber, SimulatorConfig
from shared.log import configure_logs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8001, help="(8001)")
    parser.add_argument("--webhook-url", required=True, help="where it delivers: .../webhooks/whatsapp")
    parser.add_argument("--app-secret", required=True, help="signs its webhooks; PORTHOLE_WHATSAPP_APP_SECRET there")
    parser.add_argument("--verify-token", required=True, help="PORTHOLE_WHATSAPP_VERIFY_TOKEN there")
    parser.add_argument("--access-token", required=True, help="what its Graph API takes as a number's access token")
    parser.add_argument("--phone-number-id", required=True)
    parser.add_argument("--business-account-id", required=True)
    parser.add_argument("--display-phone-number", required=True)
    parser.add_argument("--verified-name", default="Demo business")


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
