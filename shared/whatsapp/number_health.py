"""Whether a number can be used, as WhatsApp sees it now (Kapso: Platform API, "Check phone number health")."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
import structlog
from msgspec import Meta
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared.whatsapp.graph import GraphClient, GraphError, NoAnswerError, NotSentError
from shared.whatsapp.number import FIELDS, is_about_token

log = structlog.get_logger()

KEPT_SECONDS = 180
RETRY_SECONDS = 15
REDIS_SECONDS = 0.5


class HealthCheck(msgspec.Struct, omit_defaults=True):
    """`passed` is null where there was no telling."""

    passed: bool | None
    details: dict[str, Any] | None = None
    error: Annotated[str, Meta(examples=["(190) Invalid OAuth access token"])] | None = None


class HealthChecks(msgspec.Struct):
    phone_number_access: HealthCheck
    phone_number_connection: HealthCheck
    messaging_health: HealthCheck
    webhook_subscription: HealthCheck
    webhook_verified: HealthCheck
    token_validity: HealthCheck


class NumberHealth(msgspec.Struct, omit_defaults=True):
    """`retry_after` is in seconds; it and `error` are there with the status `error`: nothing could be found out."""

    status: Literal["healthy", "degraded", "unhealthy", "error"]
    timestamp: datetime
    checks: HealthChecks
    retry_after: int | None = None
    error: Annotated[str, Meta(examples=["WhatsApp did not answer."])] | None = None


async def check_health(
    graph: GraphClient, phone_number_id: str, business_account_id: str, access_token: str, *, heard: bool
) -> tuple[NumberHealth, dict[str, Any] | None]:
    """Ask Graph about the number and about the app that its webhooks go to. `heard` says that webhooks of the number
    have come in.

    Also returns what Graph said of the number, if it did.
    """
    number, apps = await asyncio.gather(
        _ask(graph, phone_number_id, access_token, fields=f"{FIELDS},health_status"),
        _ask(graph, f"{business_account_id}/subscribed_apps", access_token),
    )
    if number is None or apps is None:
        return _unknown("WhatsApp did not answer."), None
    checks = _checks(number, apps, heard)
    health = NumberHealth(_status(checks), datetime.now(UTC), checks)
    return health, None if isinstance(number, GraphError) else number


def without_token(reason: str) -> NumberHealth:
    """The health of a number whose access token cannot be read."""
    unknown = HealthCheck(None)
    checks = HealthChecks(unknown, unknown, unknown, unknown, unknown, HealthCheck(False, error=reason))
    return NumberHealth("unhealthy", datetime.now(UTC), checks)


async def kept_health(redis: Redis, phone_number_id: str) -> NumberHealth | None:
    """The answer of less than KEPT_SECONDS ago, if Redis has it."""
    try:
        async with asyncio.timeout(REDIS_SECONDS):
            kept = await redis.get(_name(phone_number_id))
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("health_not_read", error=type(error).__name__)
        return None
    return None if kept is None else msgspec.json.decode(kept, type=NumberHealth)


async def keep_health(redis: Redis, phone_number_id: str, health: NumberHealth) -> None:
    """Keep an answer for KEPT_SECONDS, one that says nothing for as long as it tells the caller to wait."""
    try:
        async with asyncio.timeout(REDIS_SECONDS):
            await redis.set(_name(phone_number_id), msgspec.json.encode(health), ex=health.retry_after or KEPT_SECONDS)
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("health_not_kept", error=type(error).__name__)


async def forget_health(redis: Redis, phone_number_id: str) -> None:
    """Ask anew next time: the number has another token now."""
    try:
        async with asyncio.timeout(REDIS_SECONDS):
            await redis.delete(_name(phone_number_id))
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("health_not_forgotten", error=type(error).__name__)


def _name(phone_number_id: str) -> str:
    return f"porthole:number_health:{phone_number_id}"


async def _ask(graph: GraphClient, path: str, access_token: str, **query: str) -> dict[str, Any] | GraphError | None:
    """Graph's answer or refusal, None if there was neither."""
    try:
        return await graph.get(path, access_token, **query)
    except GraphError as error:
        return None if error.retryable else error
    except (NotSentError, NoAnswerError):
        return None


def _unknown(reason: str) -> NumberHealth:
    checks = HealthChecks(*(HealthCheck(None) for _ in msgspec.structs.fields(HealthChecks)))
    return NumberHealth("error", datetime.now(UTC), checks, RETRY_SECONDS, reason)


def _checks(number: dict[str, Any] | GraphError, apps: dict[str, Any] | GraphError, heard: bool) -> HealthChecks:
    known = {} if isinstance(number, GraphError) else number
    status, health = known.get("status"), known.get("health_status")
    health = health if isinstance(health, dict) else {}
    can_send = health.get("can_send_message")
    return HealthChecks(
        phone_number_access=_answered(number),
        phone_number_connection=HealthCheck(
            None if status is None else status == "CONNECTED", None if status is None else {"status": status}
        ),
        messaging_health=HealthCheck(None if can_send is None else can_send == "AVAILABLE", health or None),
        webhook_subscription=_subscribed(apps),
        webhook_verified=HealthCheck(True if heard else None),
        token_validity=_token(number, apps),
    )


def _token(number: dict[str, Any] | GraphError, apps: dict[str, Any] | GraphError) -> HealthCheck:
    if isinstance(number, GraphError) and is_about_token(number):
        return HealthCheck(False, error=str(number))
    return HealthCheck(None if isinstance(number, GraphError) and isinstance(apps, GraphError) else True)


def _answered(answer: dict[str, Any] | GraphError) -> HealthCheck:
    return HealthCheck(False, error=str(answer)) if isinstance(answer, GraphError) else HealthCheck(True)


def _subscribed(apps: dict[str, Any] | GraphError) -> HealthCheck:
    if isinstance(apps, GraphError):
        return HealthCheck(False, error=str(apps))
    subscribed = apps.get("data")
    if subscribed:
        return HealthCheck(True)
    return HealthCheck(False, error="No app is subscribed to the WhatsApp account, so that no webhook comes.")


def _status(checks: HealthChecks) -> Literal["healthy", "degraded", "unhealthy"]:
    """A number that may still send, within limits or deaf, is degraded."""
    messaging = checks.messaging_health.details or {}
    vital = (checks.phone_number_access, checks.phone_number_connection, checks.token_validity)
    if messaging.get("can_send_message") == "BLOCKED" or any(check.passed is False for check in vital):
        return "unhealthy"
    others = (checks.messaging_health, checks.webhook_subscription)
    return "degraded" if any(check.passed is False for check in others) else "healthy"
