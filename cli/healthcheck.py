"""python -m cli.healthcheck [/readyz]: whether the role in this container answers; exit status 0 or 1.

A module of its own without imports of Porthole's, since a container runs it every few seconds.
"""

import http.client
import os
import sys

SECONDS = 3.0


def is_ok(port: int, path: str = "/healthz") -> bool:
    """Whether the path on this machine's port answers 200 in time."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if is_ok(int(os.environ.get("PORTHOLE_PORT") or 8000), *sys.argv[1:2]) else 1)
