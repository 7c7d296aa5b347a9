"""The simulator as one ASGI app."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar, Router
from litestar.di import Provide

from cli.simulator import control_business_routes, control_chat_routes, control_routes
from cli.simulator.config import SimulatorConfig
from cli.simulator.control_events import events
from cli.simulator.graph import graph_router
from cli.simulator.page_routes import page_router
from cli.simulator.simulator import Simulator


def create_app(config: SimulatorConfig) -> Litestar:
    """Serve it with uvicorn. Its state is in memory, as `app.state.simulator`, and ends with the app."""
    simulator = Simulator(config)

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        app.state.simulator = simulator
        simulator.webhooks.open()
        yield
        await simulator.background.cancel_all()
        await simulator.webhooks.close()

    routes = [*control_routes.ROUTES, *control_chat_routes.ROUTES, *control_business_routes.ROUTES, events]
    control = Router("/_sim", route_handlers=routes)
    return Litestar(
        [graph_router(simulator), control, page_router()],
        dependencies={"simulator": Provide(lambda: simulator, sync_to_thread=False, use_cache=True)},
        lifespan=[lifespan],
        openapi_config=None,
        logging_config=None,
    )
