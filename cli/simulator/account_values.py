"""What the account-level webhooks say when nothing else was asked for. Source: Meta, Webhooks, the page of each field;
for `standby` and `messaging_handovers`, whose pages are young, what businesses have received.
"""

from collections.abc import Callable

import msgspec

from cli.simulator.config import SimulatedNumber
from cli.simulator.messages import Json
from cli.simulator.payloads import contact, frame, identity
from cli.simulator.users import User, digits

_PORTFOLIO, _PARTNER_APP = "2329417887457253", "5731794616896507"


class Subject(msgspec.Struct, frozen=True):
    """Whom an event is about. `now` is unix seconds, `message_id` a fresh wamid of the customer."""

    number: SimulatedNumber
    template: Json
    user: User
    now: int
    message_id: str

    def named_template(self) -> Json:
        """Meta's ids of templates are numbers here, and strings on the Graph API."""
        return {
            "message_template_id": int(str(self.template["id"])),
            "message_template_name": self.template["name"],
            "message_template_language": self.template["language"],
        }


def template_status(subject: Subject, event: object) -> Json:
    value: Json = {"event": event, **subject.named_template()}
    value["message_template_category"] = subject.template["category"]
    value["reason"] = "NONE"
    if event == "REJECTED":
        value["reason"] = "INVALID_FORMAT"
        value["rejection_info"] = {
            "reason": "The variables of the body are not numbered one after the other.",
            "recommendation": "Number them {{1}}, {{2}} and so on.",
        }
    elif event in ("PAUSED", "FLAGGED"):
        value["other_info"] = {
            "title": "FIRST_PAUSE",
            "description": "Paused for 3 hours because customers reported it.",
        }
    elif event == "DISABLED":
        value["disable_info"] = {"disable_date": subject.now}
    return value


def _template_status(subject: Subject, given: Json) -> Json:
    return template_status(subject, given.get("event", "APPROVED"))


def _template_quality(subject: Subject, _: Json) -> Json:
    return {"previous_quality_score": "GREEN", "new_quality_score": "YELLOW", **subject.named_template()}


def _template_category(subject: Subject, given: Json) -> Json:
    value = subject.named_template()
    if "correct_category" in given:
        # The notice of a change that is to come names the present category as the new one.
        return {**value, "new_category": subject.template["category"], "category_update_timestamp": subject.now + 86400}
    return {**value, "previous_category": subject.template["category"], "new_category": "MARKETING"}


def _account_update(subject: Subject, given: Json) -> Json:
    event = given.get("event", "ACCOUNT_VIOLATION")
    waba = {"waba_id": subject.number.business_account_id, "owner_business_id": _PORTFOLIO}
    details: dict[object, Json] = {
        "ACCOUNT_VIOLATION": {"violation_info": {"violation_type": "SCAM"}},
        "ACCOUNT_RESTRICTION": {
            "restriction_info": [
                {"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": subject.now + 7 * 86400}
            ]
        },
        "DISABLED_UPDATE": {"ban_info": {"waba_ban_state": "SCHEDULE_FOR_DISABLE", "waba_ban_date": "April 17, 2027"}},
        "PARTNER_ADDED": {"waba_info": waba},
        "PARTNER_REMOVED": {
            "phone_number": digits(subject.number.display_phone_number),
            "waba_info": waba,
            "disconnection_info": {"reason": "USER_INITIATED_DISCONNECT"},
        },
        "PARTNER_APP_INSTALLED": {"waba_info": {**waba, "partner_app_id": _PARTNER_APP}},
        "PARTNER_APP_UNINSTALLED": {"waba_info": {**waba, "partner_app_id": _PARTNER_APP}},
        "AD_ACCOUNT_LINKED": {"waba_info": {**waba, "ad_account_linked": "980198427534243"}},
        "MM_LITE_TERMS_SIGNED": {"waba_info": waba},
        "BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE": {"country": "MX"},
        "AUTH_INTL_PRICE_ELIGIBILITY_UPDATE": {
            "auth_international_rate_eligibility": {"exception_countries": [], "start_time": subject.now}
        },
    }
    return {"event": event, **details.get(event, {})}


