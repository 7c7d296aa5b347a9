"""The npm package @kapso/whatsapp-cloud-api as its users call it, and the calls of Kapso's open Next.js inbox."""

import base64
import hashlib
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from cli.simulator.media_types import sample
from tests.compatibility.clients import ANA, NODE, Customer, run
from tests.stack import Stack

_, PICTURE = sample("image")

# The name in package.json, and the host name that this version insists on.
VERSIONS = [("@kapso/whatsapp-cloud-api", None), ("kapso-0.2", None), ("kapso-0.1", "inbox-kapso.ai")]

CONVERSATION_KEYS = {
    "contactName",
    "messagesCount",
    "lastMessageType",
    "lastMessageText",
    "lastInboundAt",
    "lastOutboundAt",
}


class Report(msgspec.Struct):
    """What each call of a script came to."""

    steps: dict[str, dict[str, Any]]

    def __getitem__(self, step: str) -> Any:
        assert "error" not in self.steps[step], (step, self.steps[step]["error"])
        return self.steps[step].get("value")

    def error(self, step: str) -> dict[str, Any]:
        error: dict[str, Any] = self.steps[step]["error"]
        return error


async def _run(script: str, stack: Stack, package: str, host: str | None, **more: str) -> Report:
    config = {
        "package": package,
        "host": host,
        "url": stack.base_url,
        "key": stack.project.api_key,
        "phoneNumberId": stack.project.phone_number_id,
        "businessAccountId": "900100",
        "customer": ANA,
        "picture": base64.b64encode(PICTURE).decode(),
        **more,
    }
    return Report(msgspec.json.decode(await run(NODE, script, msgspec.json.encode(config).decode())))


@pytest.mark.parametrize(("package", "host"), VERSIONS, ids=["0.3.0", "0.2.0", "0.1.0"])
async def test_a_program_that_uses_the_package_works_unchanged(
    stack: Stack, ana: Customer, package: str, host: str | None
) -> None:
    question = await ana.writes("Is it open on Sunday?")
    report = await _run("node_client.mjs", stack, package, host, question=question)
    await _check_sends(report, ana, question)
    _check_history(report, ana, question)
    _check_conversations(report)
    _check_contacts(report)
    _check_media(report)
    _check_templates(report)
    _check_number(report)
    _check_errors(report)


async def _check_sends(report: Report, ana: Customer, question: str) -> None:
    answers = {step.removeprefix("send "): report[step] for step in report.steps if step.startswith("send ")}
    received = await ana.has_received(len(answers) + 1)  # and a reaction
    shown = dict(zip(answers, received, strict=False))
    for kind, answer in answers.items():
        assert answer["messagingProduct"] == "whatsapp"
        if kind != "raw":
            assert answer["contacts"] == [{"input": ANA, "waId": ANA}]
        assert [message["id"] for message in answer["messages"]] == [shown[kind]["wamid"]]
    assert (shown["reply"]["text"]["body"], shown["reply"]["context"]["message_id"]) == ("It is.", question)
    assert shown["image"]["image"] == {"id": report["upload"]["id"], "caption": "The lamp"}
    assert shown["audio"]["audio"] == {"link": "https://shop.example/hi.ogg"}
    assert shown["document"]["document"]["filename"] == "bill.pdf"
    assert shown["contacts"]["contacts"][0]["name"] == {"formatted_name": "Ana Ribeiro", "first_name": "Ana"}
    assert shown["buttons"]["interactive"]["action"]["buttons"][0]["reply"] == {"id": "yes", "title": "Yes"}
    assert shown["list"]["interactive"]["action"]["sections"][0]["rows"][0]["id"] == "f10"
    if "link" in shown:
        assert shown["link"]["interactive"]["action"]["parameters"]["display_text"] == "Open"
    assert "Hola Ana, tu pedido A-7" in shown["template"]["rendered"]["body"]
    assert shown["named"]["rendered"]["body"] == "Hello Ana, we look forward to seeing you on Friday at 10:30."
    asked = await ana.sees(question)
    assert "👍" in str(asked["reactions"])
    assert report["mark read"] == {"success": True}
    assert "read" in [status["status"] for status in asked["statuses"]]


def _check_history(report: Report, ana: Customer, question: str) -> None:
    newest, older = report["history"], report["older"]
    assert (len(newest["data"]), len(older["data"])) == (2, 2)
    assert not {one["id"] for one in newest["data"]} & {one["id"] for one in older["data"]}
    assert newest["paging"]["cursors"]["after"] == newest["paging"]["next"]
    asked, first = report["inbound"]["data"]
    assert (asked["id"], asked["text"], asked["from"]) == (question, {"body": "Is it open on Sunday?"}, ANA)
    assert first["kapso"]["content"] == "hola"
    assert (asked["kapso"]["direction"], asked["kapso"]["contactName"]) == ("inbound", "Ana")
    assert asked["timestamp"].isdigit()
    if "message" in report.steps:
        assert report["message"] == asked
    thread = report["thread"]["data"]
    assert {"text", "image", "interactive", "template"} <= {one["type"] for one in thread}
    assert next(one for one in thread if one["type"] == "interactive")["interactive"]["type"] in ("cta_url", "list")


