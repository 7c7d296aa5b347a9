"""What compose.yaml, its Caddyfile, its env.example and the Dockerfile promise to each other and to the settings."""

import asyncio
import ipaddress
import json
import os
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from cli.main import ROLES
from cli.run import GRACE_SECONDS
from cli.serve import bind, port_of
from realtime.moving import LEAVE_SECONDS, LONGEST_SECONDS
from shared.settings import PREFIX, Settings, read_settings, unknown_variables
from shared.whatsapp.graph import CALL_SECONDS
from tests.processes import running_role
from workers.main import FINISH_SECONDS
from workers.queues import STOP_SECONDS
from workers.send import SETTLE_SECONDS

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "compose.yaml").read_text()
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text()
CADDYFILE = (ROOT / "deploy" / "Caddyfile").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, Any] = COMPOSE["services"]
ENV_EXAMPLE = dict(re.findall(r"^([A-Z_]+)=(.*)$", (ROOT / "deploy" / "env.example").read_text(), re.MULTILINE))
_HEALTHCHECK: list[str] = json.loads(re.findall(r"^HEALTHCHECK .* CMD (.*)$", DOCKERFILE, re.MULTILINE)[0])
OURS = ("api", "realtime", "worker", "migrate")
SCALED = ("api", "realtime", "worker")


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "migrate"])
def test_what_runs_for_good_has_a_health_check_and_comes_back_after_a_crash(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_the_migration_runs_once_and_waits_for_the_database() -> None:
    assert SERVICES["migrate"]["command"] == ["migrate"]
    assert SERVICES["migrate"]["restart"] == "no"
    assert SERVICES["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}


@pytest.mark.parametrize("name", SCALED)
def test_a_role_has_replicas_and_waits_for_the_migration(name: str) -> None:
    assert name in ROLES
    assert SERVICES[name]["command"] == [name]
    assert SERVICES[name]["deploy"]["replicas"] >= 2
    assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_all_roles_together_stay_below_the_connections_that_postgres_allows() -> None:
    processes = sum(SERVICES[name]["deploy"]["replicas"] for name in SCALED)
    (pool,) = (field.default for field in msgspec.structs.fields(Settings) if field.name == "database_pool")
    assert processes * pool < 100


@pytest.mark.parametrize("name", OURS)
def test_our_own_services_may_do_as_little_as_possible(name: str) -> None:
    assert SERVICES[name]["read_only"] is True
    assert SERVICES[name]["cap_drop"] == ["ALL"]
    assert "user" not in SERVICES[name]  # the image's own, which is not root


@pytest.mark.parametrize("name", SCALED)
def test_a_role_has_the_time_that_it_takes_to_stop(name: str) -> None:
    grace = int(SERVICES[name]["stop_grace_period"].removesuffix("s"))
    drain = float(SERVICES[name]["environment"].get("PORTHOLE_DRAIN_SECONDS", 0))
    # Its sockets, its iframes, its requests; or its queues, its calls, and what WhatsApp has said of them.
    assert grace > drain + LONGEST_SECONDS + LEAVE_SECONDS + GRACE_SECONDS
    assert grace > 2 * STOP_SECONDS + FINISH_SECONDS + SETTLE_SECONDS
    assert SERVICES[name]["init"] is True


def test_a_call_to_whatsapp_is_waited_for() -> None:
    assert min(GRACE_SECONDS, FINISH_SECONDS) > CALL_SECONDS


@pytest.mark.parametrize("check", [SERVICES["api"]["healthcheck"]["test"][1:], _HEALTHCHECK])
async def test_the_health_checks_run_as_they_stand_there(check: list[str], settings: Settings) -> None:
    async def status_of(port: int) -> int:
        environ = {**os.environ, f"{PREFIX}PORT": str(port)}
        process = await asyncio.create_subprocess_exec(sys.executable, *check[1:], env=environ, cwd=ROOT)
        return await process.wait()

    assert check[0] == "python"
    with bind("127.0.0.1", 0) as unused:
        nobody = port_of(unused)
    assert await status_of(nobody) == 1
    async with running_role("worker", settings) as worker:
        assert await status_of(int(worker.url.rpartition(":")[2])) == 0


def test_the_image_holds_what_the_wheel_is_built_from_and_what_traces_need() -> None:
    copied = set(re.findall(r"^COPY ([a-z]+)/ ", DOCKERFILE, re.MULTILINE))
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"][
        "packages"
    ]
    assert set(packages) <= copied
    assert "COPY docs/examples/ docs/examples/" in DOCKERFILE
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {f"!{name}" for name in (*packages, "docs/examples", "requirements")} <= set(ignored)
    locked = (ROOT / "requirements" / "runtime.txt").read_text()
    assert "opentelemetry-sdk==" in locked


def test_only_caddy_publishes_ports_and_it_does_not_reach_the_stores() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["caddy"]
    assert COMPOSE["networks"]["data"] == {"internal": True}
    assert "data" not in SERVICES["caddy"]["networks"]
    for name in ("postgres", "valkey", "storage"):
        assert SERVICES[name]["networks"] == ["data"]


def test_callers_addresses_are_taken_from_caddy_which_replaces_what_they_claim() -> None:
    trusted = SERVICES["api"]["environment"]["PORTHOLE_TRUSTED_PROXIES"].split(",")
    assert all(ipaddress.ip_network(network).is_private for network in trusted)
    assert "trusted_proxies" not in CADDYFILE  # so that Caddy believes no X-Forwarded-For that reaches it
    for name in ("api", "realtime"):
        others = {other for other, service in SERVICES.items() if "front" in service.get("networks", ())} - {name}
        assert others <= {"caddy", "api", "realtime"}


@pytest.mark.parametrize("name", ["api", "realtime"])
def test_caddy_knows_every_replica(name: str) -> None:
    replicas = range(1, SERVICES[name]["deploy"]["replicas"] + 1)
    upstreams = [f"{{$COMPOSE_PROJECT_NAME:{COMPOSE['name']}}}-{name}-{number}:8000" for number in replicas]
    assert f"reverse_proxy {' '.join(upstreams)} {{" in CADDYFILE


def test_files_on_their_way_to_whatsapp_wait_on_the_disk() -> None:
    api = SERVICES["api"]
    assert api["environment"]["TMPDIR"] in api["volumes"]
    assert f"install --directory --owner porthole --group porthole {api['environment']['TMPDIR']}" in DOCKERFILE


def test_no_link_that_opens_media_and_no_embed_is_in_caddys_log() -> None:
    (pattern,) = re.findall(r'request>uri regexp "([^"]+)" "\$1-"', CADDYFILE)
    for uri, logged in (
        ("/embed/secret/page?mode=dark", "/embed/-/page?mode=dark"),
        ("/dashboard/join/secret?x=1", "/dashboard/join/-?x=1"),
        ("/meta/whatsapp/media_download?token=secret", "/meta/whatsapp/media_download?token=-"),
        ("/meta/whatsapp/media_download?a=b&token=secret&c=d", "/meta/whatsapp/media_download?a=b&token=-&c=d"),
        ("/dashboard/x?csrf_token=secret&access_token=secret", "/dashboard/x?csrf_token=-&access_token=-"),
        ("/inbox/v1/conversations?search=a", "/inbox/v1/conversations?search=a"),
    ):
        assert re.sub(pattern, r"\1-", uri) == logged


def test_every_variable_is_a_setting() -> None:
    known = {f"{PREFIX}{field.upper()}" for field in Settings.__struct_fields__} | {"PORTHOLE_DOMAIN"}
    for text in (TEXT, CADDYFILE, DOCKERFILE, "\n".join(ENV_EXAMPLE)):
        assert set(re.findall(rf"{PREFIX}[A-Z_]+", text)) <= known


@pytest.mark.parametrize("name", OURS)
def test_the_settings_are_ones_that_a_role_starts_with(name: str) -> None:
    filled = {
        variable: re.sub(
            r"\$\{\w+(:-(?P<default>[^}]*)|:\?[^}]*)\}",
            lambda m: "a" * 16 if m["default"] is None else m["default"],
            str(value),
        )
        for variable, value in SERVICES[name]["environment"].items()
    }
    settings = read_settings(filled)
    assert (settings.host, settings.port) == ("0.0.0.0", 8000)  # noqa: S104 - a container's own address
    assert settings.base_url == "https://localhost"


@pytest.mark.parametrize("name", OURS)
def test_every_setting_that_is_documented_reaches_a_role(name: str) -> None:
    documented = set(re.findall(rf"^\| `({PREFIX}\w+)` \|", CONFIGURATION, re.MULTILINE))
    assert len(documented) == len(Settings.__struct_fields__)
    assert SERVICES[name]["env_file"] == ".env"
    # What stands in compose.yaml itself is stronger than the file: where things are, which the document says.
    environment = {variable: str(value) for variable, value in SERVICES[name]["environment"].items()}
    fixed = {variable for variable, value in environment.items() if f"${{{variable}:?" not in value} & documented
    (said,) = re.findall(r"Compose sets itself where things are: ([^.]+)\.", CONFIGURATION)
    assert fixed == set(re.findall(r"`(\w+)`", said))
    # Caddy's domain is in the file too, and would be taken for a setting that is misspelt.
    assert environment["PORTHOLE_DOMAIN"] == ""
    assert unknown_variables(environment) == []


def test_every_secret_is_asked_for_and_none_is_in_a_file() -> None:
    asked = set(re.findall(r"\$\{(\w+):\?", TEXT))
    assert asked <= ENV_EXAMPLE.keys()
    assert set(ENV_EXAMPLE.values()) == {""}
    required = {field.name for field in msgspec.structs.fields(Settings) if field.required}
    assert {f"{PREFIX}{name.upper()}" for name in required - {"database_url", "redis_url"}} <= asked


def test_the_image_runs_as_a_user_with_a_fixed_id_that_is_not_root() -> None:
    final = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]
    uid = re.findall(r"^USER (\d+):\d+$", final, re.MULTILINE)[-1]
    assert int(uid) > 0
    assert f"useradd --uid {uid} " in final
    assert "\nHEALTHCHECK " in final
    assert 'ENTRYPOINT ["porthole"]' in final
    assert "--require-hashes -r requirements/runtime.txt" in DOCKERFILE
