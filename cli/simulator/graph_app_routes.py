"""What a business asks of its own WhatsApp Business app. Meta: Onboarding WhatsApp Business app users."""

from litestar import Request, post
from litestar.datastructures.state import State
from litestar.di import NamedDependency
from litestar.params import FromPath

from cli.simulator.app_data import AppData, History
from cli.simulator.app_sync import send_contacts, send_history
from cli.simulator.bodies import json_object
from cli.simulator.errors import GraphError
from cli.simulator.messages import Json
from cli.simulator.simulator import Simulator

_SYNCS = ("smb_app_state_sync", "history")
_PATIENCE_SECONDS = 24 * 60 * 60


@post("/{version:str}/{object_id:str}/smb_app_data", status_code=200)
async def request_app_data(
    request: Request[object, object, State], simulator: NamedDependency[Simulator], object_id: FromPath[str]
) -> Json:
    """Contacts or history, once each and within a day of onboarding. The webhooks are on their way."""
    number = simulator.number(object_id, "post")
    body = await json_object(request)
    sync = body.get("sync_type")
    if body.get("messaging_product") != "whatsapp" or sync not in _SYNCS:
        raise GraphError(100, f"messaging_product and a sync_type, one of {', '.join(_SYNCS)}, are required.")
    known = simulator.app_data.setdefault(object_id, AppData())
    if sync in known.requested:
        raise GraphError(2593107, "This synchronization has been requested already.")
    if known.onboarded_at is not None and simulator.clock.now() > known.onboarded_at + _PATIENCE_SECONDS:
        raise GraphError(2593108, "The number was onboarded more than 24 hours ago.")
    known.requested.append(str(sync))
    if sync == "history":
        send_history(simulator, number, known.history or History())
    else:
        send_contacts(simulator, number, known.contacts)
    return {"messaging_product": "whatsapp", "request_id": simulator.messages.new_key(outbound=True)}
