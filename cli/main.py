"""The command `porthole`."""

import argparse
import asyncio
import importlib
import signal
import sys
from pathlib import Path

import uvloop

from cli.errors import CommandError
from shared.settings import SettingsError

ROLES = {
    "up": "run every role in one process; PostgreSQL and Valkey are embedded where no URL is set",
    "api": "run the HTTP API and the page in the iframe",
    "realtime": "run the Socket.IO server",
    "worker": "run the workers, with their health routes",
}


def main() -> None:
    """Run a command; an error that a person can act on is one line on stderr and status 1."""
    arguments = _parser().parse_args()
    # Until a command has its own handlers, SIGTERM stops it as Ctrl-C does, with everything that it has started.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_act(arguments))
    except (CommandError, SettingsError) as error:
        sys.exit(f"porthole: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


async def _act(arguments: argparse.Namespace) -> None:
    """Import a command's module only when it runs: `porthole --help` needs neither a web server nor a database."""
    module, _, name = arguments.act.partition(":")
    await getattr(importlib.import_module(module), name)(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="porthole", description="An embeddable WhatsApp inbox.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")

    demo_parser = _add(
        commands, "demo", "run the whole product with a simulated WhatsApp and made-up data", "cli.demo:run_demo"
    )
    demo_parser.add_argument("--port", type=_port, default=8000, help="of Porthole (8000); 0 takes a free one")
    demo_parser.add_argument("--simulator-port", type=_port, default=8001, help="of the simulator (8001)")
    demo_parser.add_argument("--host-page-port", type=_port, default=8002, help="of the example host page (8002)")
    demo_parser.add_argument("--data-dir", type=Path, default=Path(".porthole/demo"), help="(.porthole/demo)")
    demo_parser.add_argument("--no-seed", action="store_true", help="start without conversations")

    for name, help_text in ROLES.items():
        role = _add(commands, name, help_text, "cli.run:run_role")
        role.add_argument("--port", type=_port, default=None, help="instead of PORTHOLE_PORT")
        if name == "up":
            role.add_argument("--data-dir", type=Path, default=Path(".porthole/up"), help="(.porthole/up)")

    simulator = _add(commands, "simulator", "run the WhatsApp simulator alone", "cli.simulator_command:run_simulator")
    simulator.add_argument("--port", type=_port, default=8001, help="(8001)")
    simulator.add_argument("--webhook-url", required=True, help="where it delivers: .../webhooks/whatsapp")
    simulator.add_argument("--app-secret", required=True, help="signs its webhooks; PORTHOLE_WHATSAPP_APP_SECRET there")
    simulator.add_argument("--verify-token", required=True, help="PORTHOLE_WHATSAPP_VERIFY_TOKEN there")
    simulator.add_argument("--access-token", required=True, help="what its Graph API takes as a number's access token")
    simulator.add_argument("--phone-number-id", required=True)
    simulator.add_argument("--business-account-id", required=True)
    simulator.add_argument("--display-phone-number", required=True)
    simulator.add_argument("--verified-name", default="Demo business")

    migrate = _add(commands, "migrate", "bring the database to the level of this version", "cli.admin:migrate")
    migrate.add_argument("--to", metavar="REVISION", help="go back to this one; what later ones added is lost")
    _add(commands, "doctor", "look at all that Porthole needs, and say what to do", "cli.doctor:run_doctor")

    _add(
        _group(commands, "secrets", "what is encrypted in the database"),
        "encrypt-anew",
        "encrypt it with the first of several secret keys, so that the others can go",
        "cli.admin:secrets_encrypt_anew",
    )

    project = _add(_group(commands, "project", "projects"), "create", "create a project", "cli.admin:project_create")
    project.add_argument("name", metavar="NAME")

    keys = _group(commands, "key", "API keys")
    key = _add(keys, "create", "create an API key, which is shown once", "cli.admin:key_create")
    key.add_argument("--project", required=True, metavar="ID", help="the project's id")
    key.add_argument("--name", default="API key", help="what the key is for")

    numbers = _group(commands, "number", "WhatsApp numbers")
    number = _add(
        numbers, "connect", "connect a number; its access token is read from stdin", "cli.admin:number_connect"
    )
    number.add_argument("--project", required=True, metavar="ID", help="the project's id")
    number.add_argument("--phone-number-id", required=True, metavar="ID", help="Meta's id of the number")
    number.add_argument("--business-account-id", required=True, metavar="ID", help="Meta's id of the WhatsApp account")
    number.add_argument("--display-phone-number", required=True, metavar="NUMBER", help="as people write it")
    number.add_argument("--name", required=True, help="what the team calls it")
    number.add_argument("--customer", metavar="ID", help="the customer whose number it is")

    embeds = _group(commands, "embed", "embeds")
    embed = _add(embeds, "create", "create an embed, whose URL is shown once", "cli.admin:embed_create")
    embed.add_argument("--project", required=True, metavar="ID", help="the project's id")
    embed.add_argument("--name", help="what the embed is for")
    embed.add_argument("--scope-type", default="project", choices=("project", "customer", "phone_number"))
    embed.add_argument("--scope-id", help="the customer's id or Meta's phone_number_id; none for a project")
    embed.add_argument("--assigned-user-id", metavar="ID", help="show only what is assigned to this person")
    embed.add_argument("--allowed-origin", action="append", default=[], metavar="ORIGIN", help="may be repeated")
    embed.add_argument("--default-mode", default="system", choices=("system", "light", "dark"))
    embed.add_argument("--language", default="en", help="en, es, pt, fr, de or ar")
    embed.add_argument("--expires-at", metavar="TIME", help="ISO 8601 with a time zone")

    operators = _group(commands, "operator", "operators of the dashboard")
    operator = _add(
        operators, "create", "create an operator; the password is read from stdin", "cli.operators:operator_create"
    )
    operator.add_argument("--email", required=True)
    operator.add_argument("--name", required=True)
    operator.add_argument("--role", required=True, choices=("owner", "operator", "viewer"))
    link = _add(
        operators,
        "link",
        "make a link that works once, for a new operator or a forgotten password",
        "cli.operators:operator_link",
    )
    purpose = link.add_mutually_exclusive_group(required=True)
    purpose.add_argument("--role", choices=("owner", "operator", "viewer"), help="of the new operator")
    purpose.add_argument("--email", help="of the operator who has forgotten the password")
    return parser


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, help_text: str, act: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=help_text, description=help_text[:1].upper() + help_text[1:] + ".")
    command.add_argument("--json", action="store_true", help="print one line of JSON for scripts")
    command.set_defaults(act=act)
    return command


def _group(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, help_text: str
) -> "argparse._SubParsersAction[argparse.ArgumentParser]":
    return commands.add_parser(name, help=help_text).add_subparsers(required=True, metavar="COMMAND")


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return port
