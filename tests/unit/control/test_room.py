"""A disk that takes nothing for a while: what is said, and what goes on."""

import asyncio
import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from convox.control.rack_log import RackLog
from convox.control.room import Room
from convox.host.room import objection
from convox.rackd.going_on import go_on
from convox.testing.clock import SimulatedClock
from convox.testing.disk import SmallDisk


def test_each_change_is_said_once(tmp_path: Path) -> None:
    answers = iter(["", "No space left", "No space left", "", ""])
    log = RackLog(path=tmp_path / "rack.log", clock=SimulatedClock())
    room = Room(home=tmp_path, log=log, clock=SimulatedClock(), look=lambda _: next(answers))
    for _ in range(5):
        room.check()
    said = [line.partition("system/rack ")[2] for line in log.path.read_text().splitlines()]
    assert said == [
        f"cannot write to {tmp_path}: No space left; {REST}",
        f"can write to {tmp_path} again",
    ]


@pytest.mark.parametrize(
    ("act", "why"),
    [(SmallDisk.fill, "No space left on device"), (SmallDisk.forbid, "Read-only file system")],
)
def test_a_disk_that_takes_nothing_is_noticed(
    act: Callable[[SmallDisk], None], why: str, tmp_path: Path, mount: Callable[..., SmallDisk]
) -> None:
    disk = mount(tmp_path)
    assert objection(tmp_path) == ""
    act(disk)
    assert objection(tmp_path) == why
    disk.free()
    assert objection(tmp_path) == ""


def test_no_line_of_the_log_is_lost_when_the_disk_is_full(
    tmp_path: Path, mount: Callable[..., SmallDisk]
) -> None:
    disk = mount(tmp_path)
    log = RackLog(path=tmp_path / "rack.log", clock=SimulatedClock())
    log.say("before " + "x" * 3000)
    disk.fill()
    for number in range(100):
        log.say(f"meanwhile {number} " + "x" * 100)
    disk.free()
    log.say("after")
    words = [line.split()[2:4] for line in log.path.read_text().splitlines()]
    assert [word[0] for word in words] == ["before", *["meanwhile"] * 100, "after"]


REST = "apps go on, and nothing can be changed until that is mended"
FAILURES = {
    "the database is full": sa.exc.OperationalError("INSERT", {}, Exception("disk is full")),
    "the disk is read-only": OSError(errno.EROFS, os.strerror(errno.EROFS)),
    "both, in a group": ExceptionGroup("", [OSError(errno.ENOSPC, "No space left")]),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
def test_a_loop_goes_on_when(failure: Exception) -> None:
    said: list[str] = []
    ends: list[Exception | None] = [failure, failure, None]

    async def run() -> None:
        if (end := ends.pop(0)) is not None:
            raise end

    clock = SimulatedClock()
    asyncio.run(clock.run(go_on(run, clock=clock, narrate=said.append)))
    assert ends == []
    assert len(said) == 1
    assert said[0].endswith("; trying again")


def test_a_loop_ends_when_the_mistake_is_ours() -> None:
    async def run() -> None:
        raise ZeroDivisionError

    clock = SimulatedClock()
    with pytest.raises(ExceptionGroup):
        asyncio.run(clock.run(go_on(run, clock=clock, narrate=print)))
