"""What never runs twice at once, in whatever order things happen."""

import asyncio

from convox.rollout.process import Phase
from convox.state.database import Database
from convox.testing.promises import Promises
from convox.testing.rollout import SimulatedRollout, service


def test_one_that_could_not_begin_stays_away_when_its_place_is_taken_by_what_ends():
    asyncio.run(_take_its_place())


async def _take_its_place() -> None:
    rack = SimulatedRollout(database=Database("sqlite:///:memory:"))
    promises = Promises(rack=rack)
    web = service("web", 2, singleton=True, minimum=0, maximum=100)

    async def work(seconds: float) -> None:
        until = rack.clock.monotonic() + seconds
        while rack.clock.monotonic() < until:
            await promises.tick()
            rack.clock.skip(0.2)

    await work(10)
    rack.deploy("app", "R1", web)
    await work(10)
    rack.router.is_down = True  # so that nobody knows when they have drained
    rack.deploy("app", "R2", web)
    await work(5)
    first, _ = rack.engine.running()
    rack.engine.crash(first.id)
    while len(rack.processes()) > 1:
        await work(0.2)
    rack.engine.refusals = 1
    await work(0.4)
    assert any(item.phase is Phase.STARTING for item in rack.processes())
    rack.scale("app", "web", 1)
    await work(10)  # the promises are kept all the while
    rack.router.is_down = False
    await work(60)
    [left] = rack.engine.running()
    assert left.release == "R2"
