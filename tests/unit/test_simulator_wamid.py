"""The simulated message ids have the layout of real ones."""

import base64
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.simulator.wamid import Wamid, decode, encode

peers = st.one_of(
    st.text(string.digits, min_size=5, max_size=15),
    st.from_regex(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}", fullmatch=True),
)
keys = st.text("0123456789ABCDEF", min_size=18, max_size=32)


@given(st.builds(Wamid, peer=peers, key=keys, outbound=st.booleans(), bsuid=st.booleans()))
def test_decoding_gives_back_what_was_encoded(wamid: Wamid) -> None:
    assert decode(encode(wamid)) == wamid


@given(st.one_of(st.text(), st.binary(max_size=80).map(lambda raw: "wamid." + base64.b64encode(raw).decode())))
def test_anything_else_decodes_to_none_or_to_its_own_wamid(text: str) -> None:
    decoded = decode(text)
    assert decoded is None or encode(decoded) == text


def test_a_phone_wamid_starts_like_a_real_one() -> None:
    assert encode(Wamid("16505076520", "9A3CA5B3D4CD6E67E7", outbound=True, bsuid=False)) == (
        "wamid.HBgLMTY1MDUwNzY1MjAVAgARGBI5QTNDQTVCM0Q0Q0Q2RTY3RTcA"
    )


def test_both_perspectives_of_one_message_share_only_the_key() -> None:
    phone = encode(Wamid("5215555550100", "A566B5" * 3, outbound=False, bsuid=False))
    bsuid = encode(Wamid("MX.123", "A566B5" * 3, outbound=False, bsuid=True))
    assert phone != bsuid
    found = decode(phone), decode(bsuid)
    assert [wamid.key for wamid in found if wamid] == ["A566B5" * 3] * 2


@pytest.mark.parametrize("peer", ["", "x" * 256, "é"])
def test_a_peer_that_does_not_fit_is_refused(peer: str) -> None:
    with pytest.raises(ValueError, match=r"255|ascii"):
        encode(Wamid(peer, "A566B5", outbound=True, bsuid=False))
