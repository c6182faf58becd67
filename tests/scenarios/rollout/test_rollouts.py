"""Deploys, scaling, restarts and lost instances; ``play`` says how a scenario is read."""

import asyncio

import pytest
from tests.scenarios.rollout.play import Scenario, play

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
        name="an agent that no instance is there to run has not shown that it can",
        lines="""
        count 1                      | -a -b ~a ~b .a .b
        deploy 1 web:1:agent         | +1@c =1@c
        behave 2 crashes             |
        wait 1 kill c                | !c +d -1@c ~1@c
        wait 60 deploy 2 web:1:agent | ~c =d .c +2@d .1@c -2@d ~2@d .2@d +1@d =1@d
        """,
        state="reverted",
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
    asyncio.run(play(scenario))
