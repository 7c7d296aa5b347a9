"""The templates that a number may send, as Graph lists them."""

import asyncio
from typing import Any

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared.template_words import KEEP_SECONDS, REDIS_SECONDS
from shared.whatsapp.graph import GraphClient

log = structlog.get_logger()

MOST_PAGES = 60  # an account has at most 6,000 templates (Meta: Business Management API, "Message templates")
PAGE = "100"
FIELDS = "id,name,language,status,category,parameter_format,components"


async def approved_templates(
    graph: GraphClient, redis: Redis, phone_number_id: str, business_account_id: str, access_token: str
) -> list[dict[str, Any]]:
    """Sorted by name and language, and kept until Meta tells of a change (template_words.py), KEEP_SECONDS at most.

    Raises what Graph calls raise.
    """
    account, place = f"templates:{business_account_id}", f"{phone_number_id}:approved"
    kept = await _kept(redis, account, place)
    if kept is not None:
        return kept
    found: list[dict[str, Any]] = []
    query = {"status": "APPROVED", "fields": FIELDS, "limit": PAGE}
    for _ in range(MOST_PAGES):
        page = await graph.get(f"{business_account_id}/message_templates", access_token, **query)
        found += page.get("data") or []
        paging = page.get("paging") or {}
        after = (paging.get("cursors") or {}).get("after")
        if "next" not in paging or not after:
            break
        query["after"] = str(after)
    approved = [template for template in found if template.get("status") == "APPROVED"]
    approved.sort(key=lambda template: (str(template.get("name")), str(template.get("language"))))
    await _keep(redis, account, place, approved)
    return approved


async def _kept(redis: Redis, account: str, place: str) -> list[dict[str, Any]] | None:
    try:
        async with asyncio.timeout(REDIS_SECONDS):
            found = await redis.hget(account, place)  # type: ignore[misc]  # redis-py's stubs mix sync and async
    except (RedisError, OSError, TimeoutError):
        return None
    return None if found is None else msgspec.json.decode(found, type=list[dict[str, Any]])


async def _keep(redis: Redis, account: str, place: str, templates: list[dict[str, Any]]) -> None:
    try:
        async with asyncio.timeout(REDIS_SECONDS), redis.pipeline() as pipeline:
            pipeline.hset(account, place, msgspec.json.encode(templates).decode())
            pipeline.expire(account, KEEP_SECONDS, nx=True)
            await pipeline.execute()
    except (RedisError, OSError, TimeoutError):
        log.warning("templates_not_kept")
