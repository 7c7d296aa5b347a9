"""The two calls of an upload in sessions. Meta: Graph API, Resumable Upload API."""

from litestar import Request, post
from litestar.datastructures.state import State
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from cli.simulator.assets import PREFIX
from cli.simulator.graph_media_routes import LARGEST_UPLOAD
from cli.simulator.graph_template_routes import update_template
from cli.simulator.messages import Json
from cli.simulator.simulator import Simulator


@post("/{version:str}/app/uploads", status_code=200)
async def begin_upload(
    simulator: NamedDependency[Simulator],
    file_type: FromQuery[str] = "",
    file_length: FromQuery[int] = 0,
) -> Json:
    """`app` is the app that the access token was made for."""
    return {"id": simulator.assets.begin(file_type, file_length).id}


@post("/{version:str}/{object_id:str}", status_code=200, request_max_body_size=LARGEST_UPLOAD)
async def post_node(
    request: Request[object, object, State], simulator: NamedDependency[Simulator], object_id: FromPath[str]
) -> Json:
    """The bytes of an upload, whose session is its id, or changes of a template."""
    if not object_id.startswith(PREFIX):
        return await update_template(request, simulator, object_id)
    session = f"{object_id}?{request.url.query}"
    offset = request.headers.get("file_offset", "")
    return {"h": simulator.assets.finish(session, offset, await request.body())}
