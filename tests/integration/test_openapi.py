"""The description of the API is complete, and the API does what it says."""

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from api.openapi_examples import BODIES
from shared.settings import Settings
from tests.stack import Stack

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "ignored_auth",
    "unsupported_method",
)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Nobody shall be told to slow down here."""
    return msgspec.structs.replace(settings, platform_rate_limit=1_000_000, failure_rate_limit=1_000_000)


async def _description(stack: Stack) -> dict[str, Any]:
    answer = await stack.http.get("/docs/openapi.json")
    assert answer.status_code == 200
    description: dict[str, Any] = json.loads(answer.content)
    return description


def _operations(description: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


@pytest.mark.timeout(900)
async def test_no_answer_is_a_server_error_or_undocumented(stack: Stack, tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("st")),
        "run",
        f"{stack.base_url}/docs/openapi.json",
        f"--header=X-API-Key: {stack.project.api_key}",
        f"--checks={','.join(CHECKS)}",
        "--phases=examples,fuzzing",
        "--max-examples=4",
        "--seed=1",
        "--continue-on-failure",
        "--no-color",
        "--warnings=off",
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()[-12_000:]


async def test_every_operation_says_what_it_does_who_may_call_it_and_how_it_refuses(stack: Stack) -> None:
    description = await _description(stack)
    assert set(description["components"]["securitySchemes"]) == {"ApiKey", "Bearer"}
    operations = dict(_operations(description))
    assert len(operations) > 60
    for name, operation in operations.items():
        assert operation.get("description"), name
        assert operation.get("tags"), name
        if operation.get("security"):
            assert {"401", "413", "422", "429", "503"} <= set(operation["responses"]), name


async def test_the_headers_that_calls_take_and_answers_bear_are_described(stack: Stack) -> None:
    operations = dict(_operations(await _description(stack)))
    for name, operation in operations.items():
        if not operation.get("security"):
            continue
        taken = {one["name"] for one in operation.get("parameters", [])}
        assert ("Idempotency-Key" in taken) == name.startswith("POST "), name
        for status, answer in operation["responses"].items():
            described = set(answer["headers"])
            assert ({"X-RateLimit-Limit", "X-RateLimit-Remaining"} <= described) == (status != "401"), name
            assert ("Retry-After" in described) == (status == "429"), name
    for name, paged in (("GET /platform/v1/customers", True), ("GET /platform/v1/whatsapp/contacts", True),
                        ("GET /platform/v1/whatsapp/messages", False)):  # fmt: skip
        headers = set(operations[name]["responses"]["200"]["headers"])
        assert ({"Link", "X-Total", "X-Total-Pages", "X-Page", "X-Per-Page"} <= headers) == paged, name


async def test_every_body_of_which_the_fields_do_not_tell_has_an_example(stack: Stack) -> None:
    description = await _description(stack)
    operations = dict(_operations(description))
    shown = set()
    for name, operation in operations.items():
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        if "example" in content:
            shown.add(name)
        elif content:
            _, _, schema = content["schema"].get("$ref", "").rpartition("/")
            assert description["components"]["schemas"][schema]["properties"], name
    assert shown == set(BODIES)


async def test_every_free_text_has_an_example(stack: Stack) -> None:
    """The viewer makes its examples of bodies and answers from those of their fields."""
    schemas = (await _description(stack))["components"]["schemas"]
    without = [
        f"{schema}.{field}"
        for schema, body in schemas.items()
        for field, shape in body.get("properties", {}).items()
        if _is_free_text(shape) and "examples" not in shape
    ]
    assert without == []


def _is_free_text(shape: dict[str, Any]) -> bool:
    """Whether the field is text of any kind: no enumeration and no format, which explain themselves."""
    options = shape.get("oneOf") or shape.get("anyOf") or [shape]
    return any(one.get("type") == "string" and not {"enum", "const", "format"} & one.keys() for one in options)
