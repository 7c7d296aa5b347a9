"""Media that are late, lost, or other than what was told of them; and the sample files, which are what they seem."""

import base64
import hashlib
import time

import pytest

from cli.simulator.media_types import sample
from tests.integration.simulator_support import World, until

pytest_plugins = ("tests.integration.simulator_fixtures",)


def picture(world: World) -> tuple[str, str]:
    """The id of a customer's picture, and a URL of it."""
    world.customer_sends("image")
    media_id = until(world.business.messages)[0]["image"]["id"]
    return media_id, world.graph.get(f"/{media_id}").json()["url"]


def test_the_url_of_a_webhook_lives_five_minutes(world: World) -> None:
    world.customer_sends("image")
    content = until(world.business.messages)[0]["image"]
    world.sim.post("/_sim/clock", json={"advance_seconds": 270})
    assert world.graph.get(content["url"]).status_code == 200
    world.sim.post("/_sim/clock", json={"advance_seconds": 40})
    assert world.graph.get(content["url"]).status_code == 404
    assert world.graph.get(world.graph.get(f"/{content['id']}").json()["url"]).status_code == 200


@pytest.mark.parametrize("http_status", [404, 503])
def test_look_ups_or_downloads_can_fail_for_a_while(world: World, http_status: int) -> None:
    media_id, url = picture(world)
    for fault, place, other in (("lookup", f"/{media_id}", url), ("download", url, f"/{media_id}")):
        world.faults(**{f"media_{fault}_next": {"count": 2, "http_status": http_status}})
        assert world.graph.get(other).status_code == 200
        answers = [world.graph.get(place) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [http_status, http_status, 200]
        assert answers[0].json()["error"]["code"] == (100 if http_status == 404 else 131000)


def test_look_ups_and_downloads_can_be_slow(world: World) -> None:
    media_id, url = picture(world)
    slow = {"count": 1, "slow_seconds": 0.3}
    world.faults(media_lookup_next=slow, media_download_next=slow)
    for place in (f"/{media_id}", url):
        started = time.monotonic()
        assert world.graph.get(place).status_code == 200
        assert time.monotonic() - started >= 0.3


def test_bytes_can_be_other_than_their_hash(world: World) -> None:
    media_id, url = picture(world)
    world.faults(media_corrupt=True)
    told, data = world.graph.get(f"/{media_id}").json(), world.graph.get(url).content
    assert len(data) == told["file_size"]
    assert hashlib.sha256(data).hexdigest() != told["sha256"]


def test_a_file_can_be_longer_than_was_told(world: World) -> None:
    media_id, url = picture(world)
    world.faults(media_extra_bytes=1000)
    assert len(world.graph.get(url).content) == world.graph.get(f"/{media_id}").json()["file_size"] + 1000


def test_a_type_can_be_wrong(world: World) -> None:
    media_id, url = picture(world)
    world.faults(media_mime_type="video/mp4")
    assert world.graph.get(f"/{media_id}").json()["mime_type"] == "video/mp4"
    assert world.graph.get(url).headers["content-type"] == "video/mp4"


def test_a_webhook_can_lie_about_the_type(world: World) -> None:
    data = base64.b64encode(sample("jpeg")[1]).decode()
    world.customer_sends("image", {"data": data, "mime_type": "image/png"})
    assert until(world.business.messages)[0]["image"]["mime_type"] == "image/png"


@pytest.mark.parametrize(
    ("kind", "name", "mime_type"),
    [("image", "jpeg", "image/jpeg"), ("sticker", "animated_sticker", "image/webp")],
)
def test_a_sample_can_be_chosen(world: World, kind: str, name: str, mime_type: str) -> None:
    world.customer_sends(kind, {"sample": name})
    content = until(world.business.messages)[0][kind]
    assert content["mime_type"] == mime_type
    assert "sample" not in content
    assert world.graph.get(content["url"]).content == sample(name)[1]
