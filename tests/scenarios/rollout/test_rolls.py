"""Rolls of instances that something gets in the way of; ``play`` says how a scenario is read."""

import asyncio

import pytest
from tests.scenarios.rollout.play import Scenario, play

SCENARIOS = (
    Scenario(
        name="a worker moves start first",
        lines="""
        deploy 1 worker:1:worker | +1@a =1@a
        image img-2              | +d =d -b ~b +e .b =e -c ~c +f .c =f -a +1@f =1@f -1@a ~1@a .1@a
                                 | ~a .a
        """,
    ),
    Scenario(
        name="copies that were apart stay apart",
        lines="""
        deploy 1 web:3 | +1@a +1@b +1@c =1@a =1@b =1@c
        image img-2    | +d =d -a +1@d =1@d -1@a +e ~1@a .1@a ~a .a =e -b +1@e =1@e -1@b +f ~1@b
                       | .1@b ~b .b =f -c +1@f =1@f -1@c ~1@c .1@c ~c .c
        """,
    ),
    Scenario(
        name="two at a time, when a batch is two",
        lines="""
        deploy 1 web:3 | +1@a +1@b +1@c =1@a =1@b =1@c
        batch 2        |
        image img-2    | +d +e =d =e -a -b +1@e +1@d =1@e =1@d -1@a -1@b +f ~1@a ~1@b .1@a .1@b ~a
                       | ~b .a .b =f -c +1@f =1@f -1@c ~1@c .1@c ~c .c
        """,
    ),
    Scenario(
        name="one at a time, when a limit leaves room for one",
        lines="""
        deploy 1 web:3 | +1@a +1@b +1@c =1@a =1@b =1@c
        batch 2        |
        limit 4        |
        image img-2    | +d =d -a +1@d =1@d -1@a ~1@a .1@a ~a .a +e =e -b +1@e =1@e -1@b ~1@b .1@b
                       | ~b .b +f =f -c +1@f =1@f -1@c ~1@c .1@c ~c .c
        """,
    ),
    Scenario(
        name="a stream shorter than the drain time holds nothing up, and is not cut",
        lines="""
        deploy 1 web:1 | +1@a =1@a
        count 1        | -b -c ~b ~c .b .c
        use 25         |
        image img-2    | +d =d -a +1@d =1@d -1@a ~1@a .1@a ~a .a
        """,
    ),
    Scenario(
        name="the last stream outlasts the drain time, and the roll is done without it",
        lines="""
        deploy 1 web:1       | +1@a =1@a
        wait 1 use 500       |
        wait 100 image img-2 | +d =d -b ~b +e .b =e -c ~c +f .c =f -a +1@f =1@f -1@a
        """,
    ),
    Scenario(
        name="a stream outlasts the drain time, and no further instance is taken",
        lines="""
        deploy 1 web:1:brief x:1 y:1 | +1@a +1@b +1@c =1@a =1@b =1@c
        wait 1 use 500             |
        wait 300 image img-2       | +d =d -a +1@d =1@d -1@a +e =e
        """,
        waits="1 of app app has requests or streams open on a",
    ),
    Scenario(
        name="a stream that stopped a roll ends",
        lines="""
        deploy 1 web:1:brief x:1 y:1 | +1@a +1@b +1@c =1@a =1@b =1@c
        wait 1 use 100             |
        wait 90 image img-2        | +d =d -a +1@d =1@d -1@a +e =e
        wait 60                    | ~1@a -b +1@e .1@a ~a .a =1@e -1@b +f ~1@b .1@b ~b .b =f -c +1@f
                                   | =1@f -1@c ~1@c .1@c ~c .c
        """,
    ),
    Scenario(
        name="a person cuts a stream that stopped a roll",
        lines="""
        deploy 1 web:1:brief x:1 y:1 | +1@a +1@b +1@c =1@a =1@b =1@c
        wait 1 use 500             |
        wait 90 image img-2        | +d =d -a +1@d =1@d -1@a +e =e
        stop a                     | -b +1@e .1@a ~a .a =1@e -1@b +f ~1@b .1@b ~b .b =f -c +1@f =1@f
                                   | -1@c ~1@c .1@c ~c .c
        """,
        cut=1,
    ),
    Scenario(
        name="a deploy takes the place of what a stream is open on",
        lines="""
        deploy 1 web:1:brief x:1 y:1 | +1@a +1@b +1@c =1@a =1@b =1@c
        wait 1 use 500             |
        wait 90 image img-2        | +d =d -a +1@d =1@d -1@a +e =e
        deploy 2 web:1:brief x:1 y:1 | -b ~1@a +2@e +2@e +2@d .1@a ~a .a =2@e =2@e =2@d -1@b -1@c
                                   | -1@d +f ~1@b ~1@c ~1@d .1@b .1@c .1@d ~b .b =f -c ~c .c
        """,
        cut=1,
    ),
    Scenario(
        name="a singleton ends after its drain time, so that another one can start",
        lines="""
        deploy 1 web:1:singleton x:1 y:1 | +1@a +1@b +1@c =1@a =1@b =1@c
        wait 1 use 500             |
        image img-2                | +d =d -a -1@a +e =e -b +1@e =1@e -1@b +f ~1@b .1@b ~b .b =f -c
                                   | +1@f =1@f -1@c ~1@c .1@c ~c .c ~1@a .1@a ~a +1@d .a =1@d
        """,
        cut=1,
    ),
    Scenario(
        name="a process does not become healthy, and no further instance is taken",
        lines="""
        deploy 1 web:3       | +1@a +1@b +1@c =1@a =1@b =1@c
        batch 2              |
        behave 1 hangs       |
        wait 100 image img-2 | +d +e =d =e -a -b +1@e +1@d
        """,
        waits="1 of app app is not healthy on e (its health check fails)",
    ),
    Scenario(
        name="a person stops a process that does not become healthy, and the next one does",
        lines="""
        deploy 1 web:1       | +1@a =1@a
        count 1              | -b -c ~b ~c .b .c
        behave 1 hangs       |
        wait 100 image img-2 | +d =d -a +1@d
        wait 1 behave 1 well |
        stop d               | +1@d ~1@d =1@d .1@d -1@a ~1@a .1@a ~a .a
        """,
    ),
    Scenario(
        name="a singleton does not become healthy, and no further instance is taken",
        lines="""
        deploy 1 web:1:singleton x:1 y:1 | +1@a +1@b +1@c =1@a =1@b =1@c
        behave 1 hangs             |
        wait 100 image img-2       | +d =d -a -1@a +e ~1@a .1@a ~a +1@d .a =e -b +1@e
        """,
        waits="1 of app app is not healthy on d (its health check fails)",
    ),
    Scenario(
        name="turned back, a roll keeps the old instances it still has",
        lines="""
        deploy 1 web:2       | +1@a +1@b =1@a =1@b
        behave 1 hangs       |
        wait 100 image img-2 | +d =d -c ~c +e .c =e -a +1@e
        image img-1          | =a -d -1@e ~d +f .d ~1@e .1@e =f -e ~e .e
        """,
    ),
    Scenario(
        name="an image that does not boot is tried ever more rarely",
        lines="""
        deploy 1 web:1       | +1@a =1@a
        wait 64 broken img-2 | +d ~d .d
        wait 5               | +e
        wait 68              | ~e .e +f
        wait 5 mended        |
        rackd                | ~f .f +g =g -b ~b +h .b =h -c ~c +i .c =i -a +1@h =1@h -1@a ~1@a .1@a
                             | ~a .a
        """,
    ),
    Scenario(
        name="held, a roll of fewer instances lets what is too many go at once",
        lines="""
        deploy 1 web:3 | +1@a +1@b +1@c =1@a =1@b =1@c
        hold           |
        image img-2    |
        count 1        | -a -b +1@c +1@c =1@c =1@c -1@a -1@b ~1@a ~1@b .1@a .1@b ~a ~b .a .b
        release        | +d =d -c +1@d +1@d +1@d =1@d =1@d =1@d -1@c -1@c -1@c ~1@c ~1@c ~1@c .1@c
                       | .1@c .1@c ~c .c
        """,
    ),
    Scenario(
        name="held, a roll finishes what is in motion and takes nothing more",
        lines="""
        deploy 1 web:3     | +1@a +1@b +1@c =1@a =1@b =1@c
        wait 4 image img-2 | +d =d -a +1@d
        hold               | =1@d -1@a ~1@a .1@a ~a .a
        rackd              |
        kill c             | !c +e -1@c +1@d ~1@c =1@d ~c =e .c .1@c
        release            | +f =f -b +1@e =1@e -1@b ~1@b .1@b ~b .b
        """,
    ),
    Scenario(
        name="a cordoned instance gets nothing and is rolled last, and its cordon passes on",
        lines="""
        cordon b       |
        deploy 1 web:3 | +1@a +1@c +1@a =1@a =1@c =1@a
        rackd          |
        image img-2    | +d =d -c +1@d =1@d -1@c +e ~1@c .1@c ~c .c =e -a +1@e +1@d =1@e =1@d -1@a
                       | -1@a +f ~1@a ~1@a .1@a .1@a ~a .a =f -b ~b .b
        scale web 6    | +1@e +1@e +1@d =1@e =1@e =1@d
        """,
    ),
    Scenario(
        name="a cordon passes once, also when the roll is turned back",
        lines="""
        cordon a            |
        deploy 1 web:2      | +1@b +1@c =1@b =1@c
        wait 11 image img-2 | +d =d -b +1@d =1@d -1@b +e ~1@b .1@b ~b .b =e -c +1@e =1@e -1@c +f
                            | ~1@c .1@c ~c .c
        image img-1         | -f ~f +g .f =g -e +1@g =1@g -1@e +h ~1@e .1@e ~e .e =h -d +1@h =1@h
                            | -1@d ~1@d .1@d ~d .d
        scale web 5         | +1@h +1@g +1@g =1@h =1@g =1@g
        """,
    ),
    Scenario(
        name="where all are cordoned a roll still has one to move to",
        lines="""
        deploy 1 web:1 | +1@a =1@a
        cordon a       |
        cordon b       |
        cordon c       |
        image img-2    | +d =d -b ~b +e .b =e -c ~c +f .c =f -a +1@d =1@d -1@a ~1@a .1@a ~a .a
        """,
    ),
    Scenario(
        name="what has nowhere to go stays where it is, and says so",
        lines="""
        deploy 1 web:1  | +1@a =1@a
        count 1         | -b -c ~b ~c .b .c
        wait 5 retire a | +d =d +1@d =1@d -1@a ~1@a
        """,
    ),
    Scenario(
        name="of instances too many those that are cordoned go first",
        lines="""
        deploy 1 web:1 | +1@a =1@a
        cordon a       |
        count 2        | -a +1@b =1@b -1@a ~1@a .1@a ~a .a
        """,
    ),
    Scenario(
        name="an instance that a person terminates in a roll is replaced like the others",
        lines="""
        deploy 1 web:3     | +1@a +1@b +1@c =1@a =1@b =1@c
        wait 4 image img-2 | +d =d -a +1@d
        retire b           | +e +1@d =1@d -1@a ~1@a =1@d -1@b +f ~1@b .1@a ~a .a .1@b ~b .b =e =f -c
                           | +1@f =1@f -1@c ~1@c .1@c ~c .c
        """,
    ),
    Scenario(
        name="a new instance that dies in a roll is replaced, and its processes as well",
        lines="""
        deploy 1 web:2     | +1@a +1@b =1@a =1@b
        wait 8 image img-2 | +d =d -c ~c +e .c =e -a +1@e =1@e -1@a
        kill d             | !d +f +g ~1@a .1@a ~a .a =f ~d =g -b .d +1@g =1@g -1@b ~1@b .1@b ~b .b
        """,
    ),
    Scenario(
        name="fewer instances are wanted in the middle of a roll",
        lines="""
        deploy 1 web:3     | +1@a +1@b +1@c =1@a =1@b =1@c
        wait 4 image img-2 | +d =d -a +1@d
        count 1            | -b -c +1@d +1@d =1@d -1@a ~1@a =1@d =1@d -1@b -1@c .1@a ~a ~1@b ~1@c .a
                           | .1@b .1@c ~b ~c .b .c
        """,
    ),
    Scenario(
        name="more instances are wanted in the middle of a roll",
        lines="""
        deploy 1 web:1     | +1@a =1@a
        wait 4 image img-2 | +d =d -b ~b +e .b
        count 5            | +f +g =e =f =g -c ~c +h .c =h -a +1@f =1@f -1@a ~1@a .1@a ~a .a
        """,
    ),
    Scenario(
        name="another image is wanted in the middle of a roll",
        lines="""
        deploy 1 web:3     | +1@a +1@b +1@c =1@a =1@b =1@c
        wait 8 image img-2 | +d =d -a +1@d =1@d -1@a +e ~1@a .1@a ~a .a =e -b
        image img-3        | +1@e =1@e -1@b +f ~1@b .1@b ~b .b =f -e +1@f =1@f -1@e +g ~1@e .1@e ~e
                           | .e =g -d +1@g =1@g -1@d +h ~1@d .1@d ~d .d =h -c +1@h =1@h -1@c ~1@c
                           | .1@c ~c .c
        """,
    ),
)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_roll_comes_to_its_end_when(scenario: Scenario) -> None:
    asyncio.run(play(scenario))
