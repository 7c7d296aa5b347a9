"""What stands under an id alone on the Meta-compatible path: numbers and templates, each of the project."""

import contextlib
from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest
from sqlalchemy import text

from cli.serve import bind, port_of, serving
from cli.simulator.app import create_app as create_simulator
from cli.simulator.config import SimulatedNumber, SimulatorConfig
from shared.crypto import encrypt
from tests.factories import ACCESS_TOKEN, make_project
from tests.meta_api import GraphRefusedError, MetaApi
from tests.other_api import NOWHERE, other_api
from tests.raw_server import http_answer, running_raw_server
from tests.stack import Stack

META = "/meta/whatsapp/v24.0"
ACCOUNT, OTHER_ACCOUNT = "900100", "900200"


async def test_a_number_is_described_as_meta_describes_it(stack: Stack) -> None:
    api = MetaApi(stack)
    said = await api.get(f"/{api.number}")
    assert (said["id"], said["verified_name"], said["quality_rating"]) == (api.number, "Alder & Finch", "GREEN")
    assert await api.get(f"/{api.number}", fields="status,throughput") == {
        "status": "CONNECTED",
        "throughput": {"level": "STANDARD"},
        "id": api.number,
    }
    with pytest.raises(GraphRefusedError, match="nonexisting field") as refused:
        await api.get(f"/{api.number}", fields="shoe_size")
    assert (refused.value.status, refused.value.code) == (400, 100)


async def test_only_names_of_fields_are_passed_on(stack: Stack) -> None:
    api = MetaApi(stack)
    for fields in ("owner{access_token}", "id,", "id status", "ID", "a&b", "id.limit(9)", ""):
        for path in ("", "/settings", "/whatsapp_business_profile"):
            answer = await api.answer("GET", f"/{api.number}{path}", fields=fields)
            assert (answer.status_code, answer.json()["error"]["code"]) == (422, 100), (fields, path)
            assert answer.json()["error"]["error_data"]["details"].startswith("fields "), answer.text


async def test_numbers_of_other_projects_are_not_there(stack: Stack) -> None:
    async with stack.engine.begin() as connection:
        other = await make_project(connection, stack.settings, "Other")
    api, number = MetaApi(stack), other.phone_number_id
    assert (await api.answer("GET", f"/{number}")).status_code == 404
    for method, edge in (
        ("GET", "settings"),
        ("POST", "settings"),
        ("GET", "whatsapp_business_profile"),
        ("POST", "whatsapp_business_profile"),
        ("POST", "request_code"),
        ("POST", "verify_code"),
        ("POST", "register"),
        ("POST", "deregister"),
        ("POST", "media"),
    ):
        answer = await api.answer(method, f"/{number}/{edge}", {} if method == "POST" else None)
        assert answer.status_code == 404, edge
        assert answer.json()["error"]["message"].startswith("WhatsApp phone number not found"), edge


async def test_a_number_whose_token_is_wrong_gets_metas_own_answer(stack: Stack) -> None:
    async with stack.engine.begin() as connection:
        wrong = encrypt("another token", stack.settings.secret_key)
        await connection.execute(text("UPDATE phone_number SET access_token = :token"), {"token": wrong})
    api = MetaApi(stack)
    for method, path in (
        ("GET", f"/{api.number}"),
        ("GET", f"/{api.number}/settings"),
        ("POST", f"/{api.number}/register"),
        ("GET", f"/{ACCOUNT}/message_templates"),
        ("GET", f"/{ACCOUNT}/message_templates/77"),
    ):
        answer = await api.answer(method, path, {} if method == "POST" else None)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (401, 190), path
        assert error["fbtrace_id"].startswith("A")
        assert "another token" not in answer.text


async def test_a_token_that_meta_repeats_goes_no_further(stack: Stack) -> None:
    error = {"message": f"Malformed access token {ACCESS_TOKEN}", "type": "OAuthException", "code": 190}
    async with running_raw_server() as graph, other_api(stack, graph_url=graph.url) as api:
        graph.answer = lambda _: http_answer(msgspec.json.encode({"error": error}), "400 Bad Request")
        answer = await api.get(f"{META}/{stack.project.phone_number_id}")
    assert graph.requests[0].header("authorization") == f"Bearer {ACCESS_TOKEN}"
    assert answer.json()["error"] == error | {"message": "Malformed access token -"}


async def test_without_meta_there_is_a_502_and_no_500(stack: Stack) -> None:
    number = stack.project.phone_number_id
    async with other_api(stack, graph_url=NOWHERE) as api:
        for method, path in (
            ("GET", f"/{number}"),
            ("GET", f"/{number}/whatsapp_business_profile"),
            ("POST", f"/{number}/settings"),
            ("POST", f"/{number}/deregister"),
            ("GET", f"/{ACCOUNT}/message_templates"),
            ("POST", f"/{ACCOUNT}/message_templates"),
            ("DELETE", f"/{ACCOUNT}/message_templates?name=a"),
            ("GET", "/77"),
        ):
            answer = await api.request(method, f"{META}{path}", json={} if method == "POST" else None)
            assert (answer.status_code, answer.json()["error"]["code"]) == (502, 131000), path


