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

from api.access import ProjectKey, key_of_request
from api.errors import AnyRequest, ApiError
from api.uploads import FormDigest
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
        state, kept = request.app.state, _kept_under(key_of_request(request), name)
        form = _form_of(request)
        if form is None:
            receive, fingerprint = await _read(request, receive)
        else:  # too large to be read first: until its end only what it is for can be compared
            fingerprint = form.digest()
        earlier = await _claim(state.engine, kept, fingerprint)
        if earlier is None:
            await _run(state, kept, form, scope, receive, send, next_app)
            return
        if form is not None and earlier.answer is not None:
            async for chunk in request.stream():
                form.feed(chunk)
            fingerprint = form.digest()
        await _repeat(state, earlier, fingerprint, send)


class _Kept(msgspec.Struct, frozen=True):
    """Where an answer is kept: each API key has Idempotency-Keys of its own, since an answer may hold a secret that is
    for the one who asked.
    """

    project_id: UUID
    key: str

    def where(self, statement: Any) -> Any:
        return statement.where(IdempotencyKey.project_id == self.project_id, IdempotencyKey.key == self.key)


def _kept_under(key: ProjectKey, name: str) -> _Kept:
    return _Kept(key.project_id, f"{key.id} {name}")


def _head(request: AnyRequest) -> bytes:
    return f"{request.method} {request.url.path}?{request.url.query}\n".encode()


def _form_of(request: AnyRequest) -> FormDigest | None:
    kind, options = request.content_type
    boundary = options.get("boundary")
    return FormDigest(boundary, _head(request)) if kind.startswith("multipart/") and boundary else None


async def _read(request: AnyRequest, receive: Receive) -> tuple[Receive, bytes]:
    """A `receive` that gives the body once more, and SHA-256 of what is asked."""
    body = await request.body()
    given = False

    async def again() -> HTTPReceiveMessage:
        nonlocal given
        if given:
            return await receive()  # type: ignore[return-value]
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again, hashlib.sha256(_head(request) + body).digest()


async def _claim(engine: AsyncEngine, kept: _Kept, fingerprint: bytes) -> Row[Any] | None:
    """None if the key is ours to use, else what is kept under it."""
    values = {"project_id": kept.project_id, "key": kept.key, "fingerprint": fingerprint}
    async with engine.begin() as connection:
        if (await connection.execute(_CLAIM, values)).one_or_none() is not None:
            return None
        columns = (IdempotencyKey.fingerprint, IdempotencyKey.status, IdempotencyKey.answer)
        return (await connection.execute(kept.where(select(*columns)))).one()


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
    state: State,
    kept: _Kept,
    form: FormDigest | None,
    scope: Scope,
    receive: Receive,
    send: Send,
    next_app: ASGIApp,
) -> None:
    """Run the request, and keep its answer before it goes out."""
    start: Message | None = None
    parts: list[bytes] = []
    done = False

    async def receive_and_digest() -> Any:
        message = await receive()
        if form is not None and message["type"] == "http.request":
            form.feed(message["body"])
        return message

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
        await _keep(state, kept, form, start, b"".join(parts))
        done = True
        await send(start)
        await send({"type": "http.response.body", "body": b"".join(parts), "more_body": False})

    try:
        await next_app(scope, receive_and_digest, keep)
    except Exception:  # and not a cancellation, which may come after what was asked for was done
        if not done:
            await _forget(state.engine, kept)
        raise


async def _keep(state: State, kept: _Kept, form: FormDigest | None, start: Any, body: bytes) -> None:
    if start["status"] >= 400:
        await _forget(state.engine, kept)
        return
    headers = {key.lower(): value for key, value in start["headers"]}
    if headers.get(b"content-encoding") == b"gzip":  # who repeats it may not take that
        body = gzip.decompress(body)
    answer = _Answer(headers.get(b"content-type", b"application/json").decode(), body)
    values: dict[str, Any] = {"status": start["status"]}
    values["answer"] = encrypt_bytes(msgspec.msgpack.encode(answer), state.settings.secret_key)
    if form is not None:
        values["fingerprint"] = form.digest()
    async with state.engine.begin() as connection:
        await connection.execute(kept.where(update(IdempotencyKey)).values(**values))


async def _forget(engine: AsyncEngine, kept: _Kept) -> None:
    async with engine.begin() as connection:
        await connection.execute(kept.where(delete(IdempotencyKey)))
