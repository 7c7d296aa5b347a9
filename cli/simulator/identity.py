"""A customer who takes another phone number or another business-scoped user id.

Source: Meta, Cloud API, Webhooks, system messages; Business-scoped user IDs. A BSUID is made anew when its user changes
the phone number, and either change is told by a system message that comes from the old identity.
"""

from cli.simulator.messages import Json
from cli.simulator.simulator import Simulator
from cli.simulator.users import User

_CHANGES = ("user_changed_number", "user_changed_user_id")


def changed_identity(simulator: Simulator, user: User, given: Json) -> Json:
    """A system message with what Meta would add to what was given of it."""
    if given.get("type") not in _CHANGES:
        return given
    content: Json = {}
    if user.bsuid:
        content["user_id"] = given.get("user_id") or _another(simulator, user.bsuid)
        content["previous_user_id"] = user.bsuid
    if user.parent_bsuid:
        content["parent_user_id"] = given.get("parent_user_id") or _another(simulator, user.parent_bsuid)
        content["previous_parent_user_id"] = user.parent_bsuid
    content |= given
    number_changed = given["type"] == "user_changed_number"
    old, new = (user.wa_id, content.get("wa_id")) if number_changed else (user.bsuid, content.get("user_id"))
    content.setdefault("body", f"User {user.name} changed from {old} to {new}")
    return content


def take_identity(simulator: Simulator, user: User, content: object) -> None:
    """From now on the customer is known by what a system message says."""
    if not isinstance(content, dict) or content.get("type") not in _CHANGES:
        return
    wa_id = content.get("wa_id")
    if content["type"] == "user_changed_number" and wa_id:
        simulator.messages.rename(user.wa_id, str(wa_id))
        simulator.users.rename(user, str(wa_id))
    if content.get("user_id"):
        user.bsuid = str(content["user_id"])
    if content.get("parent_user_id"):
        user.parent_bsuid = str(content["parent_user_id"])


def _another(simulator: Simulator, bsuid: str) -> str:
    """An id of the same country and kind."""
    kind, _, _ = bsuid.rpartition(".")
    return f"{kind}.{int(simulator.messages.new_key(outbound=True), 16)}"
