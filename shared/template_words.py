"""The words of a template message: what the customer reads, and not only the template's name."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared.whatsapp.graph import GraphClient, GraphError, NoAnswerError, NotSentError
from shared.whatsapp.templates import TemplatePart, body_of, filled_in, template_parts

log = structlog.get_logger()

KEEP_SECONDS = 600  # a template changes rarely, and then with another review of Meta's
ASK_SECONDS = 3.0
REDIS_SECONDS = 0.5

_decode = msgspec.json.Decoder(list[TemplatePart]).decode


class TemplateWords(msgspec.Struct, frozen=True):
    """What a customer reads of a template: its body, filled in, and the parts around it as they are defined."""

    body: str
    parts: list[TemplatePart]


async def template_words(
    graph: GraphClient,
    redis: Redis,
    phone_number_id: str,
    business_account_id: str,
    access_token: str,
    content: Mapping[str, Any],
) -> TemplateWords | None:
    """The words of a message's `template` object; None if Graph does not tell them at once.

    What is kept is kept for the number, because another one's token may not see the account's templates.
    """
    name, language = content.get("name"), content.get("language")
    code = language.get("code") if isinstance(language, Mapping) else None
    if not name or not code:
        return None
    place = f"templates:{business_account_id}", f"{phone_number_id}:parts:{code}:{name}"
    parts = await _kept(redis, *place)
    if parts is None:
        parts = await _asked(graph, business_account_id, access_token, str(name), str(code))
        if parts is None:
            return None
        await _keep(redis, *place, parts)
    body = body_of(parts)
    if body is None:
        return None
    return TemplateWords(filled_in(body, content), [part for part in parts if part.get("type") != "BODY"])


async def _asked(
    graph: GraphClient, account: str, access_token: str, name: str, language: str
) -> list[TemplatePart] | None:
    try:
        async with asyncio.timeout(ASK_SECONDS):
            page = await graph.get(f"{account}/message_templates", access_token, name=name, limit="100")
        return template_parts(page.get("data") or [], name, language)
    except (GraphError, NotSentError, NoAnswerError, TimeoutError, TypeError, AttributeError) as error:
        log.warning("template_unknown", error=type(error).__name__)
        return None
    except msgspec.ValidationError as error:  # an answer that is not as Meta documents it
        log.warning("template_unknown", error=str(error))
        return None


async def forget_templates(redis: Redis, business_account_ids: Collection[str]) -> None:
    """Ask Graph anew for the words of these accounts' templates: Meta told of a change."""
    if not business_account_ids:
        return
    try:
        async with asyncio.timeout(REDIS_SECONDS):
            await redis.delete(*(f"templates:{account}" for account in business_account_ids))
    except (RedisError, OSError, TimeoutError):
        log.warning("templates_not_forgotten")


async def _kept(redis: Redis, account: str, template: str) -> list[TemplatePart] | None:
    try:
        async with asyncio.timeout(REDIS_SECONDS):
            found = await redis.hget(account, template)  # type: ignore[misc]  # redis-py's stubs mix sync and async
    except (RedisError, OSError, TimeoutError):
        return None
    try:
        return None if found is None else _decode(found)
    except msgspec.DecodeError:  # kept by another version
        return None


async def _keep(redis: Redis, account: str, template: str, parts: list[TemplatePart]) -> None:
    try:
        async with asyncio.timeout(REDIS_SECONDS), redis.pipeline() as pipeline:
            pipeline.hset(account, template, msgspec.json.encode(parts).decode())
            pipeline.expire(account, KEEP_SECONDS, nx=True)  # an account's all at once
            await pipeline.execute()
    except (RedisError, OSError, TimeoutError):
        log.warning("template_not_kept")
