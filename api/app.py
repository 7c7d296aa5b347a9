"""The api role: every HTTP route, and what lives as long as the process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Self

import jinja2
from litestar import Litestar, Router
from litestar.config.compression import CompressionConfig
from litestar.datastructures import CacheControlHeader, State
from litestar.di import Provide
from litestar.static_files import create_static_files_router

from api.access import ApiKeyAccess, actor_of_request, key_of_request
from api.auth import EmbedAccess, actor_of_iframe, embed_of_request, user_of_request
from api.dashboard.kept import Kept
from api.dashboard.overview import Figures
from api.dashboard.pages import with_pages
from api.dashboard.routes import dashboard_routes
from api.embed.assets import DIST, TEMPLATES, URL, read_assets
from api.embed.host_script import HostScriptController
from api.embed.page import EmbedPageController
from api.errors import HANDLERS
from api.idempotency import Idempotency
from api.inbox.canned_replies import CannedReplyController as InboxCannedReplyController
from api.inbox.composing import ComposingController
from api.inbox.contacts import ContactController as InboxContactController
from api.inbox.conversations import ConversationController
from api.inbox.details import DetailsController
from api.inbox.handoff import HandoffController
from api.inbox.media import MessageMediaController, StoredMediaController
from api.inbox.message import OneMessageController
from api.inbox.messages import MessageController
from api.inbox.session import SessionController
from api.inbox.upload_places import UploadPlaces
from api.inbox.uploads import UploadController
from api.inbox.waiting import WaitingController
from api.meta.contacts import ContactController as MetaContactController
from api.meta.contacts import NumberContactController
from api.meta.conversations import ConversationController as MetaConversationController
from api.meta.conversations import NumberConversationController
from api.meta.media import MediaController as MetaMediaController
from api.meta.media_download import MediaDownloadController
from api.meta.messages import MessageController as MetaMessageController
from api.meta.objects import ObjectController
from api.meta.out_of_scope import OutOfScopeController
from api.meta.phone_numbers import NumberDataController
from api.meta.templates import TemplateController
from api.meta.version import known_version
from api.openapi import API_KEY, CONFIG
from api.platform.account_events import AccountEventController
from api.platform.api_keys import ApiKeyController
from api.platform.assignments import AssignmentController
from api.platform.audit_events import AuditEventController
from api.platform.canned_replies import CannedReplyController
from api.platform.contacts import ContactController
from api.platform.conversations import ConversationController as PlatformConversationController
from api.platform.customers import CustomerController
from api.platform.inbox_embeds import InboxEmbedController
from api.platform.media import MediaController
from api.platform.messages import MessageController as PlatformMessageController
from api.platform.phone_numbers import CustomerPhoneNumberController, PhoneNumberController
from api.platform.users import UserController
from api.platform.webhook_calls import WebhookCallController
from api.platform.webhook_deliveries import WebhookDeliveryController
from api.platform.webhooks import NumberWebhookController, ProjectWebhookController
from api.platform.workflow_executions import WorkflowExecutionController
from api.platform.workflows import WorkflowController
from api.request import ApiRequest
from api.webhooks.intake import Intake
from api.webhooks.whatsapp import WhatsAppWebhookController
from shared.db import create_engine
from shared.health import health_router
from shared.jobs import Queue, Waker, connect, wake_released
from shared.media.inspector import Inspector
from shared.media_urls import sign_media_urls
from shared.metrics import metrics
from shared.outbound_http import outbound_http
from shared.pubsub import PubSub
from shared.settings import Settings
from shared.storage import Storage
from shared.tasks import cancel_all, finish, keep_running
from shared.uploads import Uploads
from shared.whatsapp.graph import GraphClient
from shared.whatsapp.graph_http import new_http_client

MOST_BODY = 1024 * 1024
STOP_SECONDS = 2.0
_IMMUTABLE = CacheControlHeader(public=True, max_age=31_536_000, immutable=True)  # their names hold a hash


class _Routes(Router):
    """Litestar copies a router, for it may be part of other apps too. Those that create_app makes are not."""

    def __deepcopy__(self, _: dict[int, Any]) -> Self:
        return self


def create_app(settings: Settings) -> Litestar:
    """The ASGI app of the api role. Raises AssetsMissingError if the front end is not built."""
    sign_media_urls(settings)
    state = State({"settings": settings, "assets": read_assets(), "jinja": _jinja()})
    return Litestar(
        route_handlers=[
            health_router,
            metrics,
            WhatsAppWebhookController,
            EmbedPageController,
            HostScriptController,
            *dashboard_routes(),
            MediaDownloadController,
            StoredMediaController,
            create_static_files_router(URL, [DIST], cache_control=_IMMUTABLE, include_in_schema=False),
            _Routes(
                "/inbox/v1",
                route_handlers=[
                    SessionController,
                    WaitingController,
                    ConversationController,
                    DetailsController,
                    HandoffController,
                    InboxContactController,
                    MessageController,
                    OneMessageController,
                    MessageMediaController,
                    ComposingController,
                    InboxCannedReplyController,
                    UploadController,
                ],
                middleware=[EmbedAccess()],
                dependencies={
                    "embed": Provide(embed_of_request, sync_to_thread=False),
                    "user": Provide(user_of_request, sync_to_thread=False),
                    "actor": Provide(actor_of_iframe, sync_to_thread=False),
                },
                include_in_schema=False,
            ),
            _Routes(
                "/platform/v1",
                route_handlers=[
                    InboxEmbedController,
                    CustomerController,
                    UserController,
                    CannedReplyController,
                    ApiKeyController,
                    AuditEventController,
                    AccountEventController,
                    PhoneNumberController,
                    CustomerPhoneNumberController,
                    ContactController,
                    PlatformConversationController,
                    AssignmentController,
                    PlatformMessageController,
                    MediaController,
                    WorkflowController,
                    WorkflowExecutionController,
                    NumberWebhookController,
                    ProjectWebhookController,
                    WebhookCallController,
                    WebhookDeliveryController,
                ],
                middleware=[ApiKeyAccess(), Idempotency()],
                dependencies={
                    "key": Provide(key_of_request, sync_to_thread=False),
                    "actor": Provide(actor_of_request, sync_to_thread=False),
                },
                security=API_KEY,
            ),
            _Routes(
                "/meta/whatsapp/{version:str}",
                route_handlers=[
                    MetaMessageController,
                    NumberConversationController,
                    MetaConversationController,
                    NumberContactController,
                    MetaContactController,
                    MetaMediaController,
                    ObjectController,
                    TemplateController,
                    NumberDataController,
                    OutOfScopeController,
                ],
                guards=[known_version],
                middleware=[ApiKeyAccess(), Idempotency()],
                dependencies={
                    "key": Provide(key_of_request, sync_to_thread=False),
                    "actor": Provide(actor_of_request, sync_to_thread=False),
                },
                security=API_KEY,
            ),
        ],
        state=state,
        lifespan=[_resources],
        exception_handlers=with_pages(HANDLERS),
        request_max_body_size=MOST_BODY,
        compression_config=CompressionConfig(backend="gzip", minimum_size=1000, exclude_opt_key="uncompressed"),
        openapi_config=CONFIG,
        request_class=ApiRequest,
        logging_config=None,
        debug=False,
    )


@contextlib.asynccontextmanager
async def _resources(app: Litestar) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    app.state.engine = engine = create_engine(settings, application_name="api")
    app.state.redis = redis = connect(settings)
    app.state.pubsub = pubsub = PubSub(settings)
    ingest_waker, send_waker = Waker(redis, Queue.INGEST, settings.ingest_queues), Waker(redis, Queue.SEND)
    app.state.send_waker = send_waker
    later = {Queue.INGEST: ingest_waker, **{queue: Waker(redis, queue) for queue in (Queue.WEBHOOKS, Queue.MEDIA)}}
    wake_released(engine, later)
    http, transfers = new_http_client(), new_http_client()
    app.state.graph = GraphClient(http, settings)
    # Connections of their own: messages are sent, however many files are on their way.
    app.state.graph_files = GraphClient(transfers, settings)
    app.state.outbound = outbound = outbound_http(settings)
    app.state.storage = storage = Storage(settings)
    app.state.uploads = Uploads(engine, storage, app.state.graph, app.state.graph_files)
    app.state.inspector = Inspector()
    app.state.figures = Kept[Figures]()
    app.state.upload_places = UploadPlaces()
    # Connections of its own: webhooks are not refused because searches use up the others.
    intake_engine = create_engine(settings, application_name="intake", pool_size=2)
    app.state.intake = intake = Intake(intake_engine, ingest_waker, settings.secret_key)
    wakers = (send_waker, *later.values())
    waking = [asyncio.create_task(keep_running(waker.run)) for waker in wakers]
    storing = asyncio.create_task(keep_running(intake.run))
    try:
        yield
    finally:
        await cancel_all([storing])
        for waker in wakers:
            waker.stop()
        await finish(waking, STOP_SECONDS)
        await http.aclose()
        await transfers.aclose()
        await outbound.close()
        storage.close()
        await pubsub.close()
        await redis.aclose()
        await intake_engine.dispose()
        await engine.dispose()


def _jinja() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined
    )
