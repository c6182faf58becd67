"""What the local engine decides and reads."""

import asyncio
import ipaddress
import os
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest

from convox.engine.engine import InstanceId, InstanceState
from convox.engine.local.addresses import candidates
from convox.engine.local.events import append_event
from convox.engine.local.ground import Ground, InstanceFacts
from convox.engine.local.instance import LocalInstance
from convox.engine.local.liveness import Signs, judge
from convox.engine.local.logs import read_logs
from convox.host.clock import SystemClock
from convox.testing.clock import SettableClock, SimulatedClock

EVER = datetime(2000, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 1, 15, 13, 37, 22, tzinfo=UTC)

SIGNS = {
    "not started yet": (Signs(lives=None, silence=None, age=0.1), InstanceState.STARTING),
    "booting": (Signs(lives=True, silence=None, age=1), InstanceState.STARTING),
    "never booted": (Signs(lives=True, silence=None, age=60), InstanceState.LOST),
    "never started": (Signs(lives=None, silence=None, age=60), InstanceState.LOST),
    "ended while booting": (Signs(lives=False, silence=None, age=1), InstanceState.LOST),
    "ended": (Signs(lives=False, silence=0.1, age=60), InstanceState.LOST),
    "slow": (Signs(lives=True, silence=3, age=60), InstanceState.READY),
    "hangs": (Signs(lives=True, silence=11, age=60), InstanceState.LOST),
}


@pytest.mark.parametrize("case", SIGNS)
def test_an_instance_that_does_not_answer_is_judged_by_its_signs(case):
    signs, wanted = SIGNS[case]
    assert judge(signs) is wanted


@pytest.mark.parametrize("ahead", [timedelta(hours=1), -timedelta(hours=1)])
def test_an_instance_that_boots_has_its_time_whatever_the_clock_says(tmp_path, ahead):
    time = SimulatedClock()
    wall = SettableClock(clock=time)
    ground = Ground(home=tmp_path, python=Path("python"), app_user=None)
    facts = InstanceFacts(id=InstanceId("i"), image="x", address="127.1.1.1", launched=wall.now())
    instance = LocalInstance(ground, facts, wall)

    def state() -> InstanceState:
        asyncio.run(instance.survey())
        return instance.state

    wall.ahead = ahead
    time.skip(10)
    assert state() is InstanceState.STARTING
    time.skip(20)
    assert state() is InstanceState.LOST


def test_a_rack_has_loopback_addresses_of_its_own():
    dev, staging = (
        list(candidates(Path("/var/lib/convox/racks") / name)) for name in ("dev", "staging")
    )
    assert len(set(dev)) == 254
    assert not set(dev) & set(staging)
    assert dev == list(candidates(Path("/var/lib/convox/racks/dev")))
    for number in range(300):
        (address,) = islice(candidates(Path(f"/r/{number}")), 1)
        assert ipaddress.ip_address(address).is_loopback
        assert not address.startswith("127.0.")


def line(second: int, text: str) -> str:
    return f"{NOW + timedelta(seconds=second):%Y-%m-%dT%H:%M:%SZ} service/web/web {text}"


def put(directory: Path, name: str, *lines: str, end: str = "\n") -> None:
    with (directory / name).open("a") as stream:
        stream.write("\n".join(lines) + end)


def test_segments_of_many_processes_are_merged_by_time(tmp_path):
    put(tmp_path, "a.000009.log", line(0, "a0"), line(4, "a4"))
    put(tmp_path, "a.000010.log", line(5, "a5"))
    put(tmp_path, "b.000001.log", line(1, "b1"), line(5, "b5"), line(6, "cut"), end="")
    (tmp_path / "notes.txt").write_text("no log")

    async def read():
        logs = read_logs(tmp_path, SystemClock(), since=EVER, follow=False)
        return [one.rpartition(" ")[2] async for one in logs]

    assert asyncio.run(read()) == ["a0", "b1", "a4", "a5", "b5"]


def test_following_goes_on_across_segments_and_waits_for_whole_lines(tmp_path):
    put(tmp_path, "a.000001.log", line(0, "one"))

    async def read():
        logs = read_logs(tmp_path, SystemClock(), since=EVER, follow=True)
        seen = await take_open(logs, 1)
        put(tmp_path, "a.000001.log", line(1, "tw"), end="")
        put(tmp_path, "a.000001.log", "o")
        put(tmp_path, "a.000002.log", line(2, "three"))
        seen += await take_open(logs, 2)
        (tmp_path / "a.000001.log").unlink()
        put(tmp_path, "a.000002.log", line(3, "four"))
        seen += await take_open(logs, 1)
        await logs.aclose()
        return [one.rpartition(" ")[2] for one in seen]

    assert asyncio.run(read()) == ["one", "two", "three", "four"]


async def take_open(logs, number: int) -> list[str]:
    return [await anext(logs) for _ in range(number)]


def test_old_segments_are_left_out_unread(tmp_path):
    put(tmp_path, "a.000001.log", line(0, "old"))
    put(tmp_path, "a.000002.log", line(0, "old"), line(10, "new"))
    os.utime(tmp_path / "a.000001.log", (NOW.timestamp(), NOW.timestamp()))

    async def read():
        since = NOW + timedelta(seconds=10)
        logs = read_logs(tmp_path, SystemClock(), since=since, follow=False)
        return [one.rpartition(" ")[2] async for one in logs]

    assert asyncio.run(read()) == ["new"]


def test_events_fill_five_segments_and_no_more(tmp_path):
    for _ in range(12):
        append_event(tmp_path, NOW, "rollout", "x" * 600_000)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [f"system.{number:06}.log" for number in range(2, 7)]
