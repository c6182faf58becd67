"""What people ask for on the left, what then happens on the right.

``+`` begins, ``=`` is healthy or ready, ``-`` is unwanted, ``~`` ends, ``.`` is gone, ``!`` is
lost; ``2@b`` is a process of release 2 on the second instance, ``d`` is the fourth instance.
A line that begins with ``|`` goes on with the one before.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from convox.rollout.desired import DesiredService
from convox.state.database import Database
from convox.testing.program import Behaviour
from convox.testing.rollout import SimulatedRollout, service

_BEHAVIOURS: Mapping[str, Behaviour] = {
    "crashes": Behaviour(crash_after=0.5),
    "hangs": Behaviour(healthy_after=None),
    "slow": Behaviour(healthy_after=20),
}
_SETTINGS: Mapping[str, Mapping[str, object]] = {
    "singleton": {"singleton": True, "minimum": 0, "maximum": 100},
    "agent": {"agent": True, "minimum": 0, "maximum": 100},
    "tight": {"minimum": 50, "maximum": 100},
    "worker": {"scheme": None, "hosts": ()},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Lines of ``what is asked | what happens``, on a rack whose instances a, b, c are ready."""

    name: str
    lines: str
    state: str = "done"


SCENARIOS = (
    Scenario(
        name="a deploy of two starts both beside the old ones, and then drains these",
        lines="""
        deploy 1 web:2 | +1@a +1@b =1@a =1@b
        deploy 2 web:2 | +2@a +2@c =2@a =2@c -1@a -1@b ~1@a ~1@b .1@a .1@b
        """,
    ),
    Scenario(
        name="a single copy moves without a gap when its instance is rolled",
        lines="""
        deploy 1 web:1 | +1@a =1@a
        image img-2    | +d =d -b ~b +e .b =e -c ~c +f .c =f -a +1@f =1@f -1@a ~1@a .1@a ~a .a
        """,
    ),
    Scenario(
        name="without room for more, half of the old ones go first",
        lines="""
        deploy 1 web:4:tight | +1@a +1@a +1@b +1@c =1@a =1@a =1@b =1@c
        deploy 2 web:4:tight | -1@a -1@a +2@a +2@b ~1@a ~1@a .1@a .1@a =2@a =2@b -1@b -1@c +2@c
                             | +2@a ~1@b ~1@c .1@b .1@c =2@c =2@a
        """,
    ),
    Scenario(
        name="a singleton stops before it starts again",
        lines="""
        deploy 1 web:1:singleton | +1@a =1@a
        deploy 2 web:1:singleton | -1@a ~1@a .1@a +2@a =2@a
        image img-2            | +d =d -b ~b +e .b =e -c ~c +f .c =f -a -2@a ~2@a .2@a ~a +2@f .a
                               | =2@f
        """,
    ),
    Scenario(
        name="a singleton on a lost instance waits until that is surely gone",
        lines="""
        deploy 1 web:1:singleton | +1@a =1@a
        kill a                 | !a +d -1@a ~1@a ~a =d .a .1@a +1@d =1@d
        """,
    ),
    Scenario(
        name="an agent runs once on every instance, on new ones as well",
        lines="""
        deploy 1 web:1:agent | +1@a +1@b +1@c =1@a =1@b =1@c
        image img-2          | +d =d -a +1@d -1@a +e ~1@a =1@d .1@a ~a .a =e -b +1@e -1@b +f ~1@b
                             | =1@e .1@b ~b .b =f -c +1@f -1@c ~1@c =1@f .1@c ~c .c
        """,
    ),
    Scenario(
        name="a release that crashes at its start is taken back and not multiplied",
        lines="""
        deploy 1 web:2   | +1@a +1@b =1@a =1@b
        behave 2 crashes |
        deploy 2 web:2   | +2@a +2@c -2@a -2@c ~2@a ~2@c .2@a .2@c
        """,
        state="reverted",
    ),
    Scenario(
        name="a release that does not become healthy in time is taken back",
        lines="""
        deploy 1 web:1 | +1@a =1@a
        behave 2 hangs |
        deploy 2 web:1 | +2@b -2@b ~2@b .2@b
        """,
        state="reverted",
    ),
    Scenario(
        name="a first release that crashes leaves nothing",
        lines="""
        behave 1 crashes |
        deploy 1 web:1   | +1@a -1@a ~1@a .1@a
        """,
        state="reverted",
    ),
    Scenario(
        name="a lost instance is replaced, and its processes start elsewhere at once",
        lines="""
        deploy 1 web:3 | +1@a +1@b +1@c =1@a =1@b =1@c
        kill b         | !b +d -1@b +1@a ~1@b =1@a ~b =d .b .1@b
        """,
    ),
    Scenario(
        name="an instance killed in the middle of a roll changes nothing about its end",
        lines="""
        deploy 1 web:3     | +1@a +1@b +1@c =1@a =1@b =1@c
        wait 3 image img-2 | +d
        kill b             | !b =d +e -1@b +1@d ~1@b =1@d ~b =e -a .b .1@b +1@e =1@e -1@a +f ~1@a
                           | .1@a ~a .a =f -c +1@f =1@f -1@c ~1@c .1@c ~c .c
        """,
    ),
    Scenario(
        name="a service scaled to nothing drains, and comes back",
        lines="""
        deploy 1 web:2 worker:1:worker | +1@a +1@b +1@c =1@a =1@b =1@c
        scale web 0            | -1@a -1@b ~1@a ~1@b .1@a .1@b
        scale web 1            | +1@a =1@a
        """,
    ),
    Scenario(
        name="a service that a release does not have any more drains",
        lines="""
        deploy 1 web:1 worker:1:worker | +1@a +1@b =1@a =1@b
        deploy 2 web:1         | -1@b +2@c ~1@b .1@b =2@c -1@a ~1@a .1@a
        """,
    ),
    Scenario(
        name="a deploy during a deploy goes on from what last was in effect",
        lines="""
        deploy 1 web:1        | +1@a =1@a
        behave 2 hangs        |
        wait 2 deploy 2 web:1 | +2@b
        deploy 3 web:1        | -2@b +3@b ~2@b .2@b =3@b -1@a ~1@a .1@a
        """,
    ),
    Scenario(
        name="a restart replaces every process, start first",
        lines="""
        deploy 1 web:2 | +1@a +1@b =1@a =1@b
        restart        | +1@a +1@c =1@a =1@c -1@a -1@b ~1@a ~1@b .1@a .1@b
        """,
    ),
    Scenario(
        name="an instance that a person terminates is emptied first, and replaced",
        lines="""
        deploy 1 web:1 | +1@a =1@a
        retire a       | +d +1@b =1@b -1@a ~1@a .1@a ~a .a =d
        """,
    ),
    Scenario(
        name="fewer instances: the emptiest retires",
        lines="""
        deploy 1 web:2 | +1@a +1@b =1@a =1@b
        count 2        | -c ~c .c
        """,
    ),
    Scenario(
        name="an image that does not boot is given up without touching what runs",
        lines="""
        deploy 1 web:1       | +1@a =1@a
        wait 70 broken img-2 | +d ~d .d +e
        image img-1          | -e ~e .e
        """,
    ),
    Scenario(
        name="a slow start is waited for",
        lines="""
        deploy 1 web:1 | +1@a =1@a
        behave 2 slow  |
        deploy 2 web:1 | +2@b =2@b -1@a ~1@a .1@a
        """,
    ),
)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_what_happens_is_as_told_when(scenario: Scenario) -> None:
    asyncio.run(_play(scenario))


