"""deploy/systemd: units that systemd takes, for roles that there are, behind the same front door as compose.yaml's."""

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli.main import ROLES, _parser
from shared.settings import PREFIX, read_settings

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "systemd"
UNITS = sorted(FOLDER.glob("*.service"))
CADDYFILE = (FOLDER / "Caddyfile").read_text()
ENV = dict(re.findall(r"^([A-Z_]+)=(.*)$", (FOLDER / "env").read_text(), re.MULTILINE))


def _service(unit: Path) -> dict[str, list[str]]:
    """The lines of [Service]; a name may stand there several times."""
    section = re.split(r"^\[(\w+)\]$", unit.read_text(), flags=re.MULTILINE)
    lines = section[section.index("Service") + 1]
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", lines, re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


def ports_of_roles() -> dict[str, int]:
    (ports,) = (one for one in _service(FOLDER / "porthole@.service")["Environment"] if one.startswith("PORT_"))
    return {role: int(port) for role, port in re.findall(r"PORT_(\w+)=(\d+)", ports)}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for unit in UNITS:
        here = unit.read_text().replace("/opt/porthole/bin", str(Path(sys.executable).parent))
        (tmp_path / unit.name).write_text(here)
    names = [str(tmp_path / unit.name.replace("@", "@api")) for unit in UNITS]
    (tmp_path / "porthole@api.service").write_text((tmp_path / "porthole@.service").read_text())
    ran = subprocess.run(["systemd-analyze", "verify", *names], capture_output=True, text=True, timeout=50, check=False)
    assert [line for line in ran.stderr.splitlines() if "porthole" in line] == []


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_can_be_read_and_runs_a_command_that_there_is(unit: Path) -> None:
    configparser.ConfigParser(strict=False, interpolation=None).read_string(unit.read_text())
    (command,) = _service(unit)["ExecStart"]
    for role, port in ports_of_roles().items():
        words = command.replace("%i", role).replace(f"${{PORT_{role}}}", str(port)).split()
        assert words[0] == "/opt/porthole/bin/porthole"
        _parser().parse_args(words[1:])


def test_each_role_has_a_port_of_its_own_to_which_caddy_leads() -> None:
    ports = ports_of_roles()
    assert ports.keys() == ROLES.keys() - {"up"}
    assert len(set(ports.values())) == len(ports)
    realtime, rest = CADDYFILE.split("handle /realtime/*")[1].split("handle {")
    assert f"reverse_proxy 127.0.0.1:{ports['realtime']}" in realtime
    assert f"reverse_proxy 127.0.0.1:{ports['api']}" in rest
    # A process that is started anew is waited for.
    assert "lb_try_duration 30s" in realtime
    assert "lb_try_duration 30s" in rest


def test_no_link_that_opens_something_is_in_caddys_log() -> None:
    pattern = re.compile(r"request>uri regexp .*")
    (here,) = pattern.findall(CADDYFILE)
    assert pattern.findall((ROOT / "deploy" / "Caddyfile").read_text()) == [here]
    assert CADDYFILE.count("{") == CADDYFILE.count("}")


def test_a_role_starts_with_the_environment_once_its_secrets_are_filled_in() -> None:
    settings = read_settings({name: value or "a" * 16 for name, value in ENV.items()})
    assert settings.host == "127.0.0.1"
    assert [name for name, value in ENV.items() if not value] == [
        f"{PREFIX}{name}" for name in ("SECRET_KEY", "WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN", "METRICS_TOKEN")
    ]
