"""Where a message names an upload, and what stands there when it is sent."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.whatsapp.media_file import KINDS
from shared.whatsapp.uploads import media_id_places, upload_places, with_media_id

_KEYS = st.sampled_from([*sorted(KINDS), "upload_id", "header", "parameters", "text"])
_CONTENTS: Any = st.recursive(
    st.text(max_size=3) | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=10,
)


@given(kind=_KEYS, content=_CONTENTS)
def test_where_an_upload_was_named_stands_metas_id_and_the_rest_is_as_it_was(kind: str, content: Any) -> None:
    places = upload_places(kind, content)
    sent = with_media_id(kind, content, "77")
    assert upload_places(kind, sent) == []
    assert (sent == content) == (places == [])
    assert len({place.path for place in places}) == len(places)


def test_an_upload_is_found_at_the_path_that_a_client_knows() -> None:
    header = {"type": "image", "image": {"upload_id": "1"}}
    template = {"components": [{}, {"parameters": [{}, {"type": "document", "document": {"upload_id": "2"}}]}]}
    for kind, content, path, at in (
        ("image", {"upload_id": "1", "caption": "Look"}, "image.upload_id", "image"),
        ("interactive", {"header": header}, "interactive.header.image.upload_id", "image"),
        ("template", template, "template.components[1].parameters[1].document.upload_id", "document"),
    ):
        (place,) = upload_places(kind, content)
        assert (place.path, place.kind) == (path, at)


def test_a_file_by_metas_id_is_found_at_its_path_and_another_id_is_none() -> None:
    header = {"type": "video", "video": {"id": "1"}}
    action = {"buttons": [{"type": "reply", "reply": {"id": "yes", "title": "Yes"}}]}
    (place,) = media_id_places("interactive", {"header": header, "action": action})
    assert (place.path, place.given) == ("interactive.header.video.id", "1")
    assert media_id_places("image", {"upload_id": "1"}) == media_id_places("image", {"link": "https://a.example"}) == []


def test_a_document_goes_by_the_name_that_the_message_gives_it_or_else_by_its_own() -> None:
    assert with_media_id("document", {"upload_id": "1"}, "77", "a.pdf") == {"id": "77", "filename": "a.pdf"}
    named = {"upload_id": "1", "filename": "bill.pdf"}
    assert with_media_id("document", named, "77", "a.pdf") == {"id": "77", "filename": "bill.pdf"}
    assert with_media_id("image", {"upload_id": "1"}, "77", "a.jpg") == {"id": "77"}


def test_what_is_no_media_object_is_left_alone() -> None:
    flow = {"action": {"parameters": {"flow_action_payload": {"upload_id": "1"}}}}
    assert upload_places("interactive", flow) == []
    assert with_media_id("interactive", flow, "77") == flow
