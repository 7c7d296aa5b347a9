"""Numbers and templates as Graph lists them, and template sends against what they name."""

from typing import Any

import pytest

from tests.integration.simulator_support import ACCOUNT, ANA, NUMBER, OTHER_NUMBER, World

Json = dict[str, Any]


pytest_plugins = ("tests.integration.simulator_fixtures",)


def text(value: str, name: str | None = None) -> Json:
    return {"type": "text", "text": value} | ({"parameter_name": name} if name else {})


def header(*parameters: Json) -> Json:
    return {"type": "header", "parameters": list(parameters)}


def body(*parameters: Json) -> Json:
    return {"type": "body", "parameters": list(parameters)}


def button(index: int, sub_type: str, *parameters: Json) -> Json:
    return {"type": "button", "sub_type": sub_type, "index": str(index), "parameters": list(parameters)}


TRACK = button(1, "url", text("A-1"))
IMAGE = {"type": "image", "image": {"link": "https://shop.example/spring.jpg"}}

ORDER = [header(text("A-1")), body(text("Ana"), text("A-1")), TRACK]
REMINDER = [body(text("Friday", "day"), text("Ana", "first_name"), text("10:30", "hour"))]


def test_pages_add_up_to_the_whole_list(world: World) -> None:
    whole = world.graph.get(f"/{ACCOUNT}/message_templates").json()
    assert "next" not in whole["paging"]
    found, url = [], f"/{ACCOUNT}/message_templates?limit=3"
    while url:
        page = world.graph.get(url).json()
        assert len(page["data"]) <= 3
        found += page["data"]
        url = page["paging"].get("next")
    assert found == whole["data"]
    assert len({template["id"] for template in found}) == len(found) > 3


def test_a_page_leads_back(world: World) -> None:
    first = world.graph.get(f"/{ACCOUNT}/message_templates?limit=2").json()
    second = world.graph.get(first["paging"]["next"]).json()
    assert world.graph.get(second["paging"]["previous"]).json()["data"] == first["data"]


def test_filters_and_fields(world: World) -> None:
    def names(**query: str) -> list[tuple[str, str]]:
        data = world.graph.get(f"/{ACCOUNT}/message_templates", params=query).json()["data"]
        return [(template["name"], template["language"]) for template in data]

    assert names(name="order_update") == [("order_update", "en_US"), ("order_update", "es_MX")]
    assert names(status="PENDING") == [("loyalty_invitation", "en_US")]
    assert names(status="REJECTED") == [("instant_prize", "en_US")]
    only = world.graph.get(f"/{ACCOUNT}/message_templates", params={"fields": "name,status"}).json()["data"]
    assert all(sorted(template) == ["id", "name", "status"] for template in only)


def test_a_cursor_from_elsewhere_is_refused(world: World) -> None:
    assert world.graph.get(f"/{ACCOUNT}/message_templates?after=!!!").status_code == 400


def test_the_numbers_of_an_account(world: World) -> None:
    data = world.graph.get(f"/{ACCOUNT}/phone_numbers").json()["data"]
    assert [number["id"] for number in data] == [NUMBER, OTHER_NUMBER]
    assert data[0]["verified_name"] == "Harbour Shop"
    assert world.graph.get("/123/phone_numbers").status_code == 400


def test_a_number_with_the_fields_asked_for(world: World) -> None:
    fields = "status,throughput,whatsapp_business_manager_messaging_limit"
    assert world.graph.get(f"/{NUMBER}", params={"fields": fields}).json() == {
        "status": "CONNECTED",
        "throughput": {"level": "STANDARD"},
        "whatsapp_business_manager_messaging_limit": "TIER_2K",
        "id": NUMBER,
    }
    assert "display_phone_number" in world.graph.get(f"/{NUMBER}").json()
    assert world.graph.get(f"/{NUMBER}", params={"fields": "shoe_size"}).json()["error"]["code"] == 100


ACCEPTED: dict[str, tuple[str, str, list[Json]]] = {
    "no parameters": ("hello_world", "en_US", []),
    "positional": ("order_update", "en_US", ORDER),
    "another language": ("order_update", "es_MX", ORDER),
    "quick reply payload": (
        "order_update",
        "en_US",
        [*ORDER, button(0, "quick_reply", {"type": "payload", "payload": "P"})],
    ),
    "named, in any order": ("appointment_reminder", "en_US", REMINDER),
    "image header": ("spring_collection", "en_US", [header(IMAGE), body(text("Ana"))]),
    "authentication": ("login_code", "en_US", [body(text("123456")), button(0, "url", text("123456"))]),
}

