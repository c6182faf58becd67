"""Rolls whose first parts have to prove themselves; ``play`` says how a scenario is read."""

import asyncio
from collections.abc import Sequence

import pytest
from tests.scenarios.rollout.play import Scenario, play

from convox.rollout.instance import UP
from convox.rollout.process import Phase, Process
from convox.state.database import Database
from convox.testing.promises import Promises
from convox.testing.rollout import SimulatedRollout, service

_TICK = 0.2  # seconds
_CANARY = 30

SCENARIOS = (
    Scenario(
        name="one instance is up for a while, then one process serves for a while, then the rest",
        lines="""
        deploy 1 web:3    | +1@a +1@b +1@c =1@a =1@b =1@c
        canary 30         |
        wait 20 image img-2 | +d =d
        wait 20           | -a +1@d =1@d -1@a ~1@a .1@a ~a .a
        wait 20           |
        wait 40           | +e =e -b +1@e =1@e -1@b +f ~1@b .1@b ~b .b =f -c +1@f =1@f -1@c ~1@c
                          | .1@c ~c .c
        """,
    ),
    Scenario(
        name="it is said what the roll waits for",
        lines="""
        deploy 1 web:3    | +1@a +1@b +1@c =1@a =1@b =1@c
        canary 30         |
        wait 40 image img-2 | +d =d -a +1@d =1@d -1@a ~1@a .1@a ~a .a
        """,
        waits="1 of app app is the first on a new instance and has to serve for 30 s",
    ),
)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_roll_begins_with_little(scenario: Scenario) -> None:
    asyncio.run(play(scenario))


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_what_moves_first_serves_alone_for_the_whole_time_and_each_process_moves_once(
    batch: int,
) -> None:
    async def roll() -> None:
        rack = SimulatedRollout(database=Database("sqlite:///:memory:"))
        rack.deploy("app", "1", service("web", 6), service("solo", 1))
        await rack.settle()
        promises = Promises(rack=rack)
        rack.batch, rack.canary, rack.image = batch, _CANARY, "img-2"
        moved: dict[float, int] = {}
        while await promises.tick() or rack.clock.monotonic() < 300:
            moved[rack.clock.monotonic()] = _moved(rack, "web")
            rack.clock.skip(_TICK)
        alone = [when for when, number in moved.items() if number == 1]
        assert max(alone) - min(alone) >= _CANARY
        assert max(moved.values()) == 6
        assert [process.moves for process in rack.processes()] == [1] * 7
        assert {instance.image for instance in rack.instances()} == {"img-2"}

    asyncio.run(roll())


def test_a_process_that_is_lost_meanwhile_is_replaced_at_once() -> None:
    async def roll() -> None:
        rack = SimulatedRollout(database=Database("sqlite:///:memory:"))
        rack.deploy("app", "1", service("web", 6))
        await rack.settle()
        rack.canary, rack.image = _CANARY, "img-2"
        await rack.pass_time(_CANARY + 10)
        assert _moved(rack, "web") == 1
        staying = next(
            item for item in rack.instances() if item.image == "img-1" and item.phase in UP
        )
        rack.engine.kill(staying.id)
        await rack.pass_time(10)
        assert len(rack.engine.healthy()) >= 6

    asyncio.run(roll())


def test_a_roll_goes_on_by_itself_only_while_what_moved_first_serves() -> None:
    async def roll() -> None:
        rack = SimulatedRollout(database=Database("sqlite:///:memory:"), count=1)
        rack.deploy("app", "1", service("web", 2))
        await rack.settle()
        rack.canary, rack.image = _CANARY, "img-2"
        seen = set()
        while not (found := rack.driver.progress()).is_done:
            moved = {item.phase for item in _fresh(rack)}
            if found.soaking and moved:
                seen.add((Phase.SERVING in moved, found.goes_on))
            await rack.tick()
            rack.clock.skip(_TICK)
        assert seen == {(False, False), (True, True)}

    asyncio.run(roll())


def _moved(rack: SimulatedRollout, name: str) -> int:
    return sum(item.service == name for item in _fresh(rack))


def _fresh(rack: SimulatedRollout) -> Sequence[Process]:
    fresh = {item.id for item in rack.instances() if item.image == "img-2"}
    return [item for item in rack.processes() if item.instance in fresh]
