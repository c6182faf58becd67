"""What happens to processes that run and are not well, and to engines that refuse."""

import asyncio
from datetime import timedelta

from tests.unit.rollout.rack import new_rack

from convox.rollout import deployments
from convox.rollout.decide import decide
from convox.rollout.deployment import DeploymentState
from convox.rollout.process import Phase
from convox.rollout.settling import next_deployment_steps
from convox.rollout.situation import Observed, Recorded, situation
from convox.state import schema
from convox.testing.program import Behaviour
from convox.testing.rollout import SimulatedRollout, service

_ILL = Behaviour(healthy_after=None)


async def _deployed(count: int) -> SimulatedRollout:
    rack = new_rack()
    rack.deploy("app", "1", service("web", count))
    await rack.settle()
    return rack


def _make_ill(rack: SimulatedRollout) -> None:
    rack.behaviours["1"] = _ILL
    for process in rack.processes():
        rack.engine.change(process.id, _ILL)


def test_an_app_that_is_ill_everywhere_moves_after_its_successors_had_their_time() -> None:
    async def play() -> None:
        rack = await _deployed(2)
        _make_ill(rack)
        rack.image = "img-2"
        await rack.pass_time(40)
        assert Phase.SERVING in {process.phase for process in rack.processes()}
        await rack.pass_time(400)
        assert rack.driver.progress().is_done

    asyncio.run(play())


def test_a_deployment_that_cannot_turn_back_either_ends_and_says_so() -> None:
    async def play() -> None:
        rack = await _deployed(1)
        rack.behaviours["1"] = rack.behaviours["2"] = _ILL
        for process in rack.processes():
            rack.engine.change(process.id, _ILL)
        rack.deploy("app", "2", service("web", 1))
        soon = rack.clock.now() + timedelta(seconds=5)
        with rack.database.begin() as connection:
            connection.execute(schema.deployments.update().values(deadline=soon))
        await rack.pass_time(20)
        with rack.database.begin() as connection:
            found = deployments.latest(connection, "app")
        assert found is not None
        assert found.state == DeploymentState.REVERTED
        assert "; turned back, and web: not healthy in time" in found.cause
        rack.behaviours["3"] = Behaviour()
        rack.deploy("app", "3", service("web", 1))
        await rack.settle()
        assert {item.release for item in rack.processes()} == {"3"}

    asyncio.run(play())


def test_an_ill_process_keeps_its_requests_until_its_successor_is_healthy() -> None:
    async def play() -> None:
        rack = await _deployed(1)
        _make_ill(rack)
        rack.behaviours["2"] = Behaviour(healthy_after=20)
        rack.deploy("app", "2", service("web", 1))
        await rack.pass_time(15)
        assert [(item.release, item.phase) for item in rack.processes()] == [
            ("1", Phase.SERVING),
            ("2", Phase.STARTING),
        ]
        await rack.settle()
        assert [item.release for item in rack.processes()] == ["2"]

    asyncio.run(play())


def test_requests_that_are_under_way_end_well_when_a_health_check_fails() -> None:
    async def play() -> None:
        rack = await _deployed(2)
        held = rack.router.hold("web.app", 20)
        ill = next(process for process in rack.processes() if process.id == held)
        rack.engine.change(ill.id, _ILL)
        await rack.pass_time(10)
        assert rack.router.request("web.app") != held
        await rack.pass_time(20)
        assert rack.router.violations == []

    asyncio.run(play())


def test_instances_that_were_launched_in_vain_retire_first() -> None:
    async def play() -> None:
        rack = await _deployed(1)
        before = {instance.id for instance in rack.instances()}
        rack.count = 5
        await rack.tick()
        rack.count = 3
        await rack.settle()
        assert {instance.id for instance in rack.instances()} == before

    asyncio.run(play())


def test_what_an_engine_refuses_is_asked_for_ever_more_rarely() -> None:
    async def play() -> None:
        rack = await _deployed(0)
        rack.engine.refusals = 1000
        rack.deploy("app", "1", service("web", 1))
        await rack.pass_time(60)
        assert 5 <= 1000 - rack.engine.refusals <= 9
        assert sum("was to fail" in text for _, text in rack.told) == 1

    asyncio.run(play())


def test_nothing_is_decided_twice_about_one_process_at_one_moment() -> None:
    async def play() -> None:
        rack = new_rack()
        await rack.settle()
        rack.deploy("app", "1", service("web", 1))
        await rack.tick()
        rack.clock.skip(5)
        rack.scale("app", "web", 0)
        (old,) = rack.processes()
        told = len(rack.told)
        await rack.tick()
        assert [text for _, text in rack.told[told:] if old.id in text] == [f"{old.id} is healthy"]

    asyncio.run(play())


def test_a_deployment_is_not_judged_by_services_of_another_release() -> None:
    async def play() -> None:
        rack = await _deployed(1)
        desired = rack.desired()
        rack.deploy("app", "2", service("web", 1))
        with rack.database.begin() as connection:
            latest = deployments.every(connection)
        recorded = Recorded(
            processes=rack.processes(), instances=rack.instances(), deployments=latest
        )
        observed = Observed(
            processes=await rack.engine.processes(), instances=await rack.engine.instances()
        )
        stale = situation(rack.clock.now(), desired, recorded, observed)
        assert next_deployment_steps(stale) == []
        assert decide(stale) == []

    asyncio.run(play())


def test_an_app_without_services_is_deployed_at_once() -> None:
    async def play() -> None:
        rack = new_rack()
        rack.deploy("app", "1")
        await rack.tick()
        assert rack.state("app") == ("done", "")

    asyncio.run(play())


def test_a_first_deployment_that_failed_is_over_when_nothing_of_it_runs() -> None:
    async def play() -> None:
        rack = new_rack()
        await rack.settle()
        rack.behaviours["1"] = Behaviour(crash_after=0.1)
        rack.deploy("app", "1", service("web", 2))
        await rack.pass_time(2)
        assert rack.state("app")[0] == "reverting"
        await rack.settle()
        assert rack.state("app")[0] == "reverted"
        assert rack.engine.running() == []

    asyncio.run(play())
