"""The words of a template message: what the customer reads, and not only the template's name."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared.whatsapp.graph import GraphClient, GraphError, NoAnswerError, NotSentError
from shared.whatsapp.templates import filled_in, template_body

log = structlog.get_logger()

KEEP_SECONDS = 600  # a template changes rarely, and then with another review of Meta's
ASK_SECONDS = 3.0
REDIS_SECONDS = 0.5


async def template_words(
    graph: GraphClient,
    redis: Redis,
    phone_number_id: str,
    business_account_id: str,
    access_token: str,
    content: Mapping[str, Any],
) -> str | None:
    """The body of a message's `template` object, filled in; None if Graph does not tell it at once.

    What is kept is kept for the number, because another one's token may not see the account's templates.
    """
    name, language = content.get("name"), content.get("language")
    code = language.get("code") if isinstance(language, Mapping) else None
    if not name or not code:
        return None
    place = f"templates:{business_account_id}", f"{phone_number_id}:{code}:{name}"
    body = await _kept(redis, *place)
    if body is None:
        body = await _asked(graph, business_account_id, access_token, str(name), str(code))
        if body is None:
            return None
        await _keep(redis, *place, body)
    return filled_in(body, content)


async def _asked(graph: GraphClient, account: str, access_token: str, name: str, language: str) -> str | None:
    try:
        async with asyncio.timeout(ASK_SECONDS):
            page = await graph.get(f"{account}/message_templates", access_token, name=name, limit="100")
        return template_body(page.get("data") or [], name, language)
    except (GraphError, NotSentError, NoAnswerError, TimeoutError, TypeError, AttributeError) as error:
        log.warning("template_unknown", error=type(error).__name__)  # or an answer that is not as Meta documents it
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


async def _kept(redis: Redis, account: str, template: str) -> str | None:
    try:
        async with asyncio.timeout(REDIS_SECONDS):
            found = await redis.hget(account, template)  # type: ignore[misc]  # redis-py's stubs mix sync and async
    except (RedisError, OSError, TimeoutError):
        return None
    return None if found is None else bytes(found).decode()


async def _keep(redis: Redis, account: str, template: str, body: str) -> None:
    try:
        async with asyncio.timeout(REDIS_SECONDS), redis.pipeline() as pipeline:
            pipeline.hset(account, template, body)
            pipeline.expire(account, KEEP_SECONDS, nx=True)  # an account's all at once
            await pipeline.execute()
    except (RedisError, OSError, TimeoutError):
        log.warning("template_not_kept")
