"""The routes below /dashboard."""

from litestar import Router
from litestar.di import Provide

from api.dashboard.access import HOME, actor_of_operator, let_in, project_of_request, visit_of_request
from api.dashboard.account import AccountController
from api.dashboard.api_keys import ApiKeyPageController
from api.dashboard.assignments import AssignmentPageController, HandOverController
from api.dashboard.audit_log import AuditLogController
from api.dashboard.customers import CustomerPageController
from api.dashboard.embed_form import EmbedFormController
from api.dashboard.embeds import EmbedController
from api.dashboard.events import EventController
from api.dashboard.home import HomeController
from api.dashboard.lists import page_of_request
from api.dashboard.numbers import NumberController
from api.dashboard.operators import OperatorController
from api.dashboard.overview import OverviewController
from api.dashboard.pickers import PickerController
from api.dashboard.sign_in import SignInController
from api.dashboard.team import TeamController
from api.dashboard.theme import ThemeController
from api.dashboard.webhook_deliveries import DeliveryPageController
from api.dashboard.webhook_form import WebhookFormController
from api.dashboard.webhooks import WebhookPageController

# Nobody needs to be signed in for these.
DOOR = (SignInController, ThemeController)
PAGES = (
    HomeController,
    AccountController,
    OperatorController,
    OverviewController,
    EmbedController,
    EmbedFormController,
    PickerController,
    NumberController,
    CustomerPageController,
    TeamController,
    AssignmentPageController,
    HandOverController,
    ApiKeyPageController,
    WebhookPageController,
    WebhookFormController,
    DeliveryPageController,
    EventController,
    AuditLogController,
)


def dashboard_routes() -> list[Router]:
    """What is for everybody, and what is for operators: their guard is on all of it."""
    dependencies = {
        "visit": Provide(visit_of_request, sync_to_thread=False),
        "project": Provide(project_of_request, sync_to_thread=False),
        "actor": Provide(actor_of_operator, sync_to_thread=False),
        "page": Provide(page_of_request, sync_to_thread=False),
    }
    return [
        Router("/", route_handlers=DOOR, include_in_schema=False),
        Router(HOME, route_handlers=PAGES, guards=[let_in], dependencies=dependencies, include_in_schema=False),
    ]
