"""A rack of any size whose instances are all replaced, in virtual time."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from random import Random

from convox.rollout.desired import DesiredService
from convox.rollout.instance import InstancePhase
from convox.rollout.process import Phase, Process
from convox.testing.program import Behaviour
from convox.testing.promises import Promises
from convox.testing.rollout import SimulatedRollout, service

BOOT = 30.0  # seconds
# By the name of a service: how long after its start it is healthy, and how long it takes to end.
BEHAVIOURS: Mapping[str, Behaviour] = {
    "agent": Behaviour(healthy_after=1),
    "wide": Behaviour(healthy_after=5),
    "web": Behaviour(healthy_after=5, stop_takes=2),
    "api": Behaviour(healthy_after=5),
    "worker": Behaviour(healthy_after=5, stop_takes=2),
    "single": Behaviour(healthy_after=2, stop_takes=1),
}
_PACE, _AT_ONCE = 0.2, 0.02  # seconds between a driver's ticks, and after one that has acted
_PATIENCE = 100_000.0  # seconds
_REQUESTS = 20  # after each tick
_HOLD = 20.0  # seconds a request may take
_WITHOUT_PORT: Mapping[str, object] = {"scheme": None, "hosts": ()}


def apps(instances: int) -> Iterator[tuple[DesiredService, ...]]:
    """Yield the services of each app of a rack of that size, some three processes an instance.

    An agent everywhere, an app with a copy for every tenth instance, and many small ones, most of
    them with a single copy.
    """
    yield (service("agent", 1, agent=True, **_WITHOUT_PORT),)
    yield (service("wide", math.ceil(instances / 10)),)
    shapes: Iterator[tuple[DesiredService, ...]] = cycle(
        (
            (service("web", 1),),
            (service("web", 2), service("worker", 1, **_WITHOUT_PORT)),
            (service("web", 1), service("api", 1)),
            (service("single", 1, singleton=True, **_WITHOUT_PORT),),
            (service("web", 3), service("api", 2)),
        )
    )
    left = 2 * instances - math.ceil(instances / 10)
    while left > 0:
        app = next(shapes)
        left -= sum(item.count for item in app)
        yield app


@dataclass(frozen=True, slots=True, kw_only=True)
class Rolled:
    """How a roll went; times in seconds.

    ``critical`` is what nothing could shorten: each place of a batch waits, for one instance after
    the other, until the new one has booted and the slowest process that has to move is healthy
    there. Drains hold up neither the next instance nor the end.
    """

    processes: int
    seconds: float
    critical: float
    ticks: int


@dataclass(slots=True, kw_only=True)
class WholeRoll:
    """Fills a rack with apps, and replaces all of its instances under traffic."""

    rack: SimulatedRollout
    _promises: Promises = field(init=False)
    _random: Random = field(init=False)

    def __post_init__(self) -> None:
        self._promises = Promises(rack=self.rack)
        self._random = Random(self.rack.seed)  # noqa: S311 - to be repeated, not to be secret
        self.rack.behaviours.update({f"1/{name}": how for name, how in BEHAVIOURS.items()})
        self.rack.engine.boot = BOOT

    async def fill(self) -> None:
        """Launch the instances, and deploy the apps."""
        while await self._tick():
            await self._pass_time()
        for number, services in enumerate(apps(self.rack.count)):
            self.rack.deploy(f"app{number}", "1", *services)
        while await self._tick():
            await self._pass_time()

    async def roll(self, image: str) -> Rolled:
        """Replace all instances; fail where a promise is broken or a process moved twice."""
        rack, before = self.rack, self.rack.processes()
        started, began = len(rack.engine.starts), rack.clock.monotonic()
        rack.image, ended, ticks = image, math.inf, 0
        while await self._tick():
            ticks += 1
            if self._has_rolled():
                ended = min(ended, rack.clock.monotonic())
            await self._pass_time()
        if len(rack.engine.starts) - started != len(before):
            raise AssertionError(f"{len(rack.engine.starts) - started} starts of {len(before)}")
        return Rolled(
            processes=len(before),
            seconds=ended - began,
            critical=_critical(before) / rack.batch,
            ticks=ticks,
        )

    async def _tick(self) -> bool:
        """Let the driver tick, and send some requests."""
        if self.rack.clock.monotonic() > _PATIENCE:
            raise AssertionError(f"still moving: {self.rack.told[-5:]}")
        is_moving = await self._promises.tick()
        router = self.rack.router
        routes = [route.hosts[0] for route in router.table.routes.values()]
        for host in self._random.choices(routes, k=_REQUESTS) if routes else ():
            if self._random.random() < 0.1:
                router.hold(host, self._random.uniform(0, _HOLD))
            else:
                router.request(host)
        self._promises.check_requests()
        return is_moving

    async def _pass_time(self) -> None:
        """Go on to the next tick in which the driver, at its own pace, finds something to do."""
        clock, pause = self.rack.clock, _AT_ONCE
        if not self._promises.has_acted:
            ahead = 0.0 if await self._is_soon_drained() else self.rack.until_change()
            pause = _beat(clock.monotonic() + ahead) - clock.monotonic()
        clock.skip(pause)

    async def _is_soon_drained(self) -> bool:
        """Say whether a process drains that has no request open."""
        serving = await self.rack.router.serving()
        draining = [item.id for item in self.rack.processes() if item.phase is Phase.DRAINING]
        return any(item not in serving for item in draining)

    def _has_rolled(self) -> bool:
        """Say whether all that should run serves on instances of the image."""
        instances, processes = self.rack.instances(), self.rack.processes()
        up = [item for item in instances if item.phase is InstancePhase.READY]
        fresh = {item.id for item in up if item.image == self.rack.image}
        active = [item for item in processes if item.is_active]
        return len(fresh) == len(up) == self.rack.count and all(
            item.phase is Phase.SERVING and item.instance in fresh for item in active
        )


def _beat(time: float) -> float:
    """Return the first tick after that time of a driver that nothing makes act."""
    return (math.floor(time / _PACE + 1e-6) + 1) * _PACE


def _critical(before: Sequence[Process]) -> float:
    """Return what one place would wait for, through all instances, one after the other.

    An agent and a singleton leave at once: nothing waits until another one is healthy.
    """
    slowest: defaultdict[str, float] = defaultdict(float)
    for process in before:
        waited = 0.0 if process.service in {"agent", "single"} else _health(process)
        slowest[process.instance] = max(slowest[process.instance], waited)
    return sum(BOOT + health for health in slowest.values())


def _health(process: Process) -> float:
    return BEHAVIOURS[process.service].healthy_after or 0.0