async def _play(scenario: Scenario) -> None:
    rollout = SimulatedRollout(database=Database("sqlite:///:memory:"))
    await rollout.settle()
    rollout.take_trace()
    for asked, expected in _lines(scenario):
        await _ask(rollout, asked.split())
        assert rollout.take_trace() == expected, asked
    assert rollout.state("app")[0] == scenario.state
    assert rollout.router.violations == []


def _lines(scenario: Scenario) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for line in filter(None, map(str.strip, scenario.lines.splitlines())):
        asked, _, expected = map(str.strip, line.partition("|"))
        if asked:
            found.append((asked, expected))
        else:
            found[-1] = (found[-1][0], f"{found[-1][1]} {expected}")
    return found


async def _ask(rollout: SimulatedRollout, words: list[str]) -> None:
    """Carry out one line; ``wait SECONDS`` before it cuts short what would else settle."""
    match words:
        case ["wait", seconds, *rest]:
            _carry_out(rollout, rest)
            await rollout.pass_time(float(seconds))
        case _:
            _carry_out(rollout, words)
            await rollout.settle()


def _carry_out(rollout: SimulatedRollout, words: list[str]) -> None:
    instances = {chr(ord("a") + n): item.id for n, item in enumerate(rollout.instances())}
    match words:
        case ["deploy", release, *services]:
            rollout.deploy("app", release, *map(_service, services))
        case ["scale", name, count]:
            rollout.scale("app", name, int(count))
        case ["restart"]:
            rollout.restart("app")
        case ["kill", letter]:
            rollout.engine.kill(instances[letter])
        case ["retire", letter]:
            rollout.retire(instances[letter])
        case _:
            _set(rollout, words)


def _set(rollout: SimulatedRollout, words: list[str]) -> None:
    match words:
        case ["behave", release, behaviour]:
            rollout.behaviours[release] = _BEHAVIOURS[behaviour]
        case ["image", image]:
            rollout.image, rollout.engine.boot = image, 3
        case ["broken", image]:
            rollout.image, rollout.engine.boot = image, 1e6
        case ["count", count]:
            rollout.count = int(count)
        case _:
            raise AssertionError(words)


def _service(text: str) -> DesiredService:
    name, count, *settings = text.split(":")
    return service(
        name, int(count), **{k: v for key in settings for k, v in _SETTINGS[key].items()}
    )
