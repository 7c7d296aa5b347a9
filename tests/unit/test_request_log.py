"""What the api's figures call the door that somebody came through."""

import pytest

from api.request_log import _door


@pytest.mark.parametrize(
    ("path", "door"),
    [
        ("/platform/v1/inbox_embeds", "platform"),
        ("/meta/whatsapp/v24.0/1/messages", "meta"),
        ("/inbox/v1/session", "inbox"),
        ("/embed/token", "embed"),
        ("/embed", "embed"),
        ("/embedded", "other"),
        ("/", "other"),
        ("", "other"),
        ("*", "other"),  # OPTIONS * (RFC 9110, section 9.3.7)
    ],
)
def test_the_door_of_a_path(path: str, door: str) -> None:
    assert _door(path) == door
