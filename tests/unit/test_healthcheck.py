"""The container's health check, against a server on a real socket."""

import http.server
import threading
from collections.abc import Iterator

import pytest

from cli.healthcheck import is_ok


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 503)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with http.server.HTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_a_role_that_answers_200_is_healthy(port: int) -> None:
    assert is_ok(port)


def test_a_role_that_answers_503_is_not(port: int) -> None:
    assert not is_ok(port, "/readyz")


def test_a_role_that_is_not_there_is_not(port: int) -> None:
    assert not is_ok(1)
