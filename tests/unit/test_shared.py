"""The small pure parts of shared."""

import base64
from datetime import UTC, datetime
from itertools import permutations
from typing import Annotated, Literal
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from shared.crypto import DecryptionError, decrypt, encrypt, new_token, webhook_signature, webhook_signature_is_valid
from shared.ids import new_id
from shared.paging import InvalidCursorError, decode_cursor, encode_cursor
from shared.scope import Audience, Scope
from shared.validation import InvalidFieldsError, convert_fields
from shared.whatsapp.content import PREVIEW_LENGTH, preview_of, text_of
from shared.whatsapp.status import STATUSES, furthest
from shared.whatsapp.wamid import wamid_key

PROJECT, CUSTOMER, USER, OTHER = (UUID(int=number) for number in range(1, 5))


def test_ids_sort_as_they_are_made() -> None:
    ids = [new_id() for _ in range(2000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 2000
    assert {one.version for one in ids} == {7}


class TestCrypto:
    def test_what_was_encrypted_is_read_back_with_the_same_key_only(self) -> None:
        stored = encrypt("token", "the first secret key")
        assert decrypt(stored, "the first secret key") == "token"
        assert b"token" not in stored
        with pytest.raises(DecryptionError):
            decrypt(stored, "another secret key")

    def test_a_token_has_256_bits_and_is_safe_in_a_url(self) -> None:
        tokens = {new_token() for _ in range(100)}
        assert len(tokens) == 100
        assert all(len(token) == 43 and token.replace("-", "").replace("_", "").isalnum() for token in tokens)

    @given(st.binary(max_size=200), st.binary(min_size=1, max_size=40))
    def test_a_signature_is_valid_for_its_body_and_secret_only(self, body: bytes, secret: bytes) -> None:
        header = webhook_signature(body, secret)
        assert webhook_signature_is_valid(body, header, [b"other", secret])
        assert not webhook_signature_is_valid(body + b" ", header, [secret])
        assert not webhook_signature_is_valid(body, header, [secret + b"x"])
        assert not webhook_signature_is_valid(body, header[:-1], [secret])
        assert not webhook_signature_is_valid(body, "", [secret])

    def test_the_signature_is_metas(self) -> None:
        # printf '%s' '{"object":"page"}' | openssl dgst -sha256 -hmac secret
        expected = "sha256=c1456f83e15385a03562cbe2eaaa918ec5e06b4f170f909283a2781c7924e4d1"
        assert webhook_signature(b'{"object":"page"}', b"secret") == expected


class TestScope:
    def test_an_iframe_listens_to_one_channel_and_a_conversation_is_published_to_at_most_six(self) -> None:
        channels = Audience(PROJECT, "106", CUSTOMER, USER).channels()
        assert len(channels) == len(set(channels)) == 6
        assert len(Audience(PROJECT, "106", None, None).channels()) == 2

    @given(
        st.sampled_from([None, "106", "107"]),
        st.sampled_from([None, CUSTOMER, OTHER]),
        st.sampled_from([None, USER, OTHER]),
        st.sampled_from(["106", "107"]),
        st.sampled_from([None, CUSTOMER, OTHER]),
        st.sampled_from([None, USER, OTHER]),
    )
    def test_a_conversation_is_published_to_a_scopes_channel_exactly_if_the_scope_contains_it(
        self,
        number: str | None,
        customer: UUID | None,
        assignee: UUID | None,
        its_number: str,
        its_customer: UUID | None,
        its_assignee: UUID | None,
    ) -> None:
        if number is not None and customer is not None:
            return  # no embed has both
        scope = Scope(PROJECT, number, customer, assignee)
        contains = (
            number in (None, its_number)
            and (customer is None or customer == its_customer)
            and (assignee is None or assignee == its_assignee)
        )
        channels = Audience(PROJECT, its_number, its_customer, its_assignee).channels()
        assert (scope.channel() in channels) == contains
        assert scope.channel() not in Audience(OTHER, "999", None, None).channels()


class TestStatus:
    def test_the_furthest_status_does_not_depend_on_the_order(self) -> None:
        for statuses in permutations(["sent", "failed", "delivered", "read", "warning"]):
            assert furthest(list(statuses)) == "read"

    @given(st.lists(st.sampled_from([*STATUSES, "deleted", "new-one"])))
    def test_repeats_change_nothing(self, statuses: list[str]) -> None:
        assert furthest(statuses * 2) == furthest(statuses)

    def test_a_status_without_a_rank_changes_nothing(self) -> None:
        assert furthest(["deleted"]) is None
        assert furthest([]) is None


class TestPaging:
    @given(st.datetimes(timezones=st.just(UTC)), st.uuids())
    def test_a_cursor_round_trip(self, at: datetime, row_id: UUID) -> None:
        assert decode_cursor(encode_cursor(at, row_id)) == (at, row_id)

    @given(st.text(max_size=80))
    def test_any_other_text_is_refused(self, text: str) -> None:
        with pytest.raises(InvalidCursorError):
            decode_cursor(text)


ANY_JSON = st.recursive(
    st.none() | st.text() | st.integers(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["body", "type", "name", "caption"]), inner),
)


class TestContent:
    @given(st.sampled_from(["text", "image", "location", "contacts", "interactive", "order", "telepathy"]), ANY_JSON)
    def test_whatever_a_message_holds_gives_one_line(self, kind: str, content: object) -> None:
        line = preview_of(kind, content)
        assert len(line) <= PREVIEW_LENGTH
        assert "\n" not in line

    def test_the_words_of_each_type(self) -> None:
        reply = {"type": "list_reply", "list_reply": {"id": "1", "title": "Size M"}}
        assert text_of("interactive", reply) == "Size M"
        assert (
            text_of("contacts", [{"name": {"formatted_name": "Ana"}}, {"name": {"formatted_name": "Ben"}}])
            == "Ana, Ben"
        )
        assert text_of("document", {"filename": "offer.pdf"}) == "offer.pdf"
        assert text_of("sticker", {"id": "1"}) == ""
        assert preview_of("text", {"body": "  two\n lines  "}) == "two lines"


class TestWamid:
    @given(st.binary(max_size=80))
    def test_whatever_it_is_it_has_a_key(self, record: bytes) -> None:
        assert wamid_key("wamid." + base64.b64encode(record).decode())

    @given(st.text())
    def test_what_does_not_decode_is_its_own_key(self, text: str) -> None:
        assert wamid_key("!" + text) == "!" + text


class _Form(msgspec.Struct):
    name: str
    size: int = 1
    tags: list[str] = []


class _Circle(msgspec.Struct, tag_field="kind", tag="circle"):
    radius: Annotated[float, Meta(gt=0)]


class _Square(msgspec.Struct, tag_field="kind", tag="square"):
    side: Annotated[float, Meta(gt=0)]
    corner: Annotated[float, Meta(ge=0)] = 0

    def __post_init__(self) -> None:
        if (self.corner or 0) > (self.side or 0) / 2:
            raise InvalidFieldsError({"corner": ["must be at most half a side"], "side": ["is too short"]})


class _Drawing(msgspec.Struct):
    shapes: Annotated[list[_Circle | _Square], Meta(min_length=1, max_length=4)]
    frame: _Square | None = None


class _Choice(msgspec.Struct):
    mode: Annotated[Literal["light", "dark"] | msgspec.UnsetType | None, Meta(description="How it looks.")]
    days: list[Literal["mon", "tue"]]
    level: Literal[1, 2]


class TestValidation:
    def test_every_wrong_field_is_named(self) -> None:
        with pytest.raises(InvalidFieldsError) as error:
            convert_fields(_Form, {"size": "x", "tags": [1], "unknown": 1})
        assert error.value.errors == {
            "name": ["is required"],
            "size": ["must be `int`, got `str`"],
            "tags": ["must be `str`, got `int` at `[0]`"],
        }

    def test_what_is_not_one_of_a_few_is_told_which_those_are(self) -> None:
        with pytest.raises(InvalidFieldsError) as error:
            convert_fields(_Choice, {"mode": "pink", "days": ["mon", "someday"], "level": 7})
        assert error.value.errors == {
            "mode": ["must be one of `light`, `dark`"],
            "days": ["must be one of `mon`, `tue` at `[1]`"],
            "level": ["must be one of `1`, `2`"],
        }

    def test_what_is_right_is_taken(self) -> None:
        assert convert_fields(_Form, {"name": "a", "size": "2"}, strict=False) == _Form("a", 2)
        drawing = {"shapes": [{"kind": "circle", "radius": 1}, {"kind": "square", "side": 2}], "frame": None}
        assert convert_fields(_Drawing, drawing) == _Drawing([_Circle(1), _Square(2)])

    def test_what_is_wrong_further_in_is_named_by_its_path_with_the_rules_between_fields(self) -> None:
        shapes = [
            {"kind": "circle"},
            {"kind": "square", "side": 2, "corner": 3},
            {"kind": "square", "side": "2", "corner": 3},
            {"kind": "dot"},
            {"kind": "circle\0", "radius": 1},
            7,
        ]
        with pytest.raises(InvalidFieldsError) as error:
            convert_fields(_Drawing, {"shapes": shapes, "frame": {"side": -1}})
        assert error.value.errors == {
            "shapes": ["must be `array` of length <= 4"],
            "shapes[0].radius": ["is required"],
            "shapes[1].corner": ["must be at most half a side"],
            "shapes[1].side": ["is too short"],
            "shapes[2].corner": ["must be at most half a side"],
            "shapes[2].side": ["must be `float`, got `str`"],
            "shapes[3].kind": ["must be one of `circle`, `square`"],
            "shapes[4].kind": ["must be one of `circle`, `square`"],
            "shapes[5]": ["must be `object`, got `int`"],
            "frame.side": ["must be `float` > 0.0"],
        }
