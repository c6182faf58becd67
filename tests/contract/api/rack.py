"""A rack whose API is real: server, use-cases, database, rollout and builds; its engine is not."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from tests.contract.api.raw import PASSWORD, Client
from tests.contract.api.wiring import Wiring
from tests.contract.feed.conftest import Workshop

from convox.api.application import application
from convox.api.frames import BytesInText
from convox.control.use_cases import UseCases
from convox.host.clock import SystemClock
from convox.state import facts, lease, migrate, wanted
from convox.state.database import Database
from convox.testing.engine import SimulatedEngine
from convox.testing.program import Behaviour

VERSION, NEXT = "20260101000000", "20260201000000"
IMAGE = "img-0"
_LIMIT = 60  # seconds for a scenario that hangs


@dataclass(frozen=True, kw_only=True)
class ApiRack:
    client: Client
    engine: SimulatedEngine
    use: UseCases
    database: Database
    home: Path
    feed: Workshop


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def run(scenario: Callable[[ApiRack], Awaitable[None]]) -> None:
    """Run a scenario against a new rack."""
    home = Path(tempfile.mkdtemp(prefix="api-", dir="/tmp"))

    async def play() -> None:
        async with asyncio.timeout(_LIMIT), rack(home) as made:
            await scenario(made)

    try:
        asyncio.run(play())
    finally:
        shutil.rmtree(home)


@asynccontextmanager
async def rack(home: Path) -> AsyncIterator[ApiRack]:
    database = Database(f"sqlite:///{home / 'rack.db'}")
    migrate.expand(database)
    with database.begin() as connection:
        facts.put(connection, "version", VERSION)
        wanted.want_image(connection, IMAGE)
    held = lease.take(database, "test")
    engine = SimulatedEngine(
        SystemClock(), behaviour=lambda _: Behaviour(healthy_after=0.05, stop_takes=0.1), boot=0.05
    )
    async with asyncio.TaskGroup() as tasks:
        feed = await a_feed(home)
        wiring = Wiring(home=home, slot=VERSION, lease=held, engine=engine, feed=feed, tasks=tasks)
        use = wiring.use_cases()
        use.history.anchor.keep()
        driving = tasks.create_task(wiring.driver.run())
        async with served(use, home / "api.sock"):
            made = ApiRack(
                client=Client(home / "api.sock"),
                engine=engine,
                use=use,
                database=database,
                home=home,
                feed=feed,
            )
            await until(lambda: instances_are_ready(made))
            yield made
        driving.cancel()
    database.close()


@asynccontextmanager
async def served(use: UseCases, place: Path | int) -> AsyncIterator[uvicorn.Server]:
    """Serve the API on a unix socket, or on a port of loopback."""
    config = uvicorn.Config(
        application(use, PASSWORD),
        **({"port": place} if isinstance(place, int) else {"uds": str(place)}),
        ws=BytesInText,
        lifespan="off",
        log_config=None,
        timeout_graceful_shutdown=30,
    )
    server = _Server(config)
    async with asyncio.TaskGroup() as group:
        group.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - the server has no event for it
            await asyncio.sleep(0.01)
        yield server
        server.should_exit = True


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    while not await is_so():  # noqa: ASYNC110 - what is waited for tells nobody
        await asyncio.sleep(0.05)


async def instances_are_ready(made: ApiRack) -> bool:
    return (await made.client.get("/system"))["status"] == "running"


async def app_is(made: ApiRack, app: str, status: str) -> bool:
    return (await made.client.get(f"/apps/{app}"))["status"] == status


async def a_feed(home: Path) -> Workshop:
    """Publish the release that runs and a newer one, and let the rack know the first."""
    (home / "feed").mkdir()
    made = Workshop(home=home, url=str(home / "feed"))
    made.publisher.init()
    made.publish(VERSION)
    await made.rack("known").release(VERSION)
    made.publish(NEXT)
    return made
