"""What a user claim must be to be believed."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.crypto import encrypt, new_token
from shared.embeds import Embed, EmbedRefusedError
from shared.ids import new_id
from shared.scope import Scope
from shared.user_claims import User, read_user_claim

SECRET_KEY = "a secret key for the tests"
SECRET = new_token()
HOUR = 3600


def _embed(secret: str | None = SECRET) -> Embed:
    return Embed(
        id=new_id(),
        name=None,
        scope_type="project",
        scope=Scope(new_id()),
        allowed_origins=[],
        default_mode="system",
        language="en",
        expires_at=None,
        signing_secret=None if secret is None else encrypt(secret, SECRET_KEY),
    )


EMBED = _embed()


def _claims(**changes: Any) -> dict[str, Any]:
    claims = {"sub": "42", "name": "Ana Ribeiro", "exp": int(time.time()) + HOUR, **changes}
    return {name: value for name, value in claims.items() if value is not None}


def _signed(claims: Any, secret: str = SECRET, algorithm: str = "HS256") -> str:
    """By hand, so that what a library would refuse to sign can be signed too."""
    digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[algorithm]
    parts = [json.dumps({"alg": algorithm, "typ": "JWT"}), claims if isinstance(claims, str) else json.dumps(claims)]
    text = ".".join(_base64(part.encode()) for part in parts)
    return f"{text}.{_base64(hmac.digest(secret.encode(), text.encode(), digest))}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _read(claim: str, embed: Embed = EMBED) -> User:
    return read_user_claim(claim, embed, SECRET_KEY)


@pytest.mark.parametrize(
    "claims",
    [
        _claims(),
        _claims(exp=time.time() + HOUR),
        _claims(exp=int(time.time()) + 24 * HOUR),
        _claims(iat=int(time.time()) + 60, iss="crm", jti="7", more={"anything": []}),
        _claims(nbf=int(time.time()) - 60),
    ],
)
def test_a_signed_claim_names_a_person(claims: dict[str, Any]) -> None:
    assert _read(_signed(claims)) == User("42", "Ana Ribeiro")
    assert _read(jwt.encode(claims, SECRET, algorithm="HS256")) == User("42", "Ana Ribeiro")


@pytest.mark.parametrize("name", ["A", "x" * 200, "José Ángel 🌲", "علی‌رضا", "Ana <b>&amp;", "a\u00a0b"])
def test_a_name_may_be_in_any_writing(name: str) -> None:
    assert _read(_signed(_claims(name=name))).name == name


@pytest.mark.parametrize(
    "claims",
    [
        _claims(sub=None),
        _claims(name=None),
        _claims(exp=None),
        _claims(sub=""),
        _claims(name=""),
        _claims(sub="x" * 201),
        _claims(name="x" * 201),
        _claims(sub=42),
        _claims(name=["Ana"]),
        _claims(name="Ana\x00"),
        _claims(name="Ana\n"),
        _claims(sub="\x7f"),
        _claims(name="\ud83c"),
        _claims(exp="soon"),
        _claims(exp=str(int(time.time()) + HOUR)),
        _claims(exp=10**400),
        _claims(exp=[]),
        _claims(exp=True),
        _claims(aud="another service"),
        _claims(nbf=int(time.time()) + HOUR),
        '{"sub": "42", "name": "Ana", "exp": 1e999, "nbf": 1e999}',
        '{"sub": "42", "name": "Ana", "exp": NaN}',
        "[]",
        "{",
        "",
        "[" * 3000,
    ],
)
def test_a_signed_claim_that_is_not_what_was_agreed_on_is_refused(claims: Any) -> None:
    with pytest.raises(EmbedRefusedError) as error:
        _read(_signed(claims))
    # Of `exp: true` the library makes one second after 1970.
    assert error.value.code in ("invalid_user_claim", "expired_user_claim")
    assert error.value.embed is EMBED


@pytest.mark.parametrize("hours", [25, 24 * 365, 2**40])
def test_a_claim_that_lives_for_longer_than_a_day_is_refused(hours: int) -> None:
    with pytest.raises(EmbedRefusedError) as error:
        _read(_signed(_claims(exp=int(time.time()) + hours * HOUR)))
    assert error.value.code == "invalid_user_claim"


@pytest.mark.parametrize("seconds", [0, 1, HOUR, 10**9])
def test_a_claim_ends_when_it_says(seconds: int) -> None:
    with pytest.raises(EmbedRefusedError) as error:
        _read(_signed(_claims(exp=int(time.time()) - seconds)))
    assert error.value.code == "expired_user_claim"


@pytest.mark.parametrize(
    "claim",
    [
        _signed(_claims(), "another embed's secret, as long as ours is"),
        _signed(_claims(), ""),
        _signed(_claims(), SECRET_KEY),
        _signed(_claims(), algorithm="HS384"),
        _signed(_claims(), algorithm="HS512"),
        jwt.encode(_claims(), "", algorithm="none"),
        _signed(_claims())[:-2],
        _signed(_claims()) + "A",
        _signed(_claims()).rpartition(".")[0] + ".",
        _signed(_claims(name="x" * 7000)),
        "a.b.c",
        "..",
        ".",
        "",
        "ü.ü.ü",
        f"{_base64(b'[' * 3000)}.e30.AA",
        f"{_base64(json.dumps({'alg': ['HS256']}).encode())}.e30.AA",
        f"{_base64(json.dumps({'alg': 'HS256', 'b64': False, 'crit': ['b64']}).encode())}..AA",
    ],
    ids=lambda _: "claim",  # each run makes others, and the workers of one run have to agree
)
def test_what_the_embeds_own_secret_has_not_signed_is_refused(claim: str) -> None:
    with pytest.raises(EmbedRefusedError) as error:
        _read(claim)
    assert error.value.code == "invalid_user_claim"


def test_a_forged_claim_is_not_called_expired() -> None:
    """Who cannot sign learns nothing of how a claim is read."""
    with pytest.raises(EmbedRefusedError) as error:
        _read(_signed(_claims(exp=1), "another embed's secret, as long as ours is"))
    assert error.value.code == "invalid_user_claim"


@pytest.mark.parametrize("embed", [_embed(None), _embed(new_token())])
def test_an_embed_without_the_secret_takes_no_claim(embed: Embed) -> None:
    with pytest.raises(EmbedRefusedError) as error:
        _read(_signed(_claims()), embed)
    assert error.value.code == "invalid_user_claim"


def test_after_a_change_of_the_secret_key_claims_are_refused_and_the_log_says_why(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(EmbedRefusedError):
        read_user_claim(_signed(_claims()), EMBED, "another secret key of Porthole")
    assert "PORTHOLE_SECRET_KEY" in capsys.readouterr().out


@given(st.text(max_size=300))
def test_no_text_is_a_claim(text: str) -> None:
    with pytest.raises(EmbedRefusedError):
        _read(text)
