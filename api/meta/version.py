"""The version in /meta/whatsapp/{version}: any that Meta may give its Graph API, and each means the same to us."""

import re
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from api.errors import ApiError

_VERSION = re.compile(r"v\d+\.\d+", re.ASCII)


def known_version(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """A guard: what is below something else than a version is not there. Raises ApiError 404."""
    if _VERSION.fullmatch(connection.path_params["version"]) is None:
        raise ApiError(404, "not_found", "There is nothing here.")
