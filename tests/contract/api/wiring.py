"""The use-cases of a rack whose engine is simulated; put together as ``rackd.use_cases`` does."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.contract.feed.conftest import Workshop

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
from convox.feed.release import RackRelease
from convox.host.clock import SystemClock, boot
from convox.host.ids import RandomIds
from convox.resources.servers import ResourceServers
from convox.rollout.driver import Driver
from convox.router.router import Worker
from convox.state.database import Database
from convox.state.lease import Lease
from convox.testing.engine import SimulatedEngine
from convox.testing.router import SimulatedRouter
from convox.update.keeper_client import KeeperClient
from convox.update.survey import Survey

RACK, DOMAIN = "dev", "dev.test"


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """What the use-cases share; ``slot`` is the version that runs."""

    home: Path
    slot: str
    lease: Lease
    engine: SimulatedEngine
    feed: Workshop
    tasks: asyncio.TaskGroup

    @property
    def database(self) -> Database:
        return self.lease.database

    @cached_property
    def clock(self) -> SystemClock:
        return SystemClock()

    @cached_property
    def ids(self) -> RandomIds:
        return RandomIds()

    @cached_property
    def places(self) -> Places:
        return Places(home=self.home)

    @cached_property
    def desired(self) -> DesiredState:
        return DesiredState(database=self.database, rack=RACK, domain=DOMAIN, tools=lambda _: {})

    @cached_property
    def driver(self) -> Driver:
        return Driver(
            engine=self.engine,
            router=SimulatedRouter(self.engine, self.clock),
            lease=self.lease,
            clock=self.clock,
            boot=boot(),
            ids=self.ids,
            desired=self.desired,
            narrate=lambda app, text: None,
        )

    @cached_property
    def servers(self) -> ResourceServers:
        return ResourceServers(home=self.home, user="nobody", clock=self.clock)

    @cached_property
    def log(self) -> RackLog:
        return RackLog(path=self.places.rack_log, clock=self.clock)

    def use_cases(self) -> UseCases:
        """Return all that can be asked of the rack."""
        database, clock = self.database, self.clock
        observe = Observer(database=database, engine=self.engine, desired=self.desired, clock=clock)
        objects = Objects(database=database, places=self.places)
        releases = Releases(database=database, clock=clock, ids=self.ids)
        processes = self._processes(observe)
        planning = self._planning()
        updates = self._updates(planning)
        automatic = self._automatic(planning, updates)
        return UseCases(
            apps=Apps(database=database, rack=RACK, domain=DOMAIN, observe=observe, clock=clock),
            deletion=self._deletion(),
            objects=objects,
            builds=self._builds(objects, releases),
            releases=releases,
            deploys=self._deploys(),
            scaling=Scaling(
                database=database, domain=DOMAIN, ports=(80, 443), changed=self.driver.wake
            ),
            processes=processes,
            resources=Resources(database=database, servers=self.servers),
            instances=Instances(
                database=database,
                observe=observe,
                clock=clock,
                changed=self.driver.wake,
                measured=dict,
            ),
            logs=Logs(database=database, engine=self.engine, rack_log=self.log, clock=clock),
            rack=self._rack(observe, processes, updates, automatic),
            updates=updates,
            bundles=self._bundles(planning),
            automatic=automatic,
            history=self._history(),
            notifications=Notifications(database=database, clock=clock, ids=self.ids),
        )

    def _planning(self) -> Planning:
        return Planning(
            feed=self.feed.rack("known"),
            lease=self.lease,
            clock=self.clock,
            objections=_no_objections,
            engine="local",
            desired=self.desired,
            machine={},
        )

    def _updates(self, planning: Planning) -> Updates:
        return Updates(
            planning=planning,
            lease=self.lease,
            clock=self.clock,
            ids=self.ids,
            waits_for=lambda update: "",
            lingering=lambda: ["i-a keeps a stream of shop/web"],
            wanted=asyncio.Event(),
        )

    def _automatic(self, planning: Planning, updates: Updates) -> Automatic:
        watch = FeedWatch(
            feed=planning.feed,
            lease=self.lease,
            clock=self.clock,
            interval=lambda: interval(self.database),
            draw=lambda: 0.5,
        )
        lookout = Lookout(
            planning=planning,
            watch=watch,
            survey=_all_is_well,
            rack=lambda: identity(self.lease, self.ids),
        )
        return Automatic(
            lookout=lookout,
            updates=updates,
            lease=self.lease,
            clock=self.clock,
            narrate=lambda text: None,
            changed=asyncio.Event(),
        )

    def _bundles(self, planning: Planning) -> Bundles:
        return Bundles(
            feed=planning.feed,
            database=self.database,
            directory=self.feed.home / "known",
            clock=self.clock,
            narrate=lambda text: None,
        )

    def _builds(self, objects: Objects, releases: Releases) -> Builds:
        return Builds(
            database=self.database,
            places=self.places,
            objects=objects,
            releases=releases,
            build=_Builder(self.home / "build"),
            tasks=self.tasks,
            clock=self.clock,
            ids=self.ids,
        )

    def _deletion(self) -> Deletion:
        return Deletion(
            database=self.database,
            places=self.places,
            resources=self.servers,
            tasks=self.tasks,
            clock=self.clock,
            changed=self.driver.wake,
        )

    def _deploys(self) -> Deploys:
        provisioning = Provisioning(
            database=self.database, servers=self.servers, clock=self.clock, ids=self.ids
        )
        return Deploys(
            database=self.database,
            provisioning=provisioning,
            clock=self.clock,
            changed=self.driver.wake,
        )

    def _history(self) -> History:
        anchor = Anchor(self.home / "audit.head", self.database, self.log.say)
        return History(database=self.database, anchor=anchor, clock=self.clock)

    def _processes(self, observe: Observer) -> Processes:
        return Processes(
            database=self.database,
            engine=self.engine,
            observe=observe,
            services_of=self.desired.of_release,
            clock=self.clock,
            ids=self.ids,
            changed=self.driver.wake,
            measured=dict,
        )

    def _rack(
        self, observe: Observer, processes: Processes, updates: Updates, automatic: Automatic
    ) -> Rack:
        room = Room(home=self.home, log=self.log, clock=self.clock)

        def trouble() -> str:
            room.check()
            return room.trouble

        return Rack(
            database=self.database,
            name=RACK,
            domain=DOMAIN,
            api="127.0.0.1:5443",
            updates=updates,
            observe=observe,
            own_processes=self._own_processes(),
            processes_of_apps=processes,
            clock=self.clock,
            changed=self.driver.wake,
            trouble=trouble,
            forecast=automatic.current,
        )

    def _own_processes(self) -> OwnProcesses:
        return OwnProcesses(
            home=self.home,
            slot=self.slot,
            keeper=KeeperClient(socket=self.home / "keeper.sock"),
            workers=_no_workers,
            components=RunningComponents(home=self.home, clock=self.clock),
            resources=self.servers,
            database=self.database,
        )


class _Builder:
    """The local engine's builder, which gives up no rights here."""

    def __init__(self, home: Path) -> None:
        self._home = home

    async def __call__(self, archive: Path, slug: Path, *, say, environment: Mapping, manifest):
        made = await build(
            archive,
            slug,
            say=say,
            user=None,
            home=self._home,
            environment=environment,
            manifest=manifest,
        )
        return manifest_of(slug, made.manifest)[1]


async def _no_workers() -> Sequence[Worker]:
    return []


async def _no_objections(release: RackRelease) -> Sequence[str]:
    return []


async def _all_is_well() -> Survey:
    return Survey()
