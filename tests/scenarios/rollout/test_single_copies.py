"""Apps of a single copy lose nothing while every instance under them is replaced."""

import asyncio
from dataclasses import dataclass

import pytest

from convox.engine.engine import InstanceId
from convox.rollout.desired import DesiredService
from convox.state.database import Database
from convox.testing.promises import Promises
from convox.testing.rollout import SimulatedRollout, service

_TICK = 0.2  # seconds
_SERVED = (
    service("page", 1),
    service("poll", 1),
    service("socket", 1, drain=60),
    service("slow", 1, maximum=100),
)
_UNSERVED = (
    service("worker", 1, scheme=None, hosts=()),
    service("job", 1, scheme=None, hosts=(), singleton=True, minimum=0, maximum=100),
)


@dataclass(slots=True, kw_only=True)
class Traffic:
    """Sends each app what it is for; remembers whether anyone was there to answer."""

    rack: SimulatedRollout
    sent: int = 0
    unanswered: int = 0
    _next_poll: float = 0.0

    def send(self) -> None:
        """Request every page, and open a poll of 20 seconds and a socket of 50 now and then."""
        found = [self.rack.router.request(f"{item.service}.app") for item in _SERVED]
        now = self.rack.clock.monotonic()
        if now >= self._next_poll:
            self._next_poll = now + 5
            found.append(self.rack.router.hold("poll.app", 20))
            found.append(self.rack.router.hold("socket.app", 50))
        self.sent += len(found)
        self.unanswered += found.count(None)


async def _deployed(*services: DesiredService) -> SimulatedRollout:
    rack = SimulatedRollout(database=Database("sqlite:///:memory:"))
    rack.deploy("app", "1", *services)
    await rack.settle()
    return rack


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_a_single_copy_answers_all_the_while_and_moves_once(batch: int) -> None:
    async def play() -> None:
        rack = await _deployed(*_SERVED)
        before = {instance.id for instance in rack.instances()}
        traffic, promises = Traffic(rack=rack), Promises(rack=rack)
        rack.batch, rack.image = batch, "img-2"
        while await promises.tick() or rack.clock.monotonic() < 120:
            traffic.send()
            rack.clock.skip(_TICK)
        assert traffic.sent > 2000
        assert traffic.unanswered == 0
        assert rack.router.violations == []
        assert [process.moves for process in rack.processes()] == [1] * len(_SERVED)
        assert {instance.image for instance in rack.instances()} == {"img-2"}
        assert not before & {instance.id for instance in rack.instances()}

    asyncio.run(play())


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_a_worker_never_pauses_and_a_job_never_runs_twice(batch: int) -> None:
    async def play() -> None:
        rack = await _deployed(*_UNSERVED)
        rack.batch, rack.image = batch, "img-2"
        runs = []
        while await rack.tick():
            specs = [spec.service for spec in rack.engine.running()]
            runs.append((specs.count("worker"), specs.count("job")))
            rack.clock.skip(_TICK)
        assert {workers for workers, _ in runs} == {1, 2}
        assert {jobs for _, jobs in runs} == {0, 1}
        assert {process.instance for process in rack.processes()} <= {
            instance.id for instance in rack.instances() if instance.image == "img-2"
        }

    asyncio.run(play())


def test_a_job_does_not_run_twice_when_its_instance_dies_in_the_roll() -> None:
    async def play() -> None:
        rack = await _deployed(*_UNSERVED)
        (place,) = {p.instance for p in rack.processes() if p.service == "job"}
        rack.image = "img-2"
        await rack.pass_time(1)
        rack.engine.kill(InstanceId(place))
        while await rack.tick():
            assert [spec.service for spec in rack.engine.running()].count("job") <= 1
            rack.clock.skip(_TICK)
        assert rack.driver.progress().is_done

    asyncio.run(play())
