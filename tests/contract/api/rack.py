"""A rack whose API is real: server, use-cases, database, rollout and builds; its engine is not."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import uvicorn
from tests.contract.api.raw import PASSWORD, Client
from tests.contract.feed.conftest import Workshop

from convox.api.application import application
from convox.api.frames import BytesInText
from convox.audit.anchor import Anchor
from convox.components.running import RunningComponents
from convox.control.apps import Apps
from convox.control.automatic.identity import identity
from convox.control.automatic.lookout import Lookout
from convox.control.automatic.loop import Automatic
from convox.control.automatic.watch import FeedWatch, interval
from convox.control.builds import Builds
from convox.control.bundles import Bundles
from convox.control.deletion import Deletion
from convox.control.deploys import Deploys
from convox.control.desired import DesiredState
from convox.control.history import History
from convox.control.instances import Instances
from convox.control.logs import Logs
from convox.control.notifications import Notifications
from convox.control.objects import Objects
from convox.control.observing import Observer
from convox.control.own_processes import OwnProcesses
from convox.control.places import Places
from convox.control.planning import Planning
from convox.control.processes import Processes
from convox.control.provisioning import Provisioning
from convox.control.rack import Rack
from convox.control.rack_log import RackLog
from convox.control.releases import Releases
from convox.control.resources import Resources
from convox.control.room import Room
from convox.control.scaling import Scaling
from convox.control.updates import Updates
from convox.control.use_cases import UseCases
from convox.engine.local.builder.build import build
from convox.engine.local.builder.slug import manifest_of
from convox.host.clock import SystemClock, boot
from convox.host.ids import RandomIds
from convox.resources.servers import ResourceServers
from convox.rollout.driver import Driver
from convox.router.router import Worker
from convox.state import facts, lease, migrate, wanted
from convox.state.database import Database
from convox.state.lease import Lease
from convox.testing.engine import SimulatedEngine
from convox.testing.program import Behaviour
from convox.testing.router import SimulatedRouter
from convox.update.keeper_client import KeeperClient
from convox.update.survey import Survey

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
        use, driver = use_cases(home, held, engine, feed, tasks)
        use.history.anchor.keep()
        driving = tasks.create_task(driver.run())
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


def _looked(room: Room) -> str:
    room.check()
    return room.trouble


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


def use_cases(
    home: Path, held: Lease, engine: SimulatedEngine, feed: Workshop, tasks: asyncio.TaskGroup
) -> tuple[UseCases, Driver]:
    clock, ids, database, places = SystemClock(), RandomIds(), held.database, Places(home=home)
    desired = DesiredState(database=database, rack="dev", domain="dev.test", tools=lambda _: {})
    driver = Driver(
        engine=engine,
        router=SimulatedRouter(engine, clock),
        lease=held,
        clock=clock,
        boot=boot(),
        ids=ids,
        desired=desired,
        narrate=lambda app, text: None,
    )
    observe = Observer(database=database, engine=engine, desired=desired, clock=clock)
    objects = Objects(database=database, places=places)
    releases = Releases(database=database, clock=clock, ids=ids)
    servers = ResourceServers(home=home, user="nobody", clock=clock)
    planning = Planning(
        feed=feed.rack("known"),
        lease=held,
        clock=clock,
        objections=no_objections,
        engine="local",
        desired=desired,
        machine={},
    )
    updates = Updates(
        planning=planning,
        lease=held,
        clock=clock,
        ids=ids,
        waits_for=lambda update: "",
        lingering=lambda: ["i-a keeps a stream of shop/web"],
        wanted=asyncio.Event(),
    )
    automatic = Automatic(
        lookout=Lookout(
            planning=planning,
            watch=FeedWatch(
                feed=planning.feed,
                lease=held,
                clock=clock,
                interval=lambda: interval(database),
                draw=lambda: 0.5,
            ),
            survey=all_is_well,
            rack=lambda: identity(held, ids),
        ),
        updates=updates,
        lease=held,
        clock=clock,
        narrate=lambda text: None,
        changed=asyncio.Event(),
    )
    log = RackLog(path=places.rack_log, clock=clock)
    room = Room(home=home, log=log, clock=clock)
    processes = Processes(
        database=database,
        engine=engine,
        observe=observe,
        services_of=desired.of_release,
        clock=clock,
        ids=ids,
        changed=driver.wake,
        measured=dict,
    )
    return UseCases(
        apps=Apps(database=database, rack="dev", domain="dev.test", observe=observe, clock=clock),
        deletion=Deletion(
            database=database,
            places=places,
            resources=servers,
            tasks=tasks,
            clock=clock,
            changed=driver.wake,
        ),
        objects=objects,
        builds=Builds(
            database=database,
            places=places,
            objects=objects,
            releases=releases,
            build=builder(home),
            tasks=tasks,
            clock=clock,
            ids=ids,
        ),
        releases=releases,
        deploys=Deploys(
            database=database,
            provisioning=Provisioning(database=database, servers=servers, clock=clock, ids=ids),
            clock=clock,
            changed=driver.wake,
        ),
        scaling=Scaling(database=database, domain="dev.test", ports=(80, 443), changed=driver.wake),
        processes=processes,
        resources=Resources(database=database, servers=servers),
        instances=Instances(
            database=database,
            observe=observe,
            clock=clock,
            changed=driver.wake,
            measured=dict,
        ),
        logs=Logs(
            database=database,
            engine=engine,
            rack_log=log,
            clock=clock,
        ),
        rack=Rack(
            database=database,
            name="dev",
            domain="dev.test",
            api="127.0.0.1:5443",
            updates=updates,
            observe=observe,
            own_processes=own_processes(home, database, servers),
            processes_of_apps=processes,
            clock=clock,
            changed=driver.wake,
            trouble=partial(_looked, room),
            forecast=automatic.current,
        ),
        updates=updates,
        bundles=Bundles(
            feed=planning.feed,
            database=database,
            directory=feed.home / "known",
            clock=clock,
            narrate=lambda text: None,
        ),
        automatic=automatic,
        history=History(
            database=database,
            anchor=Anchor(home / "audit.head", database, log.say),
            clock=clock,
        ),
        notifications=Notifications(database=database, clock=clock, ids=ids),
    ), driver


def own_processes(home: Path, database: Database, servers: ResourceServers) -> OwnProcesses:
    async def no_workers() -> list[Worker]:
        return []

    return OwnProcesses(
        home=home,
        slot=VERSION,
        keeper=KeeperClient(socket=home / "keeper.sock"),
        workers=no_workers,
        components=RunningComponents(home=home, clock=SystemClock()),
        resources=servers,
        database=database,
    )


def builder(home: Path):
    async def make(archive, slug, *, say, environment, manifest):
        made = await build(
            archive,
            slug,
            say=say,
            user=None,
            home=home / "build",
            environment=environment,
            manifest=manifest,
        )
        return manifest_of(slug, made.manifest)[1]

    return make


async def no_objections(release):
    return []


async def all_is_well():
    return Survey()
