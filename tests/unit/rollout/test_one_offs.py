"""A process that a person began: it runs once, on an instance that waits for it."""

import asyncio
from pathlib import Path

import pytest
from tests.unit.rollout.rack import new_rack

from convox.engine.engine import ProcessId, ProcessSpec
from convox.errors import EngineError
from convox.rollout.one_off import place_one_off


def test_a_one_off_process_runs_to_its_end_and_holds_its_instance() -> None:
    async def play() -> None:
        rack = new_rack()
        await rack.settle()
        id_ = ProcessId("web-once")
        with rack.database.begin() as connection:
            instance = place_one_off(
                connection,
                process=id_,
                app="app",
                service="web",
                release="1",
                image=rack.image,
                now=rack.clock.now(),
            )
        spec = ProcessSpec(
            id=id_,
            app="app",
            service="web",
            release="1",
            command=("run",),
            directory=Path("/slug"),
            restart=False,
        )
        await rack.engine.start(spec, instance=instance)
        rack.image = "img-2"
        await rack.pass_time(100)
        assert rack.driver.progress().is_done
        assert instance in {item.id for item in rack.instances()}
        rack.engine.exit(id_, 0)
        await rack.tick()
        assert rack.engine.is_running(id_)
        await rack.settle()
        assert rack.processes() == []
        assert instance not in {item.id for item in rack.instances()}

    asyncio.run(play())


def test_a_one_off_process_cannot_be_placed_when_no_instance_is_ready() -> None:
    rack = new_rack()
    with rack.database.begin() as connection, pytest.raises(EngineError, match="no instance"):
        place_one_off(
            connection,
            process=ProcessId("web-once"),
            app="app",
            service="web",
            release="1",
            image="img-1",
            now=rack.clock.now(),
        )
