"""The machine's clock is set by an hour in the middle of something, and nothing comes of it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from convox.rollout.instance import InstancePhase
from convox.state.database import Database
from convox.testing.program import Behaviour
from convox.testing.rollout import SimulatedRollout, service

HOUR = timedelta(hours=1)
Play = Callable[[SimulatedRollout], Awaitable[None]]


def set_clock(rack: SimulatedRollout, by: timedelta) -> None:
    rack.wall.ahead += by


def set_clock_while_nobody_looks(rack: SimulatedRollout, by: timedelta) -> None:
    rack.wall.ahead += by
    rack.restart_rackd()


@pytest.fixture(params=[HOUR, -HOUR], ids=["ahead", "back"])
def by(request: pytest.FixtureRequest) -> timedelta:
    found: timedelta = request.param
    return found


@pytest.fixture(params=[set_clock, set_clock_while_nobody_looks])
def jump(request: pytest.FixtureRequest, by: timedelta) -> Callable[[SimulatedRollout], None]:
    return lambda rack: request.param(rack, by)


def play(story: Play) -> None:
    async def whole() -> None:
        rack = SimulatedRollout(database=Database("sqlite:///:memory:"), count=1)
        rack.deploy("app", "1", service("web", drain=30))
        await rack.settle()
        await story(rack)
        rack.router.check_held()
        assert rack.router.violations == []

    asyncio.run(whole())


def test_a_deploy_goes_on_and_ends_in_its_time(jump):
    async def story(rack: SimulatedRollout) -> None:
        rack.behaviours["2"] = Behaviour(healthy_after=60)
        rack.behaviours["3"] = Behaviour(healthy_after=None)
        for release, state in (("2", "done"), ("3", "reverted")):
            rack.deploy("app", release, service("web", drain=30))
            await rack.pass_time(30)
            jump(rack)
            await rack.pass_time(120)
            assert rack.state("app")[0] == state

    play(story)


def test_what_is_open_is_neither_cut_nor_waited_for_longer(jump):
    async def story(rack: SimulatedRollout) -> None:
        rack.router.hold("web.app", 20)
        rack.router.hold("web.app", 1e6)
        rack.deploy("app", "2", service("web", drain=30))
        await rack.pass_time(10)
        jump(rack)
        await rack.pass_time(10)
        assert len(rack.processes()) == 2
        rack.router.violations.clear()
        await rack.pass_time(30)
        assert len(rack.processes()) == 1
        assert len(rack.router.violations) == 1, "the stream that outlasts its time is cut"
        rack.router.violations.clear()

    play(story)


def test_an_instance_that_boots_is_given_its_time_and_no_more(jump):
    async def story(rack: SimulatedRollout) -> None:
        rack.engine.boot, rack.image = 1e6, "img-2"
        await rack.pass_time(40)
        jump(rack)
        await rack.pass_time(10)
        assert [item.phase for item in rack.instances()] == ["ready", "launching"]
        await rack.pass_time(15)
        assert InstancePhase.TERMINATING in {item.phase for item in rack.instances()} or (
            len(rack.instances()) == 1
        )

    play(story)


def test_a_clock_that_is_set_is_told_once(by):
    async def story(rack: SimulatedRollout) -> None:
        await rack.pass_time(5)
        rack.wall.ahead += timedelta(seconds=1)
        await rack.pass_time(5)
        rack.wall.ahead += by
        await rack.pass_time(5)
        told = [text for _, text in rack.told if "clock" in text]
        assert told == [f"the machine's clock was set by {by.total_seconds() + 1:+,.0f} s"]

    play(story)
