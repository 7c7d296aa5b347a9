"""Media: up, described, down again, and gone."""

import base64
import hashlib

import httpx
import pytest

from cli.simulator.media_types import sample
from tests.integration.simulator_support import ANA, NUMBER, OTHER_NUMBER, TOKEN, World, until

PNG_TYPE, PNG = sample("image")
DAY = 24 * 60 * 60


pytest_plugins = ("tests.integration.simulator_fixtures",)


def upload(world: World, data: bytes = PNG, mime_type: str = PNG_TYPE, name: str = "a.png") -> httpx.Response:
    form = {"messaging_product": "whatsapp", "type": mime_type}
    return world.graph.post(f"/{NUMBER}/media", data=form, files={"file": (name, data, mime_type)})


def uploaded(world: World) -> str:
    media_id = upload(world).json()["id"]
    assert isinstance(media_id, str)
    return media_id


def test_a_round_trip(world: World) -> None:
    media_id = uploaded(world)
    described = world.graph.get(f"/{media_id}").json()
    assert described | {"url": ""} == {
        "messaging_product": "whatsapp",
        "url": "",
        "mime_type": "image/png",
        "sha256": hashlib.sha256(PNG).hexdigest(),
        "file_size": len(PNG),
        "id": media_id,
    }
    downloaded = world.graph.get(described["url"])
    assert downloaded.content == PNG
    assert downloaded.headers["content-type"] == "image/png"


def test_a_url_needs_the_token_and_lives_five_minutes(world: World) -> None:
    media_id = uploaded(world)
    url = world.graph.get(f"/{media_id}").json()["url"]
    assert world.sim.get(url).status_code == 401
    assert world.graph.get(url.replace("hash=", "hash=0")).status_code == 404
    world.sim.post("/_sim/clock", json={"advance_seconds": 260})
    assert world.graph.get(url).status_code == 200
    world.sim.post("/_sim/clock", json={"advance_seconds": 60})
    assert world.graph.get(url).status_code == 404
    assert world.graph.get(world.graph.get(f"/{media_id}").json()["url"]).content == PNG


def test_an_upload_lives_thirty_days_and_a_customers_file_seven(world: World) -> None:
    ours = uploaded(world)
    world.customer_sends("image")
    theirs = until(world.business.messages)[0]["image"]["id"]
    world.sim.post("/_sim/clock", json={"advance_seconds": 8 * DAY})
    assert world.graph.get(f"/{ours}").status_code == 200
    assert world.graph.get(f"/{theirs}").status_code == 400
    world.sim.post("/_sim/clock", json={"advance_seconds": 23 * DAY})
    assert world.graph.get(f"/{ours}").status_code == 400


def test_a_deleted_file_is_gone(world: World) -> None:
    media_id = uploaded(world)
    assert world.graph.delete(f"/{media_id}").json() == {"success": True}
    assert world.graph.get(f"/{media_id}").json()["error"]["code"] == 100


def test_another_numbers_file_is_not_shown(world: World) -> None:
    media_id = uploaded(world)
    assert world.graph.get(f"/{media_id}", params={"phone_number_id": NUMBER}).status_code == 200
    assert world.graph.get(f"/{media_id}", params={"phone_number_id": OTHER_NUMBER}).status_code == 400


@pytest.mark.parametrize(
    ("mime_type", "size", "code"),
    [
        ("application/zip", 10, 100),
        ("audio/webm", 10, 100),
        ("image/png", 0, 100),
        ("image/png", 5 * 1024 * 1024 + 1, 131053),
        ("image/webp", 500 * 1024 + 1, 131053),
        ("video/mp4", 16 * 1024 * 1024 + 1, 131053),
    ],
)
def test_an_upload_that_is_refused(world: World, mime_type: str, size: int, code: int) -> None:
    answer = upload(world, bytes(size), mime_type)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


def test_a_form_without_its_parts_is_refused(world: World) -> None:
    file = {"file": ("a.png", PNG, PNG_TYPE)}
    assert world.graph.post(f"/{NUMBER}/media", files=file).json()["error"]["code"] == 100
    no_file = world.graph.post(f"/{NUMBER}/media", data={"messaging_product": "whatsapp"})
    assert "file is required" in no_file.json()["error"]["message"]


def test_a_send_by_id_and_by_link(world: World) -> None:
    world.open_window()
    for image in ({"id": uploaded(world)}, {"link": "https://shop.example/a.jpg"}):
        assert world.post(to=f"+{ANA}", type="image", image=image).status_code == 200
    world.settled("sent", "delivered", "sent", "delivered")


def test_a_send_with_an_unknown_id_is_refused(world: World) -> None:
    world.open_window()
    answer = world.post(to=f"+{ANA}", type="image", image={"id": "123"})
    assert answer.json()["error"]["code"] == 100


@pytest.mark.parametrize(
    ("kind", "data", "mime_type"),
    [
        ("video", sample("audio")[1], "video/mp4"),
        ("document", sample("audio")[1], "application/pdf"),
        ("audio", PNG, "image/png"),
    ],
)
def test_a_file_that_is_something_else_fails_later(world: World, kind: str, data: bytes, mime_type: str) -> None:
    world.open_window()
    media_id = upload(world, data, mime_type).json()["id"]
    assert world.post(to=f"+{ANA}", type=kind, **{kind: {"id": media_id}}).status_code == 200
    assert world.settled("failed")[0]["errors"][0]["code"] == 131053


def test_a_customers_file_can_be_fetched(world: World) -> None:
    data = base64.b64encode(b"%PDF-1.4 order").decode()
    world.customer_sends("document", {"data": data, "filename": "año 1.pdf", "caption": "the order"})
    document = until(world.business.messages)[0]["document"]
    assert document["filename"] == "año 1.pdf"
    assert document["caption"] == "the order"
    assert base64.b64decode(document["sha256"]) == hashlib.sha256(b"%PDF-1.4 order").digest()
    assert world.graph.get(document["url"]).content == b"%PDF-1.4 order"
    assert world.graph.get(world.graph.get(f"/{document['id']}").json()["url"]).content == b"%PDF-1.4 order"


def test_media_can_be_gone_or_fail_for_a_while(world: World) -> None:
    media_id = uploaded(world)
    url = world.graph.get(f"/{media_id}").json()["url"]
    world.faults(media_error_next=2)
    assert [world.graph.get(place).status_code for place in (f"/{media_id}", url, url)] == [500, 500, 200]
    world.faults(media_gone=True)
    assert [world.graph.get(place).status_code for place in (f"/{media_id}", url)] == [400, 404]


def test_an_asset_goes_up_in_a_session(world: World) -> None:
    query = {"file_name": "lamp.png", "file_length": str(len(PNG)), "file_type": PNG_TYPE}
    session = world.graph.post("/app/uploads", params=query).json()["id"]
    headers = {"Authorization": f"OAuth {TOKEN}", "file_offset": "0"}
    assert world.graph.post(f"/{session}", content=PNG).status_code == 401
    assert world.graph.post(f"/{session}", content=PNG[:-1], headers=headers).status_code == 400
    assert world.graph.post(f"/{session}x", content=PNG, headers=headers).status_code == 400
    handle = world.graph.post(f"/{session}", content=PNG, headers=headers).json()["h"]
    assert hashlib.sha256(PNG).hexdigest()[:40] in handle
    assert world.graph.post("/app/uploads", params=query | {"file_type": "text/plain"}).status_code == 400