def _check_conversations(report: Report) -> None:
    (listed,) = report["conversations"]["data"]
    assert (listed["phoneNumber"], listed["status"]) == (ANA, "active")
    assert set(listed["kapso"]) > CONVERSATION_KEYS
    assert report["conversations"]["paging"]["cursors"].keys() == {"before", "after"}
    assert report["conversation"]["id"] == listed["id"]
    assert report["end"] == report["reopen"] == {"success": True}
    assert [one["id"] for one in report["ended"]["data"]] == [listed["id"]]


def _check_contacts(report: Report) -> None:
    (listed,) = report["contacts"]["data"]
    assert (listed["waId"], listed["profileName"]) == (ANA, "Ana")
    assert report["update contact"] == {"success": True}
    changed = report["contact"]
    assert (changed["id"], changed["displayName"], changed["metadata"]) == (listed["id"], "Ana R.", {"tier": "gold"})


def _check_media(report: Report) -> None:
    described = report["media"]
    assert described["id"] == report["upload"]["id"]
    assert (described["messagingProduct"], described["mimeType"]) == ("whatsapp", "image/png")
    assert (described["fileSize"], described["sha256"]) == (str(len(PICTURE)), hashlib.sha256(PICTURE).hexdigest())
    assert urlsplit(described["downloadUrl"]).path == "/meta/whatsapp/media_download"
    assert base64.b64decode(report["download"]) == PICTURE
    assert report["delete media"] == {"success": True}
    assert report.error("deleted media")["httpStatus"] == 404


def _check_templates(report: Report) -> None:
    by_name = {one["name"]: one for one in report["templates"]["data"]}
    assert {"id", "name", "category", "language", "status", "components"} <= by_name["hello_world"].keys()
    assert {one["name"] for one in report["approved"]["data"]} == {"order_update"}
    created = report["create template"]
    assert (created["status"], created["category"]) == ("PENDING", "UTILITY")
    if "template" in report.steps:
        assert (report["template"]["id"], report["template"]["name"]) == (created["id"], "thanks")
    assert report["delete template"] == {"success": True}


def _check_number(report: Report) -> None:
    for step in ("request code", "verify code", "register", "deregister", "update settings", "update profile"):
        assert report[step] == {"success": True}, step
    assert isinstance(report["settings"], dict)
    (profile,) = report["profile"]["data"]
    assert profile["about"] == "Lamps since 1988"


def _check_errors(report: Report) -> None:
    def error(step: str) -> tuple[int, int, str]:
        found = report.error(step)
        assert found["name"] == "GraphApiError"
        return found["httpStatus"], found["code"], found["category"]

    assert error("wrong key") == (401, 190, "authorization")
    assert error("window closed") == (422, 131047, "reengagementWindow")
    assert report.error("window closed")["retry"] == {"action": "do_not_retry"}
    assert error("no such template")[1:] == (132001, "template")
    assert error("wrong message")[2] == "parameter"
    assert error("no such number")[::2] == (404, "parameter")
    assert error("no such conversation")[::2] == (404, "parameter")
    assert error("calls")[0] == 501
    assert error("wrong cursor") == (400, 100, "parameter")


@pytest.mark.own_roles  # whose worker asks about the numbers as it starts
async def test_kapsos_open_inbox_finds_everything_that_it_reads(stack: Stack, ana: Customer) -> None:
    """The app comes with version 0.1.0 of the package, and therefore needs a host name that ends in kapso.ai."""
    question = await ana.sends("image")
    report = await _run("inbox_app.mjs", stack, "kapso-0.1", "inbox-kapso.ai", question=question)

    numbers = {one["phone_number_id"]: one for one in report["numbers"]}
    assert set(numbers) == {stack.project.phone_number_id, stack.project.customer_phone_number_id}
    own = numbers[stack.project.phone_number_id]
    assert (own["business_account_id"], own["status"]) == ("900100", "CONNECTED")
    assert own["display_phone_number"]
    assert own["display_name"] or own["verified_name"] or own["name"]

    (conversation,) = report["conversations"]["data"]
    assert set(conversation["kapso"]) == CONVERSATION_KEYS
    assert {"id", "phoneNumber", "status", "lastActiveAt", "phoneNumberId", "metadata"} <= conversation.keys()
    assert conversation["kapso"]["lastMessageType"] == "image"

    for step in ("send text", "send file", "send buttons", "send template"):
        assert report[step]["messages"][0]["id"].startswith("wamid."), step
    text, file, buttons, template = await ana.has_received(4)
    assert text["context"]["message_id"] == question
    assert file["image"]["id"] == report["upload"]["id"]
    assert buttons["interactive"]["header"] == {"type": "text", "text": "Your order"}
    assert template["rendered"]["body"].startswith("Hi Ana, your order A-7")
    assert template["rendered"]["buttons"][1]["url"] == "https://shop.example/track/A-7"

    thread = {one["type"]: one for one in report["thread"]["data"]}  # the oldest of each
    assert thread["text"]["text"] == {"body": "hola"}
    picture = next(one for one in report["thread"]["data"] if one["id"] == question)
    assert {"direction", "status", "phoneNumber", "hasMedia", "mediaData", "mediaUrl"} <= picture["kapso"].keys()
    assert picture["kapso"]["mediaData"]["contentType"] == "image/png"
    sent_text = next(one for one in report["thread"]["data"] if one["id"] == text["wamid"])
    assert sent_text["context"]["id"] == question
    assert thread["template"]["kapso"]["content"].startswith("Hi Ana, your order A-7")

    assert report["media"]["mimeType"] == "image/png"
    assert report["picture"] == {"status": 200, "type": "image/png", "bytes": base64.b64encode(PICTURE).decode()}
