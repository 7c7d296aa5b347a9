"""How far a message has come, and why a status never goes back."""

from typing import Literal

MessageStatus = Literal["received", "queued", "accepted", "sent", "failed", "delivered", "read", "played"]
"""Every customer's message is `received`; the others are of those that we sent."""

STATUSES: tuple[MessageStatus, ...] = ("queued", "accepted", "sent", "failed", "delivered", "read", "played")
"""In rank order. `failed` stands after `sent` and before `delivered`: a message that was read did not fail, whatever
comes in which order, and a late `sent` does not undo a failure. Statuses that Meta adds later have no rank and change
nothing."""

RANK: dict[str, int] = {status: rank for rank, status in enumerate(STATUSES)}


def furthest(statuses: list[str]) -> str | None:
    """The status with the highest rank, None if none of them has one."""
    return max((status for status in statuses if status in RANK), key=RANK.__getitem__, default=None)
