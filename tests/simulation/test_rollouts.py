"""Random histories of a rack in virtual time, with the promises of a rollout checked at each step.

A failure prints its seed; ``SEED=n pytest tests/simulation/test_rollouts.py`` replays that history
alone, and ``HISTORIES=n`` runs so many.
"""

import asyncio
import os
import random
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from tests.simulation.seeds import number, seeds

from convox.rollout.instance import InstancePhase
from convox.rollout.process import Phase
from convox.state import migrate
from convox.state.database import Database
from convox.state.schema import deployments, failed_boots, instances, processes
from convox.testing.program import Behaviour
from convox.testing.promises import Promises
from convox.testing.rollout import SimulatedRollout, service
from convox.testing.simulation.database import MemoryDatabase

_HISTORIES, _LONG = number("HISTORIES", 1_000), number("HISTORIES", 20_000)
_EVENTS = 10
_REST = 600.0  # seconds in which a rack must come to rest that is left alone
_PAUSES = (0.2, 0.5, 1.0, 2.0)  # seconds between two ticks
_LONGEST_PAUSE = 5.0
_BOOT, _NEVER = 3.0, 1e9  # seconds
_HOLD = 8.0  # seconds a request may take; every service drains for longer
_SHAPES: tuple[dict[str, object], ...] = (
    {},
    {"maximum": 100},
    {"minimum": 100, "maximum": 125},
    {"minimum": 100, "maximum": 100},
    {"minimum": 0, "maximum": 100, "singleton": True},
    {"minimum": 0, "maximum": 100, "agent": True},
    {"scheme": None, "hosts": ()},
)
_HEALTHY = (Behaviour(), Behaviour(healthy_after=3), Behaviour(healthy_after=0.3, stop_takes=5))
_BROKEN = (Behaviour(crash_after=0.5), Behaviour(healthy_after=None))


