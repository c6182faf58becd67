"""When a roll of all instances is done, and what holds it up."""

import asyncio

from tests.unit.rollout.rack import new_rack, phases

from convox.rollout.process import Phase
from convox.testing.program import Behaviour
from convox.testing.rollout import service


def test_a_roll_is_done_while_a_long_connection_still_drains() -> None:
    async def play() -> None:
        rack = new_rack()
        rack.deploy("app", "1", service("web", 3, drain=300))
        await rack.settle()
        for _ in range(3):
            rack.router.hold("web.app", 250)
        rack.image = "img-2"
        await rack.pass_time(100)
        found = rack.driver.progress()
        assert found.is_done
        assert len(rack.instances()) > 3
        await rack.settle()
        assert len(rack.instances()) == 3
        assert [process.moves for process in rack.processes()] == [1, 1, 1]
        assert rack.router.violations == []

    asyncio.run(play())


def test_a_roll_says_what_holds_it_up() -> None:
    async def play() -> None:
        rack = new_rack()
        rack.deploy("app", "1", service("web", 1))
        await rack.settle()
        rack.behaviours["1"] = Behaviour(healthy_after=None)
        rack.image = "img-2"
        await rack.pass_time(200)
        found = rack.driver.progress()
        assert not found.is_done
        assert "is not healthy on" in found.blocker
        assert Phase.SERVING in phases(rack)

    asyncio.run(play())


def test_an_app_that_is_broken_everywhere_does_not_hold_a_roll_up() -> None:
    async def play() -> None:
        rack = new_rack()
        rack.deploy("app", "1", service("web", 2))
        await rack.settle()
        rack.behaviours["1"] = Behaviour(crash_after=0.5)
        for process in rack.processes():
            rack.engine.change(process.id, Behaviour(crash_after=0.5))
        rack.image = "img-2"
        await rack.pass_time(100)
        assert rack.driver.progress().is_done

    asyncio.run(play())
