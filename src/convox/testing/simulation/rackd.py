"""A control plane in virtual time: it takes the lease, acts, and ends or is ended as a real one."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from convox.control.automatic.lookout import Lookout
from convox.control.automatic.loop import Automatic
from convox.control.automatic.watch import FeedWatch, interval
from convox.control.planning import Planning
from convox.control.updates import Updates
from convox.errors import HostError, RackError
from convox.feed.fetch import FeedClient
from convox.host.clock import Clock
from convox.rackd.acting import Loop, act_until, until_wanted
from convox.rollout.driver import Driver
from convox.rollout.telling import RACK
from convox.state import lease, migrate, wanted
from convox.state.epochs import STATE
from convox.state.lease import Lease
from convox.testing.ids import SeededIds
from convox.testing.simulation.feed import ENGINE
from convox.testing.simulation.flaws import Flaw
from convox.testing.simulation.ground import Ground
from convox.testing.simulation.records import watched
from convox.testing.simulation.steps import Updating
from convox.testing.simulation.virtual import Pace
from convox.update.executor import Executor
from convox.update.failpoints import Failpoint
from convox.update.racing import unless

_BOOT = 0.5  # seconds
_STALL = 12.0  # seconds for which one that stalls still drives
_TENDING = 5.0  # seconds between two rounds of upkeep


class Gone(Exception):
    """The control plane has ended by itself."""


@dataclass(slots=True, kw_only=True)
class SimulatedRackd:
    """The control plane of one slot. ``updates`` is how people ask it, while it acts."""

    ground: Ground
    slot: str
    number: int
    on_end: Callable[[int, str], None]
    updates: Updates | None = None
    driver: Driver | None = None
    automatic: Automatic | None = None
    is_leaving: bool = False
    """It has handed over, and finishes what is open."""
    _ending: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None
    _how: str = "was killed"
    _thaws: float = 0.0
    """When it goes on, where it stands still."""

    @property
    def flaws(self) -> frozenset[Flaw]:
        """What is wrong with its release."""
        return self.ground.flaws.get(self.slot, frozenset())

    @property
    def is_frozen(self) -> bool:
        """It stands still."""
        return self.ground.clock.monotonic() < self._thaws

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """Begin to run."""
        self._task = tasks.create_task(self._live())
        self._task.add_done_callback(lambda _: self.on_end(self.number, self._how))

    def terminate(self) -> None:
        """Ask it to end; one that hangs does not hear, one that stands still hears later."""
        if not self.flaws & {Flaw.HANGS, Flaw.IDLES}:
            loop = asyncio.get_running_loop()
            loop.call_at(max(loop.time(), self._thaws), self._ending.set)

    def kill(self) -> None:
        """End it at once."""
        self.updates = None
        if self._task is not None:
            self._task.cancel()

    async def die(self) -> None:
        """End now; does not return."""
        self.kill()
        await asyncio.get_running_loop().create_future()

    def stand_still(self, seconds: float) -> None:
        """Do nothing for so long, and then go on as if nothing had been."""
        self._thaws = self.ground.clock.monotonic() + seconds

    async def freeze(self, seconds: float) -> None:
        """Stand still, with the act that is under way."""
        self.stand_still(seconds)
        await self.ground.clock.sleep(seconds)

    async def _live(self) -> None:
        try:
            await self._serve()
            self._how = "ended with status 0"
        except (RackError, OSError, Gone) as error:
            self._how = f"ended with status 1: {error}"
        self.updates = None

    async def _serve(self) -> None:
        ground = self.ground
        await ground.clock.sleep(_BOOT)
        if Flaw.ENDS in self.flaws:
            raise Gone("this release ends at once")
        if Flaw.HANGS in self.flaws:
            await asyncio.get_running_loop().create_future()
        reads = ground.feed.kept(self.slot).surfaces[STATE].reads
        migrate.check_readable(ground.database, reads=reads)
        held = watched(lease.take(ground.database, holder=self.slot), ground.ledger, ground.records)
        loops = self._assemble(held)
        ground.router.is_down = False
        await ground.router.direct_api(self.slot)
        if Flaw.IDLES in self.flaws:
            await asyncio.get_running_loop().create_future()
        await act_until(self._ending, loops, lease=held, clock=self._pace(), narrate=ground.say)
        self.updates = None
        if not self._ending.is_set():
            self.is_leaving, clock = True, self._pace()
            await unless(until_wanted(ground.keeper, self.slot, clock), self._linger())

    async def _linger(self) -> None:
        """Finish what is open, or end when told to."""
        await unless(self._ending.wait(), self.ground.clock.sleep(self.ground.open_for))

    def _assemble(self, held: Lease) -> Sequence[Loop]:
        """Put it together as ``rackd.assembly`` does."""
        ground = self.ground
        driver = self.driver = self._driver(held)
        updating = Updating(
            ground=ground,
            lease=held,
            clock=self._pace(),
            slot=self.slot,
            wake=driver.wake,
            progress=driver.progress,
            narrate=ground.say,
        )
        executor = self._executor(held, updating)
        self.updates = self._updates(held, updating, executor.wanted)
        drives: Loop = _Stalling(driver) if Flaw.STALLS in self.flaws else driver
        upkeep = _Upkeep(ground=ground, lease=held, clock=self._pace())
        if not ground.updates_itself:
            return (drives, executor, upkeep)
        return (drives, executor, upkeep, self._automatic(held, self.updates, executor.ended))

    def _driver(self, held: Lease) -> Driver:
        ground = self.ground
        return Driver(
            engine=ground.engine,
            router=ground.router,
            lease=held,
            clock=self._pace(),
            boot="the only one",
            ids=SeededIds(ground.seed * 1000 + self.number),
            desired=ground.desired,
            narrate=lambda app, text: ground.say(text) if app == RACK else None,
        )

    def _executor(self, held: Lease, updating: Updating) -> Executor:
        return Executor(
            lease=held,
            clock=self._pace(),
            steps={step.name: step for step in updating.steps()},
            release=self.ground.feed.kept,
            narrate=self.ground.say,
            version=self.slot,
            fallen_back=self._reason,
            alive=self._prolong,
            reach=self._reach,
        )

    def _updates(self, held: Lease, updating: Updating, wanted: asyncio.Event) -> Updates:
        ground = self.ground
        planning = Planning(
            feed=cast("FeedClient", ground.feed),  # it is asked for no more than this one answers
            lease=held,
            clock=ground.wall,
            objections=updating.objector(),
            engine=ENGINE,
            desired=ground.desired,
            machine={},
        )
        return Updates(
            planning=planning,
            lease=held,
            clock=ground.wall,
            ids=SeededIds(ground.seed * 1000 + 500 + self.number),
            waits_for=updating.waits_for,
            lingering=list,
            wanted=wanted,
        )

    def _automatic(self, held: Lease, updates: Updates, changed: asyncio.Event) -> Automatic:
        ground, planning = self.ground, updates.planning
        automatic = self.automatic = Automatic(
            lookout=Lookout(
                planning=planning,
                watch=FeedWatch(
                    feed=planning.feed,
                    lease=held,
                    clock=self._pace(),
                    interval=lambda: interval(held.database),
                    draw=random.Random(ground.seed * 1000 + self.number).random,  # noqa: S311 - to be repeated
                ),
                survey=ground.survey,
                rack=lambda: str(ground.seed),
            ),
            updates=updates,
            lease=held,
            clock=self._pace(),
            narrate=ground.say,
            changed=changed,
        )
        return automatic

    def _pace(self) -> Clock:
        ground = self.ground
        pace = Pace(
            clock=ground.wall, least=ground.pace, changes=ground.changes, coming=ground.coming
        )
        return _OwnClock(pace=pace, rackd=self)

    async def _reach(self, point: Failpoint) -> None:
        if Flaw.STICKS in self.flaws and (point.step, point.act) == ("components", "do"):
            await asyncio.get_running_loop().create_future()
        await self.ground.strikes.meet(point, self, self.ground.clock)

    async def _prolong(self) -> None:
        await self.ground.keeper.prolong(self.slot)

    async def _reason(self) -> str:
        status = await self.ground.keeper.status()
        return status.reason or "the new control plane did not stay up"


@dataclass(frozen=True, slots=True, kw_only=True)
class _OwnClock:
    """Nobody wakes in a control plane that stands still."""

    pace: Pace
    rackd: SimulatedRackd

    def now(self) -> datetime:
        return self.pace.now()

    def monotonic(self) -> float:
        return self.pace.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self.pace.sleep(seconds)
        while self.rackd.is_frozen:
            await self.pace.sleep(2.0)


@dataclass(frozen=True, slots=True)
class _Stalling:
    """Drives for a while, and then does nothing without saying so."""

    driver: Driver

    async def run(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_STALL):
                await self.driver.run()
        await asyncio.get_running_loop().create_future()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Upkeep:
    """Keeps the components and the keeper running, as ``control.upkeep`` does."""

    ground: Ground
    lease: Lease
    clock: Clock

    async def run(self) -> None:
        """Make round after round until the lease is lost."""
        while True:
            self.lease.check()
            await self._tend(self.ground.components.keep(self._wanted()))
            self.ground.keeper.start()
            await self.clock.sleep(_TENDING)

    def _wanted(self) -> frozenset[str]:
        return self.ground.records.read(wanted.components, "facts")

    async def _tend(self, act: Awaitable[None]) -> None:
        with contextlib.suppress(HostError, OSError):
            await act
