"""Components as real processes: each runs once, whoever keeps them."""

import asyncio
import os
import signal
import tempfile
from pathlib import Path

import pytest

from convox.components.component import Component
from convox.components.running import RunningComponents
from convox.components.table import COMPONENTS
from convox.errors import HostError
from convox.host.clock import SystemClock
from convox.host.processes import lives
from convox.testing.clock import SimulatedClock

METER = COMPONENTS["meter"]


@pytest.fixture
def home():
    with tempfile.TemporaryDirectory(prefix="comp-", dir="/tmp") as name:
        directory = Path(name)
        for part in ("logs", "run"):
            (directory / part).mkdir()
        yield directory
        asyncio.run(keeper(directory).keep(frozenset()))


def keeper(home: Path) -> RunningComponents:
    return RunningComponents(home=home, clock=SystemClock())


def processes_of(home: Path) -> list[int]:
    """Return every process that has the home as its last argument, counted without the product."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cmdline").read_bytes().endswith(f"\0{home}\0".encode()):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def test_a_component_starts_works_and_ends(home):
    components = keeper(home)

    async def story():
        components.install(METER)
        await components.keep(frozenset({METER.label}))
        await components.check([METER])
        pid = components.running()[METER.label]
        await components.keep(frozenset())
        return pid

    assert not lives(asyncio.run(story()))
    assert components.running() == {}
    assert processes_of(home) == []


def test_a_component_runs_once_when_two_control_planes_keep_it(home):
    keeper(home).install(METER)

    async def both():
        wanted = frozenset({METER.label})
        await asyncio.gather(*(keeper(home).keep(wanted) for _ in range(4)))

    asyncio.run(both())
    assert processes_of(home) == [keeper(home).running()[METER.label].number]


def test_a_component_that_was_killed_runs_again(home):
    components = keeper(home)
    components.install(METER)
    wanted = frozenset({METER.label})
    asyncio.run(components.keep(wanted))
    first = components.running()[METER.label]
    os.kill(first.number, signal.SIGKILL)

    async def again():
        while lives(first):
            await SystemClock().sleep(0.01)
        await components.keep(wanted)

    asyncio.run(again())
    assert components.running()[METER.label] != first


def test_a_component_that_does_no_work_is_named(home):
    clock = SimulatedClock()
    idle = Component(name="meter", is_well=lambda _: False)
    components = keeper(home)
    components.install(idle)
    asyncio.run(components.keep(frozenset({idle.label})))

    async def story():
        with pytest.raises(HostError, match="cannot start component meter: it does no work"):
            await RunningComponents(home=home, clock=clock).check([idle])

    asyncio.run(clock.run(story()))


def test_programs_that_nobody_wants_are_removed_and_those_that_run_stay(home):
    components = keeper(home)
    components.install(METER)
    asyncio.run(components.keep(frozenset({METER.label})))
    components.prune(frozenset())
    assert (home / "components" / METER.label).is_dir()
    asyncio.run(components.keep(frozenset()))
    components.prune(frozenset())
    assert not (home / "components" / METER.label).exists()
