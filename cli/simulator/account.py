"""Webhooks about a business account, its templates and its numbers, and about who holds a chat."""

import msgspec

from cli.simulator.account_values import ACCOUNT, CHAT, Subject, number_quality, template_status
from cli.simulator.config import SimulatedNumber
from cli.simulator.messages import Json, Message
from cli.simulator.simulator import Simulator
from cli.simulator.standing import Standing, events_of_change
from cli.simulator.users import User
from cli.simulator.webhooks import Change

_STRANGER = User("15550009999", "A customer")


class AccountEvent(msgspec.Struct, forbid_unknown_fields=True):
    """One webhook of a `field`. It tells, and changes nothing.

    `value` is laid over a complete value of Meta's form, in which a null takes a part away; with `whole` it is all
    there is. `phone_number_id`, `template_id` and `wa_id` say whom the value is about, by default the first of each.
    `time` is the entry's, unix seconds: now by default, and none for the fields that are about a chat.
    `business_account_id` is the entry's id, by default the one of the number.
    """

    field: str
    value: Json = {}
    whole: bool = False
    phone_number_id: str | None = None
    business_account_id: str | None = None
    template_id: str | None = None
    wa_id: str | None = None
    time: int | None = None


def send_account_event(simulator: Simulator, given: AccountEvent) -> Json:
    """Send it, and answer the value. Raise ValueError if the number, template, user or field is unknown."""
    number = _number(simulator, given)
    value = given.value if given.whole else _completed(simulator, number, given)
    time = given.time
    if time is None and given.field not in CHAT:
        time = simulator.clock.timestamp()
    _submit(simulator, given.business_account_id or number.business_account_id, given.field, value, time)
    return value


def change_template(
    simulator: Simulator,
    template: Json,
    *,
    status: str | None = None,
    reason: str | None = None,
    quality: str | None = None,
    category: str | None = None,
) -> None:
    """Meta thinks otherwise of a template from now on, and says so; what stays as it was is not told."""
    account_id = next(account for account, known in simulator.templates.items() if template in known)
    number = next(one for one in simulator.config.numbers if one.business_account_id == account_id)
    subject = _subject(simulator, number, template, _STRANGER)
    score = template["quality_score"]
    told: list[tuple[str, Json]] = []
    if category not in (None, template["category"]):
        previous = {"previous_category": template["category"], "new_category": category}
        told.append(("template_category_update", subject.named_template() | previous))
        template["category"] = category
    if isinstance(score, dict) and quality not in (None, score["score"]):
        scores = {"previous_quality_score": score["score"], "new_quality_score": quality}
        told.append(("message_template_quality_update", scores | subject.named_template()))
        template["quality_score"] = {"score": quality, "date": subject.now}
    if status not in (None, template["status"]):
        value = template_status(subject, status)
        if reason is not None:
            value["reason"] = reason
        told.append(("message_template_status_update", value))
        template |= {"status": status, "rejected_reason": value["reason"] if status == "REJECTED" else "NONE"}
    for field, value in told:
        _submit(simulator, account_id, field, value, subject.now)


def change_standing(simulator: Simulator, number: SimulatedNumber, standing: Standing) -> None:
    """Meta thinks otherwise of a number from now on, and says so."""
    events = events_of_change(simulator.standings[number.phone_number_id], standing)
    simulator.standings[number.phone_number_id] = standing
    for event in events:
        value = number_quality(number, event, standing.messaging_limit)
        time = simulator.clock.timestamp()
        _submit(simulator, number.business_account_id, "phone_number_quality_update", value, time)


def _submit(simulator: Simulator, account_id: str, field: str, value: Json, time: int | None) -> Change:
    order = (account_id, "account")
    return simulator.webhooks.submit(account_id, value, f"account {field}", order, field=field, time=time)


def _number(simulator: Simulator, given: AccountEvent) -> SimulatedNumber:
    if given.phone_number_id is None:
        return simulator.config.numbers[0]
    if given.phone_number_id not in simulator.numbers:
        raise ValueError(f"there is no number {given.phone_number_id}")
    return simulator.numbers[given.phone_number_id]


def _completed(simulator: Simulator, number: SimulatedNumber, given: AccountEvent) -> Json:
    default = (ACCOUNT | CHAT).get(given.field)
    if default is None:
        raise ValueError(f"there is no default for {given.field}; give the whole value")
    user = next(iter(simulator.users.all()), _STRANGER) if given.wa_id is None else simulator.users.get(given.wa_id)
    if user is None:
        raise ValueError(f"there is no user {given.wa_id}")
    laid_over = dict(given.value)
    value = default(_subject(simulator, number, _template(simulator, number, given), user), laid_over)
    taken_away = [key for key, part in laid_over.items() if part is None]
    return {key: part for key, part in (value | laid_over).items() if key not in taken_away}


def _template(simulator: Simulator, number: SimulatedNumber, given: AccountEvent) -> Json:
    """By its id, or by a name in the value, or the first one."""
    known = simulator.templates[number.business_account_id]
    wanted: Json = {"id": given.template_id} if given.template_id else {}
    for key in ("name", "language"):
        if f"message_template_{key}" in given.value:
            wanted[key] = given.value[f"message_template_{key}"]
    found = next((one for one in known if wanted.items() <= one.items()), None)
    if found is None and given.template_id:
        raise ValueError(f"there is no template {given.template_id}")
    return found or known[0]


def _subject(simulator: Simulator, number: SimulatedNumber, template: Json, user: User) -> Subject:
    now = simulator.clock.timestamp()
    message = Message(
        simulator.messages.new_key(outbound=False), number.phone_number_id, user, False, "text", None, now
    )
    return Subject(number, template, user, now, message.wamid(simulator.faults.wamid_scope))
