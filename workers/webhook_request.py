"""One request to one of the business's own systems: what is sent, and what is kept of the answer."""

import asyncio
import contextlib
import hmac
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import msgspec
import structlog
from sqlalchemy import Row

from shared.crypto import DecryptionError, decrypt
from shared.kapso.webhooks import batch_body
from shared.operations.settle_delivery import Outcome
from shared.outbound_http import AddressRefusedError, OutboundHttp, UnreachableError
from shared.queries.deliveries import DeliveryAttempt
from shared.queries.webhooks import HIDDEN, stored_headers

log = structlog.get_logger()

POST_SECONDS = 10.0
READ_SECONDS = 0.5  # for the beginning of an answer's body, which is only kept to be shown
MOST_BODY = 2048  # bytes of it
MOST_HEADERS = 40  # of an answer
MOST_HEADER = 200  # characters of each
MOST_QUOTED = 500  # characters of an answer in the sentence that says what went wrong


class WebhookRequest(msgspec.Struct, frozen=True):
    """Deliveries that go out in one request: one, or those of a batch, in their order."""

    rows: Sequence[Row[Any]]

    @property
    def endpoint_id(self) -> UUID:
        endpoint_id: UUID = self.rows[0].endpoint_id
        return endpoint_id

    async def send(self, http: OutboundHttp, secret_key: str) -> list[Outcome]:
        """Post it, and tell what came of each delivery. Whatever the URL leads to, nothing is raised."""
        url: str = self.rows[0].url
        at, started = datetime.now(UTC), time.perf_counter()
        headers: dict[str, str] = {}
        answer = _Answer()
        try:
            headers, body = self._signed(secret_key)
            async with http.request("POST", url, seconds=POST_SECONDS, headers=headers, content=body) as response:
                await answer.read(response)
            problem = answer.problem()
        except DecryptionError as error:
            problem = f"The secret or the headers cannot be read: {error}"
        except AddressRefusedError as error:
            problem = str(error)
        except UnreachableError as error:  # an answer that broke off has its status all the same
            problem = f"No answer: {error}" if answer.status is None else answer.problem()
        except Exception as error:  # noqa: BLE001 - counts as a failed attempt
            log.error("webhook_not_sent", webhook_id=str(self.endpoint_id), error=type(error).__name__)
            problem = f"Not sent: {type(error).__name__}"
        attempt = DeliveryAttempt(
            number=0,
            at=at,
            duration_ms=round((time.perf_counter() - started) * 1000),
            url=url,
            request_headers=self._shown(headers, secret_key),
            response_status=answer.status,
            response_headers=answer.headers,
            response_body=None if answer.status is None else answer.words(),
            problem=problem,
        )
        return self.outcomes(attempt)

    def outcomes(self, attempt: DeliveryAttempt) -> list[Outcome]:
        """The same for each delivery, of which it may be another attempt."""
        return [
            Outcome(row.id, row.endpoint_id, msgspec.structs.replace(attempt, number=row.attempt_count), row.failing)
            for row in self.rows
        ]

    def _signed(self, secret_key: str) -> tuple[dict[str, str], bytes]:
        """The headers and the body (Kapso: "Webhook security"). Raises DecryptionError."""
        row = self.rows[0]
        headers = stored_headers(row.headers, secret_key)
        if headers is None:
            raise DecryptionError("encrypted with another PORTHOLE_SECRET_KEY, or damaged")
        headers |= {"Content-Type": "application/json", "X-Idempotency-Key": row.idempotency_key}
        body: bytes = row.body
        if row.kind == "kapso":
            headers |= {"X-Webhook-Event": row.event, "X-Webhook-Payload-Version": row.payload_version}
        if row.batch_id is not None:
            body = _batch(self.rows)
            headers |= {
                "X-Idempotency-Key": str(row.batch_id),
                "X-Webhook-Batch": "true",
                "X-Batch-Size": str(len(self.rows)),
            }
        if row.secret_key is not None:
            secret = decrypt(row.secret_key, secret_key)
            headers["X-Webhook-Signature"] = hmac.digest(secret.encode(), body, "sha256").hex()
        return headers, body

    def _shown(self, headers: dict[str, str], secret_key: str) -> dict[str, str]:
        """The headers without the values of those that the business has added."""
        own = stored_headers(self.rows[0].headers, secret_key) or {}
        return {name: HIDDEN if name in own else value for name, value in headers.items()}


class _Answer:
    """What has come of an answer so far."""

    def __init__(self) -> None:
        self.status: int | None = None
        self.headers: dict[str, str] | None = None
        self._body = b""

    async def read(self, response: httpx.Response) -> None:
        """Take in the status and the headers, and of the body what comes soon. Cookies are nobody's business here."""
        self.status = response.status_code
        self.headers = {
            name[:MOST_HEADER]: HIDDEN if name == "set-cookie" else _clean(value[:MOST_HEADER])
            for name, value in list(response.headers.items())[:MOST_HEADERS]
        }
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(READ_SECONDS):
                async for chunk in response.aiter_raw():
                    self._body += chunk
                    if len(self._body) >= MOST_BODY:
                        break

    def words(self) -> str:
        return _clean(self._body[:MOST_BODY].decode(errors="replace"))

    def problem(self) -> str | None:
        if self.status is not None and 200 <= self.status < 300:
            return None
        return f"HTTP {self.status}: {self.words()[:MOST_QUOTED]}"


def _clean(text: str) -> str:
    """As PostgreSQL takes it, whose text holds no NUL."""
    return text.replace("\x00", "")


def _batch(rows: Sequence[Row[Any]]) -> bytes:
    first = rows[0]
    return batch_body(
        first.event,
        [row.body for row in rows],
        window_ms=first.buffer_window_seconds * 1000,
        first_sequence=first.sequence,
        last_sequence=rows[-1].sequence,
        conversation_id=first.conversation_id,
    )
