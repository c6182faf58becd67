"""What processes say is kept, merged and followed."""

import asyncio
import re
from datetime import UTC, datetime

import pytest
from tests.contract.engine.laboratory import EVER

FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (service/[\w-]+/[\w-]+|system/\w+) .*")


def test_lines_have_the_form_that_all_parts_share(rack):
    async def scenario():
        process = await rack.start("count", "3", scheme=None)
        await rack.line("line 2")
        lines = await rack.lines()
        assert all(FORM.fullmatch(line) for line in lines)
        said = [line.partition(" ")[2] for line in lines if "service/" in line]
        assert said == [f"service/web/{process} line {number}" for number in range(3)]

    asyncio.run(scenario())


def test_the_lines_of_many_processes_come_in_order(rack):
    async def scenario():
        instance = await rack.launch()
        for _ in range(3):
            process = await rack.start("count", "300", scheme=None, instance=instance)
            await rack.healthy(process)
        lines = [line for line in await rack.lines() if "line" in line]
        assert len(lines) == 900
        assert [line[:20] for line in lines] == sorted(line[:20] for line in lines)

    asyncio.run(scenario())


def test_following_sees_new_lines_and_new_processes(rack):
    async def scenario():
        instance = await rack.launch()
        first = await rack.start("tick", scheme=None, instance=instance)
        second, seen = None, set()
        async with asyncio.timeout(30):
            async for line in rack.engine.logs("demo", since=EVER, follow=True):
                seen.add(line.split(" ")[1].rpartition("/")[2])
                if second is None:
                    second = await rack.start("tick", scheme=None, instance=instance)
                if {first, second} <= seen:
                    break

    asyncio.run(scenario())


def test_lines_before_a_moment_are_left_out(rack):
    async def scenario():
        await rack.start("tick", scheme=None)
        first = await rack.line("tick 0")
        moment = datetime.strptime(first[:20], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        await rack.line("tick 50")
        since = moment.replace(microsecond=0)
        later = max(line[:20] for line in await rack.lines())
        cut = datetime.strptime(later, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        all_lines = [line async for line in rack.engine.logs("demo", since=since, follow=False)]
        late_lines = [line async for line in rack.engine.logs("demo", since=cut, follow=False)]
        assert first in all_lines
        assert first not in late_lines
        assert late_lines

    asyncio.run(scenario())


def test_an_app_without_lines_has_none(rack):
    assert asyncio.run(rack.lines("nobody")) == []


def test_any_bytes_become_lines(rack):
    async def scenario():
        process = await rack.start("garble", scheme=None)
        await rack.line("after")
        await rack.engine.stop(process, grace=5)
        await rack.gone(process)
        said = [line.split(" ", 2)[2] for line in await rack.lines() if "service/" in line]
        assert said[0] == "\ufffd\ufffdgarbage"
        assert "".join(said[1:4]) == "x" * 40000
        assert said[4:] == ["after", "no end"]

    asyncio.run(scenario())


def test_lines_survive_the_instance(rack):
    async def scenario():
        instance = await rack.launch()
        await rack.start("count", "3", scheme=None, instance=instance)
        await rack.line("line 2")
        await rack.engine.terminate(instance)
        assert any(line.endswith("line 2") for line in await rack.lines())

    asyncio.run(scenario())


def test_events_of_the_rack_stand_among_the_lines(rack):
    async def scenario():
        rack.engine.append_event("demo", "rollout", "web has been\nreplaced")
        (line,) = await rack.lines()
        assert FORM.fullmatch(line)
        assert line.endswith(" system/rollout web has been replaced")

    asyncio.run(scenario())


@pytest.mark.parametrize("status", [0, 9])
def test_the_end_of_a_process_is_told_in_its_apps_log(rack, status):
    async def scenario():
        process = await rack.start("fail", str(status), "bye", scheme=None)
        line = await rack.line("starting it again")
        assert line.partition(" ")[2] == (
            f"system/agent {process} exited with status {status}: bye; starting it again in 0.5 s"
        )

    asyncio.run(scenario())
