"""Files that grow while they are read."""

import asyncio
from datetime import timedelta

import pytest

from convox.control.rack_log import RackLog
from convox.host.growing import GrowingFile, follow, has_writer
from convox.testing.clock import SimulatedClock


def test_a_file_has_a_writer_until_it_is_closed(tmp_path):
    path = tmp_path / "deep" / "log"
    assert not has_writer(path)
    file = GrowingFile(path)
    assert has_writer(path)
    with pytest.raises(BlockingIOError):
        GrowingFile(path)
    file.close()
    assert not has_writer(path)


def test_what_is_added_is_read_until_the_writer_ends(tmp_path):
    async def scenario() -> bytes:
        clock, path = SimulatedClock(), tmp_path / "log"
        file = GrowingFile(path)
        file.append(b"first\n")
        read = b""

        async def write() -> None:
            await clock.sleep(1)
            file.append(b"second\n")
            await clock.sleep(1)
            file.close()

        async def read_all() -> None:
            nonlocal read
            async for data in follow(path, clock, has_ended=lambda: not has_writer(path)):
                read += data

        async with asyncio.TaskGroup() as group:
            group.create_task(write())
            await clock.run(read_all())
        return read

    assert asyncio.run(scenario()) == b"first\nsecond\n"


def test_a_file_that_takes_the_place_is_read_too(tmp_path):
    async def scenario() -> list[bytes]:
        clock, path, read = SimulatedClock(), tmp_path / "log", []
        path.write_bytes(b"old\n")

        async def read_all() -> None:
            async for data in follow(path, clock, has_ended=lambda: b"new\n" in read):
                read.append(data)
                if data == b"old\n":
                    path.rename(tmp_path / "log.previous")
                    path.write_bytes(b"new\n")

        await clock.run(read_all())
        return read

    assert asyncio.run(scenario()) == [b"old\n", b"new\n"]


def test_the_racks_log_keeps_the_previous_file_when_it_is_full(tmp_path):
    async def scenario() -> list[str]:
        clock = SimulatedClock()
        log = RackLog(path=tmp_path / "rack.log", clock=clock)
        log.say("too old")
        clock.skip(600)
        log.say("x" * 5_000_000)
        log.say("after it")
        since = clock.now() - timedelta(seconds=60)
        return [line[-8:] async for line in log.lines(since=since, follow_on=False)]

    assert asyncio.run(scenario()) == ["xxxxxxxx", "after it"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rack.log", "rack.previous.log"]
