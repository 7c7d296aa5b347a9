"""Settings: environment variables with the prefix PORTHOLE_, read once at start.

The docstring of each field is its row in docs/configuration.md; a test keeps the two equal.
"""

import os
import re
from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from shared.validation import WRONG, InvalidFieldsError, convert_fields

PREFIX = "PORTHOLE_"

Url = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9+.-]*://", max_length=2000)]
HttpUrl = Annotated[str, Meta(pattern=r"^https?://[^/\s]+[^\s]*$", max_length=2000)]
StorageUrl = Annotated[str, Meta(pattern=r"^(file:///|(s3|gs|az)://[^/\s])", max_length=2000)]
Secret = Annotated[str, Meta(min_length=16, max_length=500)]
Queues = Annotated[str, Meta(pattern=r"^(all|((^|\b,)(ingest(:\d{1,2})?|send|webhooks|media))+)$")]

_BASE_URL = re.compile(r"https?://[A-Za-z0-9._:\[\]-]+/?")


class SettingsError(Exception):
    """The environment does not describe a Porthole that can start; the text names every variable that is wrong."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All that can be set. A field `x_y` is read from PORTHOLE_X_Y."""

    database_url: Url
    redis_url: Url
    pubsub_url: Annotated[str, Meta(pattern=r"^([a-z][a-z0-9+.-]*://|$)", max_length=2000)] = ""
    secret_key: Secret
    whatsapp_app_secret: Annotated[str, Meta(min_length=8, max_length=500)]
    whatsapp_verify_token: Annotated[str, Meta(min_length=8, max_length=500)]
    base_url: HttpUrl = "http://localhost:8000"
    storage_url: StorageUrl = "file:///var/lib/porthole/media"
    graph_url: HttpUrl = "https://graph.facebook.com"
    graph_version: Annotated[str, Meta(pattern=r"^v\d+\.\d+$")] = "v25.0"
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8000
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    trusted_proxies: str = "127.0.0.1,::1"
    platform_rate_limit: Annotated[int, Meta(ge=1, le=1_000_000)] = 1000
    embed_rate_limit: Annotated[int, Meta(ge=1, le=1_000_000)] = 1200
    failure_rate_limit: Annotated[int, Meta(ge=1, le=1_000_000)] = 60
    drain_seconds: Annotated[float, Meta(ge=0, le=300)] = 0.0
    database_pool: Annotated[int, Meta(ge=3, le=200)] = 10
    webhook_max_bytes: Annotated[int, Meta(ge=1024, le=64 * 1024 * 1024)] = 4 * 1024 * 1024
    ingest_queues: Annotated[int, Meta(ge=1, le=64)] = 1
    worker_queues: Queues = "all"
    metrics_token: Annotated[str, Meta(pattern=r"^(.{16,500})?$")] = ""
    otlp_endpoint: Annotated[str, Meta(pattern=r"^(https?://[^/\s]+[^\s]*|)$", max_length=2000)] = ""
    conversation_hours: Annotated[float, Meta(gt=0, le=8760)] = 24.0
    keep_events_days: Annotated[int, Meta(ge=1, le=3650)] = 7
    allow_private_addresses: bool = False

    def __post_init__(self) -> None:
        """Raises InvalidFieldsError."""
        if self.base_url is not WRONG and not _BASE_URL.fullmatch(self.base_url):
            raise InvalidFieldsError(
                {"base_url": ["must be an origin such as https://inbox.example.com, in ASCII and without a path"]}
            )
        if self.secret_key is not WRONG and any(len(key.strip()) < 16 for key in self.secret_key.split(",")):
            raise InvalidFieldsError({"secret_key": ["must have at least 16 characters, and each of several as well"]})

    def app_secrets(self) -> list[bytes]:
        """The app secrets a webhook may be signed with: two while one is being replaced by another."""
        return [part.strip().encode() for part in self.whatsapp_app_secret.split(",") if part.strip()]

    def origin(self) -> str:
        """The origin that browsers see the inbox under, such as https://inbox.example.com, as they write it."""
        parts = urlsplit(self.base_url.lower())
        return f"{parts.scheme}://{parts.netloc.removesuffix(':443' if parts.scheme == 'https' else ':80')}"


