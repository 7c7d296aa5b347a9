"""`porthole doctor`: looks at all that Porthole needs, and says in plain words what to do about what is wrong."""

import argparse
import asyncio
import io
import time
from collections.abc import AsyncIterator, Sequence
from email.utils import parsedate_to_datetime
from typing import Any, Literal

import httpx
import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import Row, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cli.output import emit
from cli.unreachable import why_unreachable
from shared.crypto import DecryptionError, decrypt, new_token
from shared.db import create_engine
from shared.ids import new_id
from shared.log import configure_logs
from shared.migrate import current_revision, head_revision, is_newer
from shared.pubsub import PubSub
from shared.settings import Settings, read_settings, unknown_variables
from shared.storage import Storage, StorageError
from shared.tls import tls_context
from shared.whatsapp.graph import GraphClient
from shared.whatsapp.graph_http import new_http_client
from shared.whatsapp.number_health import check_health

Status = Literal["ok", "warning", "wrong"]
Checks = AsyncIterator["Check"]

MOST_SKEW = 5.0  # seconds: signed links and leases are made by one machine and read by another
SECONDS = 10.0  # for each question
MOST_NUMBERS = 50
OLDEST_POSTGRES = 16

_NUMBERS = text(
    "SELECT phone_number_id, business_account_id, display_phone_number, access_token FROM phone_number"
    " ORDER BY id LIMIT :most"
)


class Check(msgspec.Struct):
    """What was looked at, and what to do if all is not well."""

    name: str
    status: Status
    message: str


async def run_doctor(arguments: argparse.Namespace) -> None:
    """Print a line for each check. Exits with status 1 if something is wrong; warnings leave it 0."""
    settings = read_settings()
    configure_logs("error")
    checks = await diagnose(settings)
    ok = all(check.status != "wrong" for check in checks)
    marks = {"ok": "ok     ", "warning": "warning", "wrong": "WRONG  "}
    lines = [f"{marks[check.status]}  {check.name}: {check.message}" for check in checks]
    emit(arguments.json, {"ok": ok, "checks": msgspec.to_builtins(checks)}, "\n".join(lines))
    if not ok:
        raise SystemExit(1)


async def diagnose(settings: Settings) -> list[Check]:
    """Every check, in an order in which the causes stand before what follows from them."""
    engine = create_engine(settings, application_name="doctor", pool_size=1)
    try:
        parts = await asyncio.gather(
            _together(_settings(settings)),
            _together(_postgres(settings, engine)),
            _together(_redis(settings)),
            _together(_storage(settings)),
            _together(_base_url(settings)),
        )
    finally:
        await engine.dispose()
    return [check for part in parts for check in part]


async def _together(checks: Checks) -> list[Check]:
    return [check async for check in checks]


async def _settings(settings: Settings) -> Checks:
    unknown = unknown_variables()
    if unknown:
        yield Check("settings", "warning", f"{', '.join(unknown)}: no such setting; is it misspelt?")
    else:
        yield Check("settings", "ok", "every variable is known")
    keys = len(settings.secret_key.split(","))
    if keys > 1:
        yield Check(
            "secret key",
            "warning",
            f"{keys} are in use; `porthole secrets encrypt-anew`, and then leave only the first in PORTHOLE_SECRET_KEY",
        )


async def _postgres(settings: Settings, engine: AsyncEngine) -> Checks:
    name = "PostgreSQL"
    try:
        async with asyncio.timeout(SECONDS), engine.connect() as connection:
            version = int(str(await connection.scalar(text("SHOW server_version_num")))) // 10000
            too_old = version < OLDEST_POSTGRES
            yield Check(
                name,
                "wrong" if too_old else "ok",
                f"version {version}" + (f"; Porthole needs {OLDEST_POSTGRES} or newer" if too_old else ""),
            )
            yield _skew(name, float(await connection.scalar(text("SELECT extract(epoch FROM clock_timestamp())")) or 0))
            migrations = await _migrations(connection)
            yield migrations
            if migrations.status == "wrong":
                return
            yield await _events(connection)
            numbers = (await connection.execute(_NUMBERS, {"most": MOST_NUMBERS})).all()
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()
        said = f" ({reason[0]})" if reason else ""
        yield Check(name, "wrong", f"does not answer{said}; is it running, and is PORTHOLE_DATABASE_URL right?")
        return
    # However long WhatsApp takes, PostgreSQL is not to blame.
    async for check in _numbers(settings, numbers):
        yield check


async def _migrations(connection: AsyncConnection) -> Check:
    found = await current_revision(connection)
    if found == head_revision():
        return Check("migrations", "ok", f"the database is at {found}, as this version needs")
    if is_newer(found):
        return Check(
            "migrations",
            "warning",
            f"the database is at {found}, of a newer version than this one, which works on it all the same",
        )
    return Check(
        "migrations",
        "wrong",
        f"the database is at {found or 'none'} and this version needs {head_revision()}; run `porthole migrate`",
    )


async def _events(connection: AsyncConnection) -> Check:
    """Bounded: it is asked whether there are any, and not how many."""
    query = text("SELECT id, problem FROM inbound_event WHERE state = 'failed' ORDER BY id DESC LIMIT 1")
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return Check("webhooks", "ok", "none was left that could not be applied")
    return Check("webhooks", "warning", f"number {row.id} and maybe others could not be applied: {row.problem}")


async def _numbers(settings: Settings, rows: Sequence[Row[Any]]) -> Checks:
    if not rows:
        yield Check("numbers", "warning", "none is connected yet; `porthole number connect` connects one")
    async with new_http_client() as http:
        yield await _graph_clock(settings, http)
        graph = GraphClient(http, settings)
        for check in await asyncio.gather(*(_number(settings, graph, row) for row in rows)):
            yield check


