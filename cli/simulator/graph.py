"""The Graph side as a whole: its routes, its access token, its error bodies and its slowness."""

import re

from litestar import Litestar, Request, Response, Router
from litestar.connection import ASGIConnection
from litestar.datastructures.state import State
from litestar.exceptions import HTTPException
from litestar.handlers.base import BaseRouteHandler
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from cli.simulator.assets import PREFIX
from cli.simulator.connection import pause
from cli.simulator.errors import GraphError
from cli.simulator.graph_app_routes import request_app_data
from cli.simulator.graph_asset_routes import begin_upload, post_node
from cli.simulator.graph_media_routes import delete_media, download, upload_media
from cli.simulator.graph_number_routes import (
    deregister,
    number_settings,
    profile,
    register,
    request_code,
    save_number_settings,
    save_profile,
    verify_code,
)
from cli.simulator.graph_routes import (
    message_templates,
    messages,
    node,
    phone_numbers,
    subscribe_app,
    subscribed_apps,
)
from cli.simulator.graph_template_routes import create_template, delete_template
from cli.simulator.messages import Json
from cli.simulator.simulator import Simulator

_VERSION = re.compile(r"v\d{1,2}\.\d")


def graph_router() -> Router:
    """Every route checks the token first, as Meta does: a bad token hides what exists."""
    return Router(
        "/",
        route_handlers=[
            messages,
            node,
            phone_numbers,
            message_templates,
            create_template,
            post_node,
            delete_template,
            number_settings,
            save_number_settings,
            profile,
            save_profile,
            request_code,
            verify_code,
            register,
            deregister,
            request_app_data,
            subscribed_apps,
            subscribe_app,
            begin_upload,
            upload_media,
            delete_media,
            download,
        ],
        guards=[_check_token],
        middleware=[_slow],
        exception_handlers={GraphError: _graph_error, HTTPException: _http_error},
    )


def _check_token(connection: ASGIConnection[object, object, object, State], _: BaseRouteHandler) -> None:
    version = connection.path_params.get("version")
    if version is not None and not _VERSION.fullmatch(version):
        message = f"Unknown path components: {connection.url.path}"
        raise GraphError(2500, message=message, http_status=400)
    scheme = "OAuth" if connection.path_params.get("object_id", "").startswith(PREFIX) else "Bearer"
    if connection.headers.get("Authorization") != f"{scheme} {connection.app.state.config.access_token}":
        raise GraphError(190, message="(#190) Invalid OAuth access token - Cannot parse access token")


def _slow(app: ASGIApp) -> ASGIApp:
    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        simulator: Simulator = Litestar.from_scope(scope).state.simulator

        async def late(event: Message) -> None:
            if event["type"] == "http.response.start":
                await pause(simulator.faults.slow_seconds, receive)
            await send(event)

        await app(scope, receive, late)

    return wrapped


def _graph_error(_: Request[object, object, State], error: GraphError) -> Response[Json]:
    return Response(error.body(), status_code=error.http_status)


def _http_error(_: Request[object, object, State], error: HTTPException) -> Response[Json]:
    """What Litestar refuses on its own, such as a query value of the wrong type."""
    return Response(GraphError(100, error.detail).body(), status_code=error.status_code)
