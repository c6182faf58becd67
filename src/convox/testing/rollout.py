"""A rollout in virtual time: the real driver and database, a simulated engine and router."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from convox.engine.engine import ProcessSpec
from convox.rollout import deployments, records
from convox.rollout.action import Action
from convox.rollout.decide import decide
from convox.rollout.deployment import active_release, wanted_release
from convox.rollout.desired import Desired, DesiredInstances, DesiredService
from convox.rollout.driver import Driver
from convox.rollout.instance import Instance, InstancePhase
from convox.rollout.process import Phase, Process
from convox.rollout.situation import Situation
from convox.state import lease, migrate
from convox.state.database import Database
from convox.testing.clock import SettableClock, SimulatedClock
from convox.testing.engine import SimulatedEngine
from convox.testing.ids import SeededIds
from convox.testing.program import Behaviour
from convox.testing.router import SimulatedRouter

_DEADLINE = timedelta(seconds=120)
_MOVING, _IDLE = 0.2, 1.0  # seconds between ticks


def service(name: str, count: int = 1, **settings: object) -> DesiredService:
    """Return a service that serves HTTP, for ``SimulatedRollout.deploy`` to fill in."""
    plain = DesiredService(
        app="",
        service=name,
        release="",
        fingerprint="",
        count=count,
        command=("run",),
        directory=Path("/slug"),
        scheme="http",
        hosts=(name,),
    )
    return replace(plain, **settings)  # type: ignore[arg-type]


@dataclass(slots=True, kw_only=True)
class SimulatedRollout:
    """What people ask of a rack, and what then happens.

    ``trace`` tells it in words: a symbol, a release and an instance for a process, a symbol and an
    instance for an instance. ``+`` begins, ``=`` is healthy or ready, ``-`` is unwanted, ``~``
    ends, ``.`` is gone, ``!`` is lost. Releases are named as deployed, instances by letters in the
    order of their launch.
    """

    database: Database
    seed: int = 0
    count: int = 3
    batch: int = 1
    limit: int = 0
    held: bool = False
    canary: int = 0
    image: str = "img-1"
    decide: Callable[[Situation], Sequence[Action]] = decide
    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    """By release, or ``release/service``."""
    trace: list[str] = field(default_factory=list)
    letters: dict[str, str] = field(default_factory=dict)
    """By instance."""
    told: list[tuple[str, str]] = field(default_factory=list)
    clock: SimulatedClock = field(default_factory=SimulatedClock)
    wall: SettableClock = field(init=False)
    """What the machine's clock says."""
    cordoned: set[str] = field(default_factory=set)
    """The instances that people want nothing to be placed on."""
    wanted: Desired = field(init=False)
    """What the driver was last told to make true."""
    engine: SimulatedEngine = field(init=False)
    router: SimulatedRouter = field(init=False)
    driver: Driver = field(init=False)
    _releases: dict[tuple[str, str], tuple[DesiredService, ...]] = field(default_factory=dict)
    _counts: dict[tuple[str, str], int] = field(default_factory=dict)
    _restarts: dict[str, int] = field(default_factory=dict)
    _wanted: dict[tuple[str, str, str, int], DesiredService] = field(default_factory=dict)

    def __post_init__(self) -> None:
        migrate.expand(self.database)
        self.wall = SettableClock(clock=self.clock)
        self.engine = SimulatedEngine(self.clock, behaviour=self._behaviour)
        self.router = SimulatedRouter(self.engine, self.clock)
        self.restart_rackd()

    def restart_rackd(self) -> None:
        """Let another control plane take over, which knows nothing but the records."""
        self.driver = Driver(
            engine=self.engine,
            router=self.router,
            lease=lease.take(self.database, "simulation"),
            clock=self.wall,
            boot="the only one",
            ids=SeededIds(self.seed + len(self.told)),
            desired=self.desired,
            narrate=lambda app, text: self.told.append((app, text)),
            decide=self.decide,
        )

    def deploy(self, app: str, release: str, *services: DesiredService) -> None:
        """Promote a release of an app."""
        self._releases[app, release] = services
        now = self.wall.now()
        with self.database.begin() as connection:
            last = deployments.latest(connection, app)
            deployments.begin(
                connection,
                app=app,
                release=release,
                previous=active_release(last) if last else None,
                now=now,
                deadline=now + _DEADLINE,
            )

    def scale(self, app: str, name: str, count: int) -> None:
        """Set how many processes a service should have."""
        self._counts[app, name] = count

    def restart(self, app: str) -> None:
        """Have all processes of an app replaced."""
        self._restarts[app] = self._restarts.get(app, 0) + 1

    def retire(self, instance: str) -> None:
        """Terminate an instance as a person does."""
        with self.database.begin() as connection:
            records.retire_instance(connection, instance, self.wall.now())

    def cordon(self, instance: str, *, cordoned: bool = True) -> None:
        """Cordon an instance, or open it again, as a person does."""
        (self.cordoned.add if cordoned else self.cordoned.discard)(instance)
        with self.database.begin() as connection:
            records.cordon_instance(connection, instance, cordoned=cordoned)

    def desired(self) -> Desired:
        """Return what should run, as it follows from the deployments."""
        with self.database.look() as connection:
            latest = self.driver.records(connection).deployments
        services = [
            self._as_wanted(item, current.app, release)
            for current in latest
            if (release := wanted_release(current)) is not None
            for item in self._releases[current.app, release]
        ]
        instances = DesiredInstances(
            image=self.image,
            count=self.count,
            batch=self.batch,
            limit=self.limit,
            held=self.held,
            canary=self.canary,
        )
        self.wanted = Desired(services=tuple(services), instances=instances)
        return self.wanted

    def processes(self) -> Sequence[Process]:
        """Return the processes as recorded."""
        with self.database.look() as connection:
            return self.driver.records(connection).processes

    def instances(self) -> Sequence[Instance]:
        """Return the instances as recorded."""
        with self.database.look() as connection:
            return self.driver.records(connection).instances

    def state(self, app: str) -> tuple[str, str]:
        """Return the state and the cause of the app's latest deployment."""
        with self.database.look() as connection:
            last = deployments.latest(connection, app)
        return (last.state, last.cause) if last else ("", "")

    def until_change(self) -> float:
        """Return in how many seconds time alone changes something that runs or is requested."""
        change = self.engine.next_change()
        ahead = (change - self.clock.now()).total_seconds() if change else math.inf
        return min(ahead, self.router.until_change())

    async def tick(self) -> bool:
        """Let the driver tick once; note in the trace what it changed."""
        processes, instances = self.processes(), self.instances()
        is_moving = await self.driver.tick()
        self._note(instances, self.instances())
        self._note_processes(processes, self.processes())
        self.router.check_held()
        return is_moving

    async def pass_time(self, seconds: float) -> None:
        """Let the driver tick as it would in that time."""
        until = self.clock.monotonic() + seconds
        while self.clock.monotonic() < until:
            is_moving = await self.tick()
            self.clock.skip(_MOVING if is_moving else _IDLE)

    async def settle(self, patience: float = 600) -> None:
        """Let the driver tick until nothing moves any more; ``AssertionError`` where it goes on."""
        until = self.clock.monotonic() + patience
        while await self.tick():
            self.clock.skip(_MOVING)
            if self.clock.monotonic() > until:
                raise AssertionError(f"still moving: {self.told[-5:]}")

    def take_trace(self) -> str:
        """Return the trace since it was last taken."""
        taken = " ".join(self.trace)
        self.trace.clear()
        return taken

    def _as_wanted(self, item: DesiredService, app: str, release: str) -> DesiredService:
        fingerprint = f"{release}.{self._restarts.get(app, 0)}"
        count = self._counts.get((app, item.service), item.count)
        key = (app, item.service, fingerprint, count)
        if key not in self._wanted:
            self._wanted[key] = replace(
                item,
                app=app,
                release=release,
                fingerprint=fingerprint,
                count=count,
                hosts=tuple(f"{name}.{app}" for name in item.hosts),
            )
        return self._wanted[key]

    def _behaviour(self, spec: ProcessSpec) -> Behaviour:
        both = f"{spec.release}/{spec.service}"
        return self.behaviours.get(both) or self.behaviours.get(spec.release) or Behaviour()

    def _letter(self, instance: str) -> str:
        return self.letters.setdefault(instance, chr(ord("a") + len(self.letters)))

    def _note(self, before: Sequence[Instance], after: Sequence[Instance]) -> None:
        old = {item.id: item.phase for item in before}
        new = {item.id: item.phase for item in after}
        for item in (*old, *(added for added in new if added not in old)):
            if old.get(item) != new.get(item):
                symbol = _INSTANCE_SYMBOLS[new.get(item, InstancePhase.GONE)]
                self.trace.append(f"{symbol}{self._letter(item)}")

    def _note_processes(self, before: Sequence[Process], after: Sequence[Process]) -> None:
        old = {item.id: item for item in before}
        new = {item.id: item for item in after}
        for process in (*after, *(item for item in before if item.id not in new)):
            phase = process.phase if process.id in new else Phase.GONE
            if process.id not in old or old[process.id].phase is not phase:
                place = f"{process.release}@{self._letter(process.instance)}"
                self.trace.append(f"{_SYMBOLS[phase]}{place}")


_SYMBOLS = {
    Phase.STARTING: "+",
    Phase.SERVING: "=",
    Phase.DRAINING: "-",
    Phase.STOPPING: "~",
    Phase.GONE: ".",
}
_INSTANCE_SYMBOLS = {
    InstancePhase.LAUNCHING: "+",
    InstancePhase.READY: "=",
    InstancePhase.RETIRING: "-",
    InstancePhase.LOST: "!",
    InstancePhase.TERMINATING: "~",
    InstancePhase.GONE: ".",
}
