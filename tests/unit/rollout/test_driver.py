"""The loop: what it writes, what it survives, when it ends."""

import asyncio
from pathlib import Path

import pytest
from tests.unit.rollout.rack import new_rack, phases

from convox.engine.engine import ProcessId, ProcessSpec
from convox.errors import EngineError, LeaseLost
from convox.rollout import records
from convox.rollout.process import Phase
from convox.state import lease
from convox.state.database import Database
from convox.testing.rollout import SimulatedRollout, service


def test_a_rollout_comes_to_its_end_on_either_database(database: Database) -> None:
    async def play() -> None:
        rack = SimulatedRollout(database=database)
        rack.deploy("app", "1", service("web", 2))
        await rack.settle()
        rack.deploy("app", "2", service("web", 1))
        rack.image = "img-2"
        await rack.settle()
        assert [(process.release, process.phase) for process in rack.processes()] == [
            ("2", Phase.SERVING)
        ]
        assert {instance.image for instance in rack.instances()} == {"img-2"}

    asyncio.run(play())


def test_nothing_is_written_and_nobody_called_when_nothing_is_due() -> None:
    async def play() -> None:
        rack = new_rack()
        rack.deploy("app", "1", service("web", 2))
        await rack.settle()
        applied, starts, told = rack.router.applied, list(rack.engine.starts), list(rack.told)
        with rack.database.begin() as connection:
            written = connection.exec_driver_sql("SELECT total_changes()").scalar()
        await rack.pass_time(60)
        with rack.database.begin() as connection:
            assert connection.exec_driver_sql("SELECT total_changes()").scalar() == written
        assert (rack.router.applied, rack.engine.starts, rack.told) == (applied, starts, told)

    asyncio.run(play())


def test_run_ends_cleanly_when_another_control_plane_takes_over() -> None:
    async def play() -> None:
        rack = new_rack()
        rack.deploy("app", "1", service("web", 1))

        async def take_over() -> None:
            await rack.clock.sleep(30)
            lease.take(rack.database, "another")

        async def both() -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(take_over())
                group.create_task(rack.driver.run())

        await rack.clock.run(both())
        assert rack.state("app")[0] == "done"
        with pytest.raises(LeaseLost):
            await rack.driver.tick()

    asyncio.run(play())


def test_run_wakes_at_once_when_the_engine_says_that_something_changed() -> None:
    async def play() -> None:
        rack = new_rack()
        rack.deploy("app", "1", service("web", 1))

        async def observe() -> float:
            await rack.clock.sleep(30)
            rack.engine.kill(rack.processes()[0].instance)
            killed = rack.clock.monotonic()
            while not any("does not answer" in text for _, text in rack.told):
                await rack.clock.sleep(0.01)
            lease.take(rack.database, "another")
            return rack.clock.monotonic() - killed

        async def both() -> float:
            async with asyncio.TaskGroup() as group:
                waited = group.create_task(observe())
                group.create_task(rack.driver.run())
            return waited.result()

        assert await rack.clock.run(both()) < 0.1

    asyncio.run(play())


def test_run_follows_up_at_once_what_it_has_recorded() -> None:
    async def play() -> None:
        rack = new_rack()
        rack.deploy("app", "1", service("web", 1))

        async def when(words: str) -> float:
            while not any(words in text for _, text in rack.told):
                await rack.clock.sleep(0.01)
            return rack.clock.monotonic()

        async def observe() -> float:
            healthy, deployed = await when("is healthy"), await when("is deployed")
            lease.take(rack.database, "another")
            return deployed - healthy

        async def both() -> float:
            async with asyncio.TaskGroup() as group:
                waited = group.create_task(observe())
                group.create_task(rack.driver.run())
            return waited.result()

        assert await rack.clock.run(both()) < 0.1

    asyncio.run(play())


def test_run_goes_on_when_the_engine_cannot_be_asked_for_a_while() -> None:
    async def play() -> None:
        rack = new_rack()
        rack.deploy("app", "1", service("web", 1))
        ask, failures = rack.engine.processes, iter(range(3))

        async def processes():
            if next(failures, None) is not None:
                raise EngineError("cannot list the processes: no answer")
            return await ask()

        class Stuttering:
            def __getattr__(self, name):
                return processes if name == "processes" else getattr(rack.engine, name)

        rack.driver.engine = Stuttering()

        async def observe() -> None:
            await rack.clock.sleep(30)
            lease.take(rack.database, "another")

        async def both() -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(observe())
                group.create_task(rack.driver.run())

        await rack.clock.run(both())
        assert rack.state("app")[0] == "done"
        assert [text for _, text in rack.told if "no answer" in text] == [
            "cannot drive the rollout: cannot list the processes: no answer"
        ]

    asyncio.run(play())


def test_one_action_that_fails_is_told_once_and_stops_no_other() -> None:
    async def play() -> None:
        rack = new_rack()
        await rack.settle()
        rack.engine.refusals = 2
        rack.deploy("app", "1", service("web", 3))
        await rack.tick()
        assert len(rack.engine.starts) == 1
        await rack.settle()
        assert phases(rack) == [Phase.SERVING] * 3
        assert sum("was to fail" in text for _, text in rack.told) == 2

    asyncio.run(play())


def test_what_was_recorded_is_done_by_the_next_control_plane() -> None:
    async def play() -> None:
        rack = new_rack()
        await rack.settle()
        rack.engine.refusals = 3
        rack.deploy("app", "1", service("web", 2))
        await rack.tick()
        ids = {process.id for process in rack.processes()}
        assert rack.engine.starts == []
        rack.engine.refusals = 0
        rack.restart_rackd()
        await rack.settle()
        assert {process.id for process in rack.processes()} == ids == set(rack.engine.starts)

    asyncio.run(play())


def test_what_runs_without_a_record_is_ended() -> None:
    async def play() -> None:
        rack = new_rack()
        await rack.settle()
        stray = ProcessSpec(
            id=ProcessId("web-stray"),
            app="app",
            service="web",
            release="1",
            command=("run",),
            directory=Path("/slug"),
        )
        await rack.engine.start(stray, instance=rack.instances()[0].id)
        await rack.pass_time(5)
        assert rack.engine.running() == []

    asyncio.run(play())


def test_a_process_that_a_person_stops_is_replaced() -> None:
    async def play() -> None:
        rack = new_rack()
        rack.deploy("app", "1", service("web", 1))
        await rack.settle()
        (old,) = rack.processes()
        with rack.database.begin() as connection:
            assert records.discard_process(connection, old.id, rack.clock.now())
            assert not records.discard_process(connection, "web-nobody", rack.clock.now())
        await rack.settle()
        (new,) = rack.processes()
        assert new.id != old.id
        assert rack.router.request("web.app") == new.id

    asyncio.run(play())