async def _number(settings: Settings, graph: GraphClient, row: Row[Any]) -> Check:
    name = f"number {row.display_phone_number}"
    try:
        token = decrypt(row.access_token, settings.secret_key)
    except DecryptionError:
        return Check(
            name,
            "wrong",
            "its access token was encrypted with another PORTHOLE_SECRET_KEY; put that one back, behind a comma, or "
            "connect the number again",
        )
    health, _ = await check_health(graph, row.phone_number_id, row.business_account_id, token, heard=False)
    if health.status == "error":
        return Check(name, "wrong", f"WhatsApp at {settings.graph_url} cannot be asked; is there a way out?")
    checks = health.checks
    for check, advice in (
        (checks.token_validity, "make a permanent token in Meta's Business settings, and connect the number again"),
        (checks.phone_number_access, "give the token's system user access to the number in Meta's Business settings"),
        (checks.webhook_subscription, "subscribe the app to the account: POST /{business account id}/subscribed_apps"),
        (checks.phone_number_connection, "look at it in Meta's WhatsApp Manager"),
        (checks.messaging_health, "look at it in Meta's WhatsApp Manager"),
    ):
        if check.passed is False:
            said = check.error or "WhatsApp says that it cannot be used now"
            return Check(name, "wrong" if health.status == "unhealthy" else "warning", f"{said}; {advice}")
    return Check(name, "ok", "WhatsApp knows it, takes its token, and sends its webhooks here")


async def _graph_clock(settings: Settings, http: httpx.AsyncClient) -> Check:
    try:
        answer = await http.head(settings.graph_url)
        then = parsedate_to_datetime(answer.headers["date"]).timestamp()
    except (httpx.HTTPError, KeyError, ValueError):
        return Check(
            "clock", "warning", f"{settings.graph_url} does not say what time it is, so that it went unchecked"
        )
    # Its date is whole seconds, and it was made some time ago.
    return _skew("WhatsApp", then + 0.5, slack=1.5)


async def _redis(settings: Settings) -> Checks:
    redis: Redis = Redis.from_url(settings.redis_url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS)
    try:
        seconds, microseconds = await redis.time()
        yield _skew("Redis", seconds + microseconds / 1e6)
        info = await redis.info("memory")
        policy = info.get("maxmemory_policy", "noeviction")
        if policy == "noeviction":
            yield Check("Redis", "ok", "answers, and forgets nothing by itself")
        else:
            yield Check(
                "Redis",
                "warning",
                f"maxmemory-policy is {policy}: it may drop queues and limits when memory is short; set noeviction",
            )
    except (RedisError, OSError) as error:
        yield Check("Redis", "wrong", f"does not answer ({error}); is it running, and is PORTHOLE_REDIS_URL right?")
    finally:
        await redis.aclose()
    if settings.pubsub_url:
        yield await _pubsub(settings)


async def _pubsub(settings: Settings) -> Check:
    pubsub = PubSub(settings)
    try:
        await pubsub.publish([("porthole:doctor", b"")])
    except (RedisError, OSError, TimeoutError) as error:
        return Check("pub/sub", "wrong", f"does not answer ({error}); is PORTHOLE_PUBSUB_URL right?")
    finally:
        await pubsub.close()
    return Check("pub/sub", "ok", "a Cluster, with sharded channels" if pubsub.is_sharded else "a single server")


async def _storage(settings: Settings) -> Checks:
    """A file is written, read and deleted: a bucket may allow one of these and not the other."""
    storage, key, written = Storage(settings), f"doctor/{new_id()}", new_token().encode()
    try:
        await storage.write(key, io.BytesIO(written))
        read = await storage.read(key, 0, len(written))
        await storage.delete(key)
    except StorageError as error:
        yield Check("storage", "wrong", f"{error}; look at PORTHOLE_STORAGE_URL, and at who may write there")
    else:
        same = read == written
        yield Check("storage", "ok" if same else "wrong", "holds files" if same else "does not give back what it got")
    finally:
        storage.close()


async def _base_url(settings: Settings) -> Checks:
    """As Meta does when somebody types the webhook's address into its form, but from here.

    A firewall before this machine, and the verify token that was typed there, are Meta's alone to see.
    """
    url, challenge = f"{settings.origin()}/webhooks/whatsapp", new_token()
    query = {
        "hub.mode": "subscribe",
        "hub.verify_token": settings.whatsapp_verify_token,
        "hub.challenge": challenge,
    }
    name = f"webhook {url}"
    if not url.startswith("https://"):
        yield Check("https", "warning", "WhatsApp calls nothing else; put a proxy with a certificate before Porthole")
    async with httpx.AsyncClient(verify=tls_context(), timeout=SECONDS) as http:
        try:
            answer = await http.get(url, params=query)
        except httpx.HTTPError as error:
            yield Check(name, "wrong", f"{why_unreachable(error)}; PORTHOLE_BASE_URL is where it was looked for")
            return
    if answer.text == challenge:
        yield Check(name, "ok", "answers as WhatsApp wants it, seen from this machine")
    elif answer.status_code == 403:
        yield Check(name, "wrong", "another Porthole answers there: its PORTHOLE_WHATSAPP_VERIFY_TOKEN is not ours")
    else:
        yield Check(name, "wrong", f"something else answers there, with status {answer.status_code}")


def _skew(of: str, then: float, slack: float = 0.0) -> Check:
    apart = abs(time.time() - then)
    if apart <= MOST_SKEW + slack:
        return Check("clock", "ok", f"that of {of} agrees with this machine's")
    return Check("clock", "wrong", f"that of {of} is {apart:.0f} s apart from this machine's; run NTP on both")