def _account_alerts(subject: Subject, _: Json) -> Json:
    return {
        "entity_type": "WABA",
        "entity_id": subject.number.business_account_id,
        "alert_severity": "WARNING",
        "alert_status": "ACTIVE",
        "alert_type": "INCREASED_CAPABILITIES_ELIGIBILITY_DEFERRED",
        "alert_description": "The messaging limit stays as it is until customers answer better.",
    }


def _review(_: Subject, __: Json) -> Json:
    return {"decision": "APPROVED"}


def _capability(_: Subject, __: Json) -> Json:
    return {"max_daily_conversations_per_business": 2000, "max_phone_numbers_per_business": 25}


def number_quality(number: SimulatedNumber, event: str, limit: str) -> Json:
    return {
        "display_phone_number": digits(number.display_phone_number),
        "event": event,
        "current_limit": limit,
        "max_daily_conversations_per_business": limit,
    }


def _number_quality(subject: Subject, _: Json) -> Json:
    return number_quality(subject.number, "THROUGHPUT_UPGRADE", "TIER_UNLIMITED")


def _number_name(subject: Subject, given: Json) -> Json:
    rejected = given.get("decision") == "REJECTED"
    return {
        "display_phone_number": digits(subject.number.display_phone_number),
        "decision": "APPROVED",
        "requested_verified_name": subject.number.verified_name,
        "rejection_reason": "NAME_NOT_CONSISTENT" if rejected else None,
    }


def _preferences(subject: Subject, given: Json) -> Json:
    """`value`, `detail` and `timestamp` are of the one preference, and taken out of what is given."""
    stopped = given.get("value", "stop") == "stop"
    preference: Json = {
        **identity(subject.user, "wa_id", ""),
        "detail": f"User requested to {'stop' if stopped else 'resume'} marketing messages",
        "category": "marketing_messages",
        "value": "stop" if stopped else "resume",
        "timestamp": subject.now,
    }
    preference |= {key: given.pop(key) for key in ("value", "detail", "timestamp") if key in given}
    return {**frame(subject.number), "contacts": [contact(subject.user)], "user_preferences": [preference]}


def _standby(subject: Subject, _: Json) -> Json:
    message: Json = {
        **identity(subject.user, "from", "from_"),
        "id": subject.message_id,
        "timestamp": str(subject.now),
        "type": "text",
        "text": {"body": "Are you open on Sunday?"},
    }
    return {**frame(subject.number), "standby": {"contacts": [contact(subject.user)], "messages": [message]}}


def _handover(subject: Subject, given: Json) -> Json:
    """`control_passed` to us, or `control_taken` by another; the numbers are not in `metadata` here."""
    event = given.get("type", "control_passed")
    mine = event == "control_passed"
    control: Json = {
        "previous_owner_app_id": _PARTNER_APP,
        "previous_owner_app_role": "meta_business_agent" if mine else "business_app",
        "previous_owner_role": "ai_agent" if mine else "escalation",
        "new_owner_role": "escalation" if mine else "ai_agent",
        "metadata": "The customer asks for a person.",
    }
    head = frame(subject.number)
    sender = identity(subject.user, "phone_number", "")
    value = {"messaging_product": "whatsapp", "recipient": head["metadata"], "sender": sender}
    return {**value, "timestamp": str(subject.now), "type": event, str(event): control}


Default = Callable[[Subject, Json], Json]

# The fields whose entries carry a time, and the ones that are about a chat and carry none.
ACCOUNT: dict[str, Default] = {
    "message_template_status_update": _template_status,
    "message_template_quality_update": _template_quality,
    "template_category_update": _template_category,
    "account_update": _account_update,
    "account_alerts": _account_alerts,
    "account_review_update": _review,
    "business_capability_update": _capability,
    "phone_number_quality_update": _number_quality,
    "phone_number_name_update": _number_name,
}
CHAT: dict[str, Default] = {
    "user_preferences": _preferences,
    "standby": _standby,
    "messaging_handovers": _handover,
}