DESCRIPTIONS: dict[str, str] = {
    "database_url": "PostgreSQL 16 or newer: `postgresql://user:password@host:5432/database`.",
    "redis_url": "Redis or Valkey: `redis://host:6379/0`, `rediss://` for TLS, `unix:///path` for a socket.",
    "pubsub_url": "Where pushes travel to iframes, if not over `PORTHOLE_REDIS_URL`: a server of their own, or a node "
    "of a Cluster, over whose shards they then spread; better a name that leads to any node that is up.",
    "secret_key": "Encrypts tokens and secrets at rest. At least 16 characters, no comma; keep it, and keep it secret. "
    "Two with a comma between them, the new one first, while one is replaced: see operations.md.",
    "whatsapp_app_secret": "The Meta app's secret, which signs webhooks. Two, separated by a comma, during a rotation.",
    "whatsapp_verify_token": "The word that you type into Meta's webhook form, and that Meta sends back to verify.",
    "base_url": "Where browsers reach Porthole, without a path; embed URLs start with it.",
    "storage_url": "Where media is kept: `file:///directory` or `s3://bucket/prefix`.",
    "graph_url": "Meta's Graph API, or something that answers like it.",
    "graph_version": "The version of the Graph API to call.",
    "host": "The address to listen on.",
    "port": "The port to listen on; 0 takes a free one.",
    "log_level": "`debug`, `info`, `warning` or `error`.",
    "trusted_proxies": "Addresses and networks of the proxies whose X-Forwarded-For counts, with commas; `*`: any.",
    "platform_rate_limit": "Calls that one API key may make in a minute, and links to media that one address may open.",
    "embed_rate_limit": "Calls that one address may make with one embed in a minute; all addresses, ten times that.",
    "failure_rate_limit": "Calls with a wrong key or token that one address may make in a minute.",
    "drain_seconds": "For how long an api or realtime process that is told to stop still accepts requests, while its "
    "`/readyz` says 503: longer than your balancer takes to look there. With compose.yaml's Caddy, none is needed.",
    "database_pool": "The most connections that one process opens to PostgreSQL.",
    "webhook_max_bytes": "The largest webhook body to accept; Meta sends up to 3 MB.",
    "ingest_queues": "How many queues the wakes for webhooks are spread over; as many as there are workers, at most.",
    "worker_queues": "What a worker does: `all`, or some of `ingest`, `ingest:0`, `send`, `webhooks`, `media`.",
    "metrics_token": "Whoever sends it as a bearer token may read `/metrics`; without one, nobody can.",
    "otlp_endpoint": "Where traces go, by OTLP over HTTP: `http://collector:4318`. None without it: see operations.md.",
    "conversation_hours": "Hours without a message after which a conversation ends, unless somebody is waited for.",
    "keep_events_days": "Days for which WhatsApp's webhooks are kept as they came, after they were applied.",
    "allow_private_addresses": "Whether webhooks and the URLs of media may lead into private networks.",
}


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read and check the environment.

    An empty variable counts as not set. Raises SettingsError, whose text names every variable that is wrong.
    """
    try:
        return convert_fields(Settings, _values(environ), strict=False)
    except InvalidFieldsError as error:
        lines = "\n".join(
            f"  {PREFIX}{name.upper()} {'; '.join(texts)}" for name, texts in sorted(error.errors.items())
        )
        raise SettingsError(f"The settings are not usable:\n{lines}\nSee docs/configuration.md.") from error


def unknown_variables(environ: Mapping[str, str] = os.environ) -> list[str]:
    """PORTHOLE_ variables that are no setting: worth a warning, since one may be misspelt.

    Not an error, because Kubernetes sets variables such as PORTHOLE_SERVICE_HOST by itself.
    """
    known = {field.name for field in msgspec.structs.fields(Settings)}
    return sorted(f"{PREFIX}{name.upper()}" for name in _values(environ) if name not in known)


def _values(environ: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(PREFIX).lower(): value for name, value in environ.items() if name.startswith(PREFIX) and value
    }