REFUSED: dict[str, tuple[str, str, list[Json], int]] = {
    "unknown name": ("nothing", "en_US", [], 132001),
    "unknown language": ("hello_world", "de", [], 132001),
    "pending": ("loyalty_invitation", "en_US", [body(text("Ana", "first_name"))], 132001),
    "rejected": ("instant_prize", "en_US", [], 132001),
    "too few in the body": ("order_update", "en_US", [header(text("A-1")), body(text("Ana")), TRACK], 132000),
    "too many in the body": ("order_update", "en_US", [header(text("A-1")), body(*[text("x")] * 3), TRACK], 132000),
    "header forgotten": ("order_update", "en_US", [body(text("Ana"), text("A-1")), TRACK], 132000),
    "URL suffix forgotten": ("order_update", "en_US", ORDER[:2], 132000),
    "parameters for nothing": ("hello_world", "en_US", [body(text("Ana"))], 132000),
    "a button that is not there": ("order_update", "en_US", [*ORDER, button(5, "url", text("x"))], 132000),
    "names forgotten": ("appointment_reminder", "en_US", [body(text("a"), text("b"), text("c"))], 132012),
    "a wrong name": (
        "appointment_reminder",
        "en_US",
        [body(*REMINDER[0]["parameters"][:2], text("x", "noon"))],
        132012,
    ),
    "a text as image": ("spring_collection", "en_US", [header(text("pic")), body(text("Ana"))], 132012),
    "an image as text": ("order_update", "en_US", [header(IMAGE), *ORDER[1:]], 132012),
    "a text as payload": ("order_update", "en_US", [*ORDER, button(0, "quick_reply", text("P"))], 132012),
    "an empty text": ("order_update", "en_US", [header(text("")), *ORDER[1:]], 132008),
    "a new line in a text": ("order_update", "en_US", [header(text("A\n1")), *ORDER[1:]], 132008),
}


def send(world: World, name: str, language: str, components: list[Json], **to: str) -> Json:
    content = {"name": name, "language": {"code": language}, "components": components}
    answer: Json = world.post(type="template", template=content, **(to or {"to": f"+{ANA}"})).json()
    return answer


@pytest.mark.parametrize(("name", "language", "components"), ACCEPTED.values(), ids=ACCEPTED)
def test_accepted(world: World, name: str, language: str, components: list[Json]) -> None:
    answer = send(world, name, language, components)
    assert answer["messages"][0]["message_status"] == "accepted"
    assert world.settled("sent", "delivered")[0]["pricing"]["billable"] is True


@pytest.mark.parametrize(("name", "language", "components", "code"), REFUSED.values(), ids=REFUSED)
def test_refused(world: World, name: str, language: str, components: list[Json], code: int) -> None:
    assert send(world, name, language, components)["error"]["code"] == code
    assert world.received()["count"] == 0


def test_an_authentication_template_needs_a_phone(world: World) -> None:
    components = [body(text("123456")), button(0, "url", text("123456"))]
    assert send(world, "login_code", "en_US", components, recipient="MX.123")["error"]["code"] == 131062


def test_the_customer_reads_the_filled_in_text(world: World) -> None:
    send(world, "order_update", "en_US", ORDER)
    world.settled("sent", "delivered")
    shown = world.sim.get("/_sim/messages", params={"phone_number_id": NUMBER, "wa_id": ANA}).json()
    assert shown[0]["rendered"] == {
        "name": "order_update",
        "category": "UTILITY",
        "header": {"type": "text", "text": "Order A-1"},
        "body": "Hi Ana, your order A-1 has left our warehouse. It will be with you tomorrow.",
        "footer": "Thank you for shopping with us",
        "buttons": [
            {"type": "quick_reply", "text": "Talk to us", "payload": "Talk to us"},
            {"type": "url", "text": "Track it", "url": "https://shop.example/track/A-1"},
        ],
    }


def test_a_limit_that_is_no_number_gets_a_graph_error(world: World) -> None:
    answer = world.graph.get(f"/{ACCOUNT}/message_templates?limit=many")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 100)