async def test_a_body_larger_than_64_kb_is_refused(stack: Stack) -> None:
    api = MetaApi(stack)
    for path in (f"/{api.number}/settings", f"/{api.number}/register", f"/{ACCOUNT}/message_templates"):
        answer = await api.answer("POST", path, {"about": "x" * 64 * 1024})
        assert answer.status_code == 413, path


@contextlib.asynccontextmanager
async def _two_accounts(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    """The project's second number belongs to another WhatsApp account, which the same token is good for."""
    numbers = [
        SimulatedNumber(number, account, f"+1 555 {number[-4:]}", "Alder & Finch")
        for number, account in (
            (stack.project.phone_number_id, ACCOUNT),
            (stack.project.customer_phone_number_id, OTHER_ACCOUNT),
        )
    ]
    async with stack.engine.begin() as connection:
        await connection.execute(
            text("UPDATE phone_number SET business_account_id = :account WHERE phone_number_id = :number"),
            {"account": OTHER_ACCOUNT, "number": stack.project.customer_phone_number_id},
        )
    with bind("127.0.0.1", 0) as sock:
        url = f"http://127.0.0.1:{port_of(sock)}"
        config = SimulatorConfig(f"{NOWHERE}/", "secret", "token", ACCESS_TOKEN, numbers, url)
        async with serving(create_simulator(config), sock), other_api(stack, graph_url=url) as api:
            yield api


async def test_a_template_is_found_changed_and_deleted_in_its_own_account_only(stack: Stack) -> None:
    async with _two_accounts(stack) as api:
        theirs = f"{META}/{OTHER_ACCOUNT}/message_templates"
        ours = f"{META}/{ACCOUNT}/message_templates"
        template = (await api.get(theirs, params={"name": "order_update", "language": "es_MX"})).json()["data"][0]
        by_id = {"hsm_id": template["id"]}
        body = {"category": "MARKETING"}
        for answer in (
            await api.get(f"{ours}/{template['id']}"),
            await api.post(ours, params=by_id, json=body),
            await api.delete(ours, params=by_id),
        ):
            assert (answer.status_code, answer.json()["error"]["message"]) == (404, "Template not found")
        assert (await api.get(f"{theirs}/{template['id']}")).json() == template
        assert (await api.post(theirs, params=by_id, json=body)).json() == {"success": True}
        assert (await api.get(f"{theirs}/{template['id']}")).json()["status"] == "PENDING"
        # By its id alone it could be of either account.
        alone = await api.get(f"{META}/{template['id']}")
        assert (alone.status_code, alone.json()["error"]["error_data"]["details"]) == (
            422,
            "phone_number_id is required",
        )
        assert (await api.delete(theirs, params=by_id)).json() == {"success": True}
        assert (await api.get(f"{theirs}/{template['id']}")).status_code == 404
        left = (await api.get(theirs, params={"name": "order_update"})).json()["data"]
        assert [one["language"] for one in left] == ["en_US"]


async def test_one_language_of_a_template_is_deleted_and_the_others_stay(stack: Stack) -> None:
    api = MetaApi(stack)
    path = f"/{ACCOUNT}/message_templates"

    async def languages() -> list[str]:
        return [one["language"] for one in (await api.get(path, name="order_update"))["data"]]

    assert await languages() == ["en_US", "es_MX"]
    unknown = await api.answer("DELETE", path, name="order_update", language="fr")
    assert (unknown.status_code, await languages()) == (404, ["en_US", "es_MX"])
    deleted = await api.answer("DELETE", path, name="order_update", language="en_US")
    assert (deleted.json(), await languages()) == ({"success": True}, ["es_MX"])


async def test_a_template_is_found_by_its_id_alone_where_there_is_one_account(stack: Stack) -> None:
    api = MetaApi(stack)
    (template,) = (await api.get(f"/{ACCOUNT}/message_templates", name="hello_world"))["data"]
    assert await api.get(f"/{template['id']}") == template
    assert await api.get(f"/{ACCOUNT}/message_templates/{template['id']}") == template
    for unknown in ("77", "me", "..", "1" * 50):
        assert (await api.answer("GET", f"/{unknown}")).status_code in (404, 422), unknown


async def test_no_path_is_taken_for_another(stack: Stack) -> None:
    """An id and the names `conversations` and `contacts` stand at the same place."""
    api = MetaApi(stack)
    uuid = "00000000-0000-4000-8000-000000000000"
    for path, words in (
        (f"/conversations/{uuid}", "Conversation not found"),
        (f"/{api.number}/conversations/{uuid}", "Conversation not found"),
        (f"/{api.number}/messages/wamid.X", "Message not found"),
        (f"/{api.number}/contacts/15550100", "not found"),
    ):
        answer = await api.answer("GET", path)
        assert (answer.status_code, words in answer.json()["error"]["message"]) == (404, True), path
    for path in ("/conversations", f"/{api.number}/nothing", f"/{api.number}/settings/x"):
        assert (await api.answer("GET", path)).status_code in (404, 405, 422), path
    assert (await stack.http.get("/meta/whatsapp/media_download")).status_code == 404
    assert (await stack.http.get("/meta/whatsapp/media_download")).json()["error"]["message"] == "Media not found"
