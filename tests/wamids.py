"""Ids of one message in both of the forms that WhatsApp gives them."""

import secrets

import msgspec

from cli.simulator.wamid import Wamid, encode


class Wamids(msgspec.Struct, frozen=True):
    by_phone: str
    by_bsuid: str


def wamids_of(wa_id: str, bsuid: str, *, outbound: bool = False) -> Wamids:
    key = secrets.token_hex(16).upper()
    return Wamids(
        encode(Wamid(peer=wa_id, key=key, outbound=outbound, bsuid=False)),
        encode(Wamid(peer=bsuid, key=key, outbound=outbound, bsuid=True)),
    )
