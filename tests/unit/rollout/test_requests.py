"""Which processes get requests, and how long one stays that still has some."""

import asyncio

import pytest
from tests.unit.rollout.rack import new_rack, phases

from convox.rollout.process import Phase
from convox.testing.rollout import service


def test_a_process_that_may_still_get_requests_stays_while_the_router_cannot_be_told() -> None:
    async def play() -> None:
        rack = new_rack()
        rack.deploy("app", "1", service("web", 1))
        await rack.settle()
        rack.router.is_down = True
        rack.deploy("app", "2", service("web", 1))
        await rack.pass_time(100)
        assert sorted(phases(rack)) == [Phase.DRAINING, Phase.SERVING]
        rack.router.is_down = False
        held = rack.router.hold("web.app", 20)
        await rack.settle()
        assert [process.release for process in rack.processes()] == ["2"]
        assert held is not None
        assert rack.router.violations == []

    asyncio.run(play())


def test_a_draining_process_ends_when_its_requests_do_or_its_time_is_over() -> None:
    async def play(hold: float) -> float:
        rack = new_rack()
        rack.deploy("app", "1", service("web", 1, drain=30))
        await rack.settle()
        rack.router.hold("web.app", hold)
        began = rack.clock.monotonic()
        rack.deploy("app", "2", service("web", 1, drain=30))
        await rack.settle()
        return rack.clock.monotonic() - began

    assert asyncio.run(play(0)) < 5
    assert 15 < asyncio.run(play(15)) < 20
    assert 30 < asyncio.run(play(1000)) < 35


def test_requests_are_kept_from_an_unhealthy_process_unless_all_are() -> None:
    async def play() -> None:
        rack = new_rack()
        rack.deploy("app", "1", service("web", 2))
        await rack.settle()
        first, second = (process.id for process in rack.processes())
        rack.engine.crash(first)
        await rack.tick()
        assert {rack.router.request("web.app") for _ in range(4)} == {second}
        rack.engine.crash(second)
        await rack.tick()
        assert {rack.router.request("web.app") for _ in range(4)} == {first, second}
        await rack.pass_time(5)
        assert {rack.router.request("web.app") for _ in range(4)} == {first, second}

    asyncio.run(play())


def test_a_new_control_plane_leaves_the_router_alone_until_it_has_seen_what_serves() -> None:
    async def play() -> None:
        rack = new_rack()
        rack.deploy("app", "1", service("web", 1))
        await rack.settle()
        before = rack.router.table
        rack.restart_rackd()
        rack.engine.silent = True
        await rack.tick()
        assert rack.router.table == before
        rack.engine.silent = False
        await rack.settle()
        assert rack.router.table == before

    asyncio.run(play())


@pytest.mark.parametrize("restarts", [False, True])
def test_no_request_goes_to_an_instance_that_is_given_up_though_what_runs_there_may_answer(
    restarts: bool,  # noqa: FBT001 - a case
) -> None:
    async def play() -> None:
        rack = new_rack()
        rack.deploy("app", "1", service("web", 1))
        await rack.settle()
        rack.engine.silent = True
        if restarts:
            rack.restart_rackd()
        for _ in range(20):
            await rack.tick()
            rack.router.request("web.app")
            rack.clock.skip(0.5)
        assert rack.router.violations == []

    asyncio.run(play())
