"""What is in the way of a roll is named soon, with whom it concerns and what to do."""

import asyncio
from dataclasses import replace

from convox.engine.engine import HealthCheck
from convox.rollout.desired import DesiredService
from convox.rollout.process import Phase
from convox.state.database import Database
from convox.testing.program import Behaviour
from convox.testing.rollout import SimulatedRollout, service

_SOON = 10.0  # seconds within which a blocker is named


async def _rolling(wanted: DesiredService, behaviour: Behaviour) -> SimulatedRollout:
    """Return a rack of one instance whose only process has just begun to move."""
    rack = SimulatedRollout(database=Database("sqlite:///:memory:"), count=1)
    rack.deploy("app", "1", wanted)
    await rack.settle()
    rack.behaviours["1"] = behaviour
    rack.router.hold("web.app", 1000)
    rack.image = "img-2"
    while len(rack.processes()) < 2:
        await rack.tick()
        rack.clock.skip(0.2)
    return rack


async def _named(rack: SimulatedRollout, within: float) -> str:
    """Return what is named as not healthy; ``AssertionError`` where that takes too long."""
    began = rack.clock.monotonic()
    while "is not healthy" not in (found := rack.driver.progress().blocker):
        assert rack.clock.monotonic() - began < within
        await rack.tick()
        rack.clock.skip(0.2)
    return found


def test_a_process_that_hangs_is_named_within_ten_seconds() -> None:
    async def play() -> None:
        rack = await _rolling(service("web"), Behaviour(healthy_after=None))
        new = rack.processes()[-1]
        assert await _named(rack, _SOON) == (
            f"{new.id} of app app is not healthy on {new.instance} (its health check fails) since"
            f" {new.since:%H:%M:%S} UTC; see `convox logs -a app`, or have another one started by"
            f" `convox ps stop {new.id} -a app`"
        )

    asyncio.run(play())


def test_a_process_that_crashes_is_named_at_once() -> None:
    async def play() -> None:
        rack = await _rolling(service("web"), Behaviour(crash_after=0.5))
        assert rack.processes()[-1].id in await _named(rack, 2)

    asyncio.run(play())


def test_a_service_that_says_it_starts_slowly_is_given_its_time() -> None:
    async def play() -> None:
        slow = replace(service("web"), health=HealthCheck(grace=30))
        rack = await _rolling(slow, Behaviour(healthy_after=25))
        await rack.pass_time(20)
        assert "starts on" in rack.driver.progress().blocker
        await rack.pass_time(20)
        assert rack.driver.progress().is_done

    asyncio.run(play())


def test_a_roll_that_is_done_says_what_an_old_instance_still_waits_for() -> None:
    async def play() -> None:
        rack = await _rolling(service("web", drain=5), Behaviour())
        await rack.pass_time(60)
        found = rack.driver.progress()
        assert (found.is_done, found.goes_on, found.blocker) == (True, False, "")
        (lingering,) = found.lingering
        old = rack.processes()[0]
        assert str(lingering).startswith(
            f"{old.id} of app app has requests or streams open on {old.instance} since "
        )
        assert lingering.remedy.endswith(f"`convox ps stop {old.id} -a app`")
        assert rack.router.violations == []

    asyncio.run(play())


def test_a_stream_that_never_ends_holds_a_roll_up_for_a_while_and_is_not_cut() -> None:
    async def play() -> None:
        rack = SimulatedRollout(database=Database("sqlite:///:memory:"), count=3)
        rack.deploy("app", "1", service("web", 3, drain=5))
        await rack.settle()
        streams = {rack.router.hold("web.app", 1e6) for _ in range(3)}
        rack.image = "img-2"
        await rack.pass_time(5 + _SOON)
        found = rack.driver.progress()
        assert (found.is_done, found.goes_on) == (False, True)
        assert "has requests or streams open" in found.blocker
        await rack.pass_time(3 * 300 + 60)
        assert rack.driver.progress().is_done
        draining = {item.id for item in rack.processes() if item.phase is Phase.DRAINING}
        assert draining == streams
        rack.router.check_held()
        assert rack.router.violations == []

    asyncio.run(play())


def test_a_new_process_that_is_ill_is_no_reason_to_wait_for_ever() -> None:
    async def play() -> None:
        rack = await _rolling(service("web"), Behaviour(healthy_after=None))
        await _named(rack, _SOON)
        assert not rack.driver.progress().goes_on

    asyncio.run(play())


def test_an_instance_that_does_not_become_ready_is_named_with_when_another_is_tried() -> None:
    async def play() -> None:
        rack = SimulatedRollout(database=Database("sqlite:///:memory:"), count=1)
        await rack.settle()
        rack.engine.boot, rack.image = 1e6, "img-2"
        await rack.pass_time(9)
        assert "is not ready yet since" in rack.driver.progress().blocker
        await rack.pass_time(54)
        found = rack.driver.progress().blocker
        assert found.startswith("one instance of img-2 did not become ready since ")
        assert "; another is tried from " in found

    asyncio.run(play())