class History:
    """One rack, what people and machines do to it, and what must hold all the while."""

    def __init__(self, database: Database, seed: int) -> None:
        self.random = random.Random(seed)
        self.rack = SimulatedRollout(
            database=database, seed=seed, batch=self.random.choice((1, 1, 2))
        )
        self.shapes = {
            f"app{n}": (
                service("web", self.random.randint(1, 4), **self.random.choice(_SHAPES)),
                service("other", self.random.randint(1, 3), **self.random.choice(_SHAPES)),
            )
            for n in range(2)
        }
        self.promises = Promises(rack=self.rack)
        self.releases = 0
        self.relocations = 0

    async def play(self) -> None:
        """Let things happen, and then let the rack come to rest."""
        await self.pass_time(10)
        for app in self.shapes:
            self.deploy(app, self.random.choice(_HEALTHY))
        await self.pass_time(20)
        for _ in range(_EVENTS):
            self.something_happens()
            await self.pass_time(self.random.choice((0.2, 1, 3, 10, 30)))
        self.let_it_rest()
        await self.come_to_rest()
        self.check_rest()

    def something_happens(self) -> None:
        """Have one thing happen to the rack."""
        apps = sorted(self.shapes)
        happen = self.random.choice(
            (
                lambda: self.deploy(self.random.choice(apps), self.random.choice(_HEALTHY)),
                lambda: self.deploy(self.random.choice(apps), self.random.choice(_BROKEN)),
                self.scale,
                lambda: self.rack.restart(self.random.choice(apps)),
                self.roll,
                self.kill,
                self.retire,
                self.crash,
                self.rack.restart_rackd,
                self.refuse,
                self.resize,
                self.toggle_router,
                self.turn_back,
                self.cordon,
                self.uncordon,
                self.toggle_hold,
                self.toggle_boots,
            )
        )
        happen()

    def deploy(self, app: str, behaviour: Behaviour) -> None:
        self.releases += 1
        release = f"R{self.releases}"
        self.rack.behaviours[release] = behaviour
        self.rack.deploy(app, release, *self.shapes[app])

    def scale(self) -> None:
        app = self.random.choice(sorted(self.shapes))
        self.rack.scale(app, self.random.choice(("web", "other")), self.random.randint(0, 5))

    def roll(self) -> None:
        self.relocations += 1
        self.rack.image = f"img-{self.relocations + 1}"

    def turn_back(self) -> None:
        self.relocations += 1
        self.rack.image = self.random.choice(("img-1", f"img-{self.relocations}"))

    def cordon(self) -> None:
        self.relocations += 1  # what moves then goes to an old instance, which is rolled later
        if there := self.rack.instances():
            self.rack.cordon(self.random.choice(there).id)

    def uncordon(self) -> None:
        self.rack.cordon(self.random.choice(self.rack.instances()).id, cordoned=False)

    def toggle_hold(self) -> None:
        self.rack.held = not self.rack.held

    def toggle_boots(self) -> None:
        """Have no instance that is launched now become ready, or all again."""
        self.rack.engine.boot = _NEVER if self.rack.engine.boot != _NEVER else _BOOT

    def let_it_rest(self) -> None:
        """Take away all that a rack cannot mend itself."""
        self.rack.router.is_down = self.rack.held = False
        self.rack.engine.boot = _BOOT
        there = self.rack.instances()
        if all(item.cordoned for item in there if item.phase is InstancePhase.READY):
            for item in there:
                self.rack.cordon(item.id, cordoned=False)

    def resize(self) -> None:
        self.relocations += 1
        self.rack.count = self.random.randint(1, 4)

    def kill(self) -> None:
        self.relocations += 2  # in a roll perhaps back to an old instance, which is then rolled
        ready = [item.id for item in self.rack.instances() if item.phase is InstancePhase.READY]
        if ready:
            self.rack.engine.kill(self.random.choice(ready))

    def retire(self) -> None:
        self.relocations += 2  # as when it is killed
        if there := self.rack.instances():
            self.rack.retire(self.random.choice(there).id)

    def crash(self) -> None:
        running = self.rack.engine.running()
        if running:
            self.rack.engine.crash(self.random.choice(running).id)

    def refuse(self) -> None:
        self.rack.engine.refusals += 3

    def toggle_router(self) -> None:
        self.rack.router.is_down = not self.rack.router.is_down

    async def pass_time(self, seconds: float) -> None:
        """Let the rack work, with traffic, and check what must always hold."""
        until = self.rack.clock.monotonic() + seconds
        while self.rack.clock.monotonic() < until:
            await self.step()

    async def come_to_rest(self) -> None:
        """Let the rack work until nothing moves."""
        until = self.rack.clock.monotonic() + _REST
        while await self.step():
            assert self.rack.clock.monotonic() < until, self.rack.told[-5:]

    async def step(self) -> bool:
        """Let the driver tick once, check what it did, send some requests, and let time pass."""
        is_moving = await self.promises.tick()
        self.send_requests()
        self.promises.check_requests()
        self.let_time_pass(is_moving=is_moving)
        return is_moving

    def let_time_pass(self, *, is_moving: bool) -> None:
        """Go on to the next tick; where nothing is done, to one that comes when something is."""
        if self.promises.has_acted:
            self.rack.clock.skip(self.random.choice(_PAUSES))
            return
        pause = self.rack.until_change() + self.random.choice(_PAUSES)
        self.rack.clock.skip(min(pause, _LONGEST_PAUSE) if is_moving else _LONGEST_PAUSE)

    def send_requests(self) -> None:
        for route in self.rack.router.table.routes.values():
            if self.random.random() < 0.1:
                self.rack.router.hold(route.hosts[0], self.random.uniform(0, _HOLD))
            else:
                self.rack.router.request(route.hosts[0])

    def check_rest(self) -> None:
        """Everything is as wanted, and the records say what runs."""
        found, rack = self.rack.processes(), self.rack
        desired = rack.desired()
        assert all(item.phase is Phase.SERVING for item in found), found
        for wanted in desired.services:
            count = sum(item.name == wanted.name for item in found)
            assert count == (bool(wanted.count) * rack.count if wanted.agent else wanted.count)
        progress = rack.driver.progress()
        assert progress.is_done, progress
        assert all(rack.state(app)[0] in {"done", "reverted"} for app in self.shapes)
        assert {item.id for item in found} == {spec.id for spec in rack.engine.running()}
        assert all(item.moves <= self.relocations for item in found if item.has_to_move)


@pytest.mark.parametrize("some", seeds(_HISTORIES, each=50, long=_LONG, each_long=500))
def test_the_promises_of_a_rollout_hold_when_anything_happens(
    some: range, record_property: Callable[[str, object], None]
) -> None:
    database = MemoryDatabase()
    migrate.expand(database)
    for seed in some:
        with database.begin() as connection:
            for table in (processes, instances, deployments, failed_boots):
                connection.execute(sa.delete(table))
        print(f"replay with: SEED={seed} pytest {os.path.relpath(__file__)}")
        asyncio.run(History(database, seed).play())
    record_property("histories", len(some))
