"""The simulated WhatsApp: everything it knows, and the plumbing its two sides share."""

from collections.abc import Hashable
from typing import TypedDict

from cli.simulator.app_data import AppData
from cli.simulator.assets import AssetStore
from cli.simulator.background import Background
from cli.simulator.clock import Clock
from cli.simulator.config import SimulatedNumber, SimulatorConfig
from cli.simulator.errors import unknown_object
from cli.simulator.events import EventHub
from cli.simulator.faults import Faults, Settings
from cli.simulator.media import MediaStore
from cli.simulator.messages import Json, Message, MessageStore, Status
from cli.simulator.payloads import Scope, echo_value, identity, in_standby, inbound_value, status_value
from cli.simulator.standing import Standing
from cli.simulator.templates import templates_of
from cli.simulator.users import User, UserBook
from cli.simulator.webhooks import Change, WebhookSender

WINDOW_SECONDS = 24 * 60 * 60


class Naming(TypedDict):
    """How webhooks call messages and people at the moment."""

    scope: Scope
    other_spelling: bool


class Simulator:
    """State in memory, one per app. Not thread-safe: it lives on one event loop."""

    def __init__(self, config: SimulatorConfig) -> None:
        self.config = config
        self.clock = Clock()
        self.background = Background()
        self.events = EventHub()
        self.webhooks = WebhookSender(config, self.clock, self.background)
        self.numbers = {number.phone_number_id: number for number in config.numbers}
        self._clear()

    def _clear(self) -> None:
        self.users = UserBook()
        self.messages = MessageStore(self.config.seed)
        self.media = MediaStore(self.config, self.clock)
        self.assets = AssetStore(self.config.seed)
        self.templates = {
            number.business_account_id: templates_of(number.business_account_id) for number in self.config.numbers
        }
        self.templates_made = 0
        self.standings = {number.phone_number_id: Standing() for number in self.config.numbers}
        self.number_settings: dict[str, Json] = {}
        self.profiles: dict[str, Json] = {}
        self.app_data: dict[str, AppData] = {}

    async def reset(self) -> None:
        """Back to how it started; whatever was on its way is dropped."""
        await self.background.cancel_all()
        self.webhooks.forget()
        self.clock.reset()
        self._clear()
        self.events.publish({"type": "reset"})

    @property
    def faults(self) -> Faults:
        return self.webhooks.faults

    @property
    def settings(self) -> Settings:
        return self.webhooks.settings

    def number(self, phone_number_id: str, method: str = "get") -> SimulatedNumber:
        """Raise GraphError 100 if there is no such business number."""
        number = self.numbers.get(phone_number_id)
        if number is None:
            raise unknown_object(method, phone_number_id)
        return number

    def template(self, template_id: str) -> Json | None:
        return next((one for known in self.templates.values() for one in known if one["id"] == template_id), None)

    def window_open(self, phone_number_id: str, user: User) -> bool:
        """Whether the customer wrote to this number in the last 24 hours.

        Source: Meta, Cloud API, Customer service windows. It is counted from the message's own timestamp.
        """
        last = user.last_inbound.get(phone_number_id)
        return not self.faults.closed_window and last is not None and self.clock.now() < last + WINDOW_SECONDS

    def ids_of(self, user: User, phone_key: str, prefix: str) -> Json:
        """Every id of a customer that webhooks tell, under keys such as `from` and `from_user_id`."""
        return identity(user, phone_key, prefix, other_spelling=self.faults.other_spelling)

    def heard_from(self, user: User, phone_number_id: str, timestamp: int) -> None:
        """The customer wrote to, or called, this number."""
        user.last_inbound[phone_number_id] = max(user.last_inbound.get(phone_number_id, 0), timestamp)

    def tell(
        self, phone_number_id: str, value: Json, label: str, *, field: str, order: Hashable | None, bare: bool = False
    ) -> Change:
        """Send a webhook about one business number; `label` is for the log of deliveries."""
        if field == "messages" and self.faults.standby:
            field, value = "standby", in_standby(value)
        account_id = self.numbers[phone_number_id].business_account_id
        return self.webhooks.submit(account_id, value, label, order, field=field, bare=bare)

    def tell_message(self, message: Message, extra: Json, quoted: Json | None, *, ordered: bool = True) -> Change:
        """Send the webhook of a customer's message."""
        value = inbound_value(self.numbers[message.phone_number_id], message, quoted, extra, **self._naming())
        order = _chat(message) if ordered else None
        label = f"message {message.type} {message.key}"
        return self.tell(message.phone_number_id, value, label, field="messages", order=order)

    def tell_echo(self, message: Message, extra: Json, quoted: Json | None) -> Change:
        """Send the webhook of a message that was typed in the WhatsApp Business app."""
        value = echo_value(self.numbers[message.phone_number_id], message, quoted, extra, **self._naming())
        label = f"echo {message.type} {message.key}"
        return self.tell(message.phone_number_id, value, label, field="smb_message_echoes", order=_chat(message))

    def tell_status(self, message: Message, name: str, errors: list[Json] | None = None) -> Change:
        """Record a status of a business's message and send its webhook."""
        status = Status(name, self.clock.timestamp(), errors or [])
        message.statuses.append(status)
        self.publish(message)
        value = status_value(self.numbers[message.phone_number_id], message, status, **self._naming())
        label = f"status {name} {message.key}"
        return self.tell(message.phone_number_id, value, label, field="messages", order=_chat(message))

    def _naming(self) -> Naming:
        return {"scope": self.faults.wamid_scope, "other_spelling": self.faults.other_spelling}

    def mark(self, message: Message, name: str) -> None:
        """Record a status of a customer's message: the ticks on the phone. Nobody is told."""
        message.statuses.append(Status(name, self.clock.timestamp()))
        self.publish(message)

    def publish(self, message: Message) -> None:
        """Show a message, new or changed, on the phone page."""
        if message.visible and self.events.heard:
            self.events.publish(
                {
                    "type": "message",
                    "phone_number_id": message.phone_number_id,
                    "wa_id": message.user.wa_id,
                    "message": self.view(message),
                }
            )

    def view(self, message: Message) -> Json:
        """A message as the control API and the page show it."""
        view: Json = {
            "wamid": message.wamid(self.faults.wamid_scope),
            "key": message.key,
            "direction": "outbound" if message.outbound else "inbound",
            "type": message.type,
            message.type: message.content,
            "timestamp": message.timestamp,
            "context": None,
            "statuses": message.statuses,
            "reactions": message.reactions,
            "origin": message.origin,
            "edited": message.edited,
            "revoked": message.revoked,
            "rendered": message.rendered,
        }
        if message.context_key is not None:
            target = self.messages.get(message.context_key)
            view["context"] = {
                "message_id": target.wamid(self.faults.wamid_scope) if target else message.context_key,
                "key": message.context_key,
            }
        return view


def _chat(message: Message) -> tuple[str, str]:
    return (message.phone_number_id, message.user.wa_id)
