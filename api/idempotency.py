"""`Idempotency-Key` on a POST: a repeat gets the first answer, and nothing happens twice."""

import gzip
import hashlib
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, HTTPReceiveMessage, Message, Receive, Scope, Send
from sqlalchemy import Row, delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from api.access import key_of_request
from api.errors import AnyRequest, ApiError
from shared.crypto import decrypt_bytes, encrypt_bytes
from shared.models import IdempotencyKey

MOST_KEY = 255  # characters

# A key is free again after a day, or when it was another day's.
_CLAIM = text("""
    INSERT INTO idempotency_key (project_id, key, fingerprint) VALUES (:project_id, :key, :fingerprint)
    ON CONFLICT (project_id, key) DO UPDATE
        SET fingerprint = EXCLUDED.fingerprint, status = NULL, answer = NULL, created_at = now()
        WHERE idempotency_key.created_at < now() - interval '24 hours'
    RETURNING key
""")


class _Answer(msgspec.Struct):
    content_type: str
    body: bytes


class Idempotency(ASGIMiddleware):
    """Keeps the answer of a POST that bears the header for 24 hours.

    An answer that is an error is not kept: the key may be tried again. A POST whose process died before it answered
    may or may not have happened, so its key is refused with 409 until the day is over, and never repeated.
    """

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        request: AnyRequest = Request(scope, receive)
        name = request.headers.get("idempotency-key")
        if request.method != "POST" or name is None:
            await next_app(scope, receive, send)
            return
        if not 0 < len(name) <= MOST_KEY or not name.isprintable():
            problem = {"Idempotency-Key": [f"must be 1 to {MOST_KEY} printable characters"]}
            raise ApiError(400, "bad_request", "The Idempotency-Key is not valid.", problem)
        state, project_id = request.app.state, key_of_request(request).project_id
        receive, fingerprint = await _fingerprint(request, receive)
        earlier = await _claim(state.engine, project_id, name, fingerprint)
        if earlier is not None:
            await _repeat(state, earlier, fingerprint, send)
            return
        await _run(state, project_id, name, scope, receive, send, next_app)


async def _fingerprint(request: AnyRequest, receive: Receive) -> tuple[Receive, bytes]:
    """SHA-256 of what is asked, and a `receive` that gives the body once more. An upload is not read for it: its
    length stands for it.
    """
    digest = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode())
    if request.headers.get("content-type", "").startswith("multipart/"):
        digest.update(request.headers.get("content-length", "").encode())
        return receive, digest.digest()
    body = await request.body()
    digest.update(body)
    given = False

    async def again() -> HTTPReceiveMessage:
        nonlocal given
        if given:
            return await receive()  # type: ignore[return-value]
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again, digest.digest()


async def _claim(engine: AsyncEngine, project_id: UUID, name: str, fingerprint: bytes) -> Row[Any] | None:
    """None if the key is ours to use, else what is kept under it."""
    values = {"project_id": project_id, "key": name, "fingerprint": fingerprint}
    async with engine.begin() as connection:
        if (await connection.execute(_CLAIM, values)).one_or_none() is not None:
            return None
        kept = select(IdempotencyKey.fingerprint, IdempotencyKey.status, IdempotencyKey.answer)
        return (await connection.execute(_where(kept, project_id, name))).one()


async def _repeat(state: State, earlier: Row[Any], fingerprint: bytes, send: Send) -> None:
    if earlier.fingerprint != fingerprint:
        raise ApiError(422, "idempotency_key_reused", "This Idempotency-Key was used for another request.", flat=True)
    if earlier.answer is None:
        raise ApiError(
            409,
            "idempotency_key_in_use",
            "The first request with this Idempotency-Key has not answered; look whether it took effect.",
            flat=True,
        )
    answer = msgspec.msgpack.decode(decrypt_bytes(earlier.answer, state.settings.secret_key), type=_Answer)
    headers = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", str(len(answer.body)).encode()),
        (b"idempotent-replayed", b"true"),
    ]
    await send({"type": "http.response.start", "status": earlier.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})


async def _run(
    state: State, project_id: UUID, name: str, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp
) -> None:
    """Run the request, and keep its answer before it goes out."""
    start: Message | None = None
    parts: list[bytes] = []
    done = False

    async def keep(message: Message) -> None:
        nonlocal start, done
        if message["type"] == "http.response.start":
            start = message
            return
        assert message["type"] == "http.response.body"
        assert start is not None
        parts.append(message["body"])
        if message.get("more_body"):
            return
        await _keep(state, project_id, name, start, b"".join(parts))
        done = True
        await send(start)
        await send({"type": "http.response.body", "body": b"".join(parts), "more_body": False})

    try:
        await next_app(scope, receive, keep)
    except Exception:  # and not a cancellation, which may come after what was asked for was done
        if not done:
            await _forget(state.engine, project_id, name)
        raise


async def _keep(state: State, project_id: UUID, name: str, start: Any, body: bytes) -> None:
    if start["status"] >= 400:
        await _forget(state.engine, project_id, name)
        return
    headers = {key.lower(): value for key, value in start["headers"]}
    if headers.get(b"content-encoding") == b"gzip":  # who repeats it may not take that
        body = gzip.decompress(body)
    answer = _Answer(headers.get(b"content-type", b"application/json").decode(), body)
    kept = encrypt_bytes(msgspec.msgpack.encode(answer), state.settings.secret_key)
    async with state.engine.begin() as connection:
        await connection.execute(
            _where(update(IdempotencyKey), project_id, name).values(status=start["status"], answer=kept)
        )


async def _forget(engine: AsyncEngine, project_id: UUID, name: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(_where(delete(IdempotencyKey), project_id, name))


def _where(statement: Any, project_id: UUID, name: str) -> Any:
    return statement.where(IdempotencyKey.project_id == project_id, IdempotencyKey.key == name)
