"""Requests to other people's URLs, at a real server on loopback: which is exactly where they must not go."""

import contextlib
import ipaddress
import ssl
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.outbound_http import (
    Address,
    AddressRefusedError,
    OutboundHttp,
    TooLargeError,
    UnreachableError,
    chunks,
    outbound_http,
)
from shared.settings import Settings
from shared.tls import tls_context
from tests.raw_server import RawServer, http_answer, running_raw_server

LOOPBACK = ipaddress.ip_address("127.0.0.1")


@pytest.fixture
async def server() -> AsyncIterator[RawServer]:
    async with running_raw_server() as server:
        yield server


class Names:
    """A name server whose answers are taken from `answers` one by one; the last one stays."""

    def __init__(self, *answers: list[Address]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def resolve(self, host: str) -> list[Address]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextlib.asynccontextmanager
async def client(names: Names | None = None, *, allow_private: bool = True) -> AsyncIterator[OutboundHttp]:
    outbound = (
        OutboundHttp(allow_private=allow_private, resolve=names.resolve)
        if names
        else OutboundHttp(allow_private=allow_private)
    )
    try:
        yield outbound
    finally:
        await outbound.close()


async def fetch(outbound: OutboundHttp, url: str, seconds: float = 5.0) -> bytes:
    async with outbound.request("GET", url, seconds=seconds) as answer:
        return b"".join([chunk async for chunk in chunks(answer, 1000)])


async def test_a_private_address_is_called_only_if_the_setting_allows_it(server: RawServer, settings: Settings) -> None:
    url = f"http://localhost:{server.port}/hook"
    outbound = outbound_http(settings)
    with pytest.raises(AddressRefusedError):
        await fetch(outbound, url)
    await outbound.close()
    assert server.connections == 0
    outbound = outbound_http(msgspec.structs.replace(settings, allow_private_addresses=True))
    assert await fetch(outbound, url) == b"hello"
    await outbound.close()


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "2130706433", "0x7f.0.0.1", "0", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[::]"],
)
async def test_no_spelling_of_a_private_address_gets_through(server: RawServer, host: str) -> None:
    async with client(allow_private=False) as outbound:
        with pytest.raises((AddressRefusedError, UnreachableError)) as refused:
            await fetch(outbound, f"http://{host}:{server.port}/")
    assert "not public" in str(refused.value) or "not known" in str(refused.value)
    assert server.connections == 0


async def test_a_name_is_resolved_once_and_the_connection_goes_there(server: RawServer) -> None:
    names = Names([LOOPBACK], [ipaddress.ip_address("192.0.2.1")])
    async with client(names) as outbound:
        assert await fetch(outbound, f"http://hooks.example:{server.port}/a?b=c") == b"hello"
    assert names.asked == ["hooks.example"]
    assert server.requests[0].target == "/a?b=c"
    assert server.requests[0].header("host") == f"hooks.example:{server.port}"


async def test_a_name_that_changes_after_the_check_does_not_change_where_it_goes(server: RawServer) -> None:
    """Nobody listens at the address that was checked; at the one that the name has a moment later, the server does."""
    names = Names([ipaddress.ip_address("::1")], [LOOPBACK])
    async with client(names) as outbound:
        with pytest.raises(UnreachableError):
            await fetch(outbound, f"http://rebind.example:{server.port}/")
    assert (names.asked, server.connections) == (["rebind.example"], 0)


async def test_a_name_is_checked_before_each_request_and_no_connection_is_kept_for_it(server: RawServer) -> None:
    names = Names([LOOPBACK], [ipaddress.ip_address("::1")])
    async with client(names) as outbound:
        assert await fetch(outbound, f"http://hooks.example:{server.port}/") == b"hello"
        with pytest.raises(UnreachableError):
            await fetch(outbound, f"http://hooks.example:{server.port}/")
    assert server.connections == 1


async def test_one_private_address_among_public_ones_is_enough_to_refuse(server: RawServer) -> None:
    names = Names([ipaddress.ip_address("93.184.215.14"), LOOPBACK])
    async with client(names, allow_private=False) as outbound:
        with pytest.raises(AddressRefusedError):
            await fetch(outbound, f"http://both.example:{server.port}/")
    assert server.connections == 0


async def test_the_next_address_is_tried_if_nobody_listens_at_the_first(server: RawServer) -> None:
    names = Names([ipaddress.ip_address("::1"), LOOPBACK])
    async with client(names) as outbound:
        assert await fetch(outbound, f"http://two.example:{server.port}/") == b"hello"


async def test_a_redirect_is_an_answer_and_no_new_request(server: RawServer) -> None:
    server.answer = lambda _: http_answer(b"", "302 Found", location=f"{server.url}/x")
    async with client() as outbound, outbound.request("GET", server.url, seconds=5) as answer:
        assert answer.status_code == 302
    assert len(server.requests) == 1


async def test_a_cookie_is_not_sent_back(server: RawServer) -> None:
    server.answer = lambda _: http_answer(b"hello", set_cookie="a=b")
    async with client() as outbound:
        for _ in range(2):
            await fetch(outbound, server.url)
    assert server.requests[1].header("cookie") is None


@pytest.mark.parametrize(
    "url",
    ["ftp://127.0.0.1/", "file:///etc/passwd", "http://", "http:///x", "gopher://127.0.0.1", "no url", "http://[x"],
)
async def test_only_http_and_https_go_out(url: str) -> None:
    async with client() as outbound:
        with pytest.raises(UnreachableError):
            await fetch(outbound, url)


@pytest.mark.parametrize("length", [b"Content-Length: 2000\r\n", b""])
async def test_an_answer_beyond_the_cap_is_dropped(server: RawServer, length: bytes) -> None:
    server.answer = lambda _: b"HTTP/1.1 200 OK\r\n" + length + b"\r\n" + 2000 * b"x"
    url = server.url
    async with client() as outbound:
        with pytest.raises(TooLargeError):
            await fetch(outbound, url)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel"])
async def test_a_server_that_never_ends_is_left_in_time(server: RawServer, answer: bytes) -> None:
    server.answer, server.hang = lambda _: answer, True
    async with client() as outbound:
        with pytest.raises(UnreachableError, match="too long"):
            await fetch(outbound, server.url, seconds=0.3)


@pytest.mark.parametrize("answer", [b"no HTTP\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel", b""])
async def test_an_answer_that_is_none_is_an_error_in_words(server: RawServer, answer: bytes) -> None:
    server.answer = lambda _: answer
    async with client() as outbound:
        with pytest.raises(UnreachableError) as refused:
            await fetch(outbound, server.url)
    assert str(refused.value)


@pytest.fixture
def authorities_are_read_anew() -> Iterator[None]:
    tls_context.cache_clear()
    yield
    tls_context.cache_clear()


@pytest.mark.usefixtures("authorities_are_read_anew")
async def test_a_certificate_is_checked_for_the_name_in_the_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls = certificate(tmp_path, "hooks.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    async with running_raw_server(tls) as server, client(Names([LOOPBACK])) as outbound:
        assert await fetch(outbound, f"https://hooks.example:{server.port}/") == b"hello"
        with pytest.raises(UnreachableError, match="certificate"):
            await fetch(outbound, f"https://other.example:{server.port}/")


def certificate(directory: Path, host: str) -> ssl.SSLContext:
    """A server's TLS with a certificate for `host` that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = directory / "certificate.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (directory / "key.pem").write_bytes(private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, directory / "key.pem")
    return context
