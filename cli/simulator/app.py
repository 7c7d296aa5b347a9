"""The simulator as one ASGI app."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide

from cli.simulator import control_business_routes, control_chat_routes, control_routes
from cli.simulator.config import SimulatorConfig
from cli.simulator.control_events import events
from cli.simulator.graph import graph_router
from cli.simulator.page_routes import page_router
from cli.simulator.simulator import Simulator


def create_app(config: SimulatorConfig) -> Litestar:
    """Serve it with uvicorn. Its state is in memory, as `app.state.simulator`, and ends when it is served no more."""
    routes = [*control_routes.ROUTES, *control_chat_routes.ROUTES, *control_business_routes.ROUTES, events]
    control = Router("/_sim", route_handlers=routes)
    return Litestar(
        [graph_router(), control, page_router()],
        state=State({"config": config}),
        dependencies={"simulator": Provide(_simulator, sync_to_thread=False)},
        lifespan=[simulating],
        openapi_config=None,
        logging_config=None,
    )


@asynccontextmanager
async def simulating(app: Litestar) -> AsyncIterator[None]:
    """Give the app a simulator that nothing has happened to, of its config, until the block is left."""
    app.state.simulator = simulator = Simulator(app.state.config)
    simulator.webhooks.open()
    yield
    await simulator.background.cancel_all()
    await simulator.webhooks.close()


def _simulator(state: State) -> Simulator:
    simulator: Simulator = state.simulator
    return simulator
