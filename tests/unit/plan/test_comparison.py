"""A plan that is not the one that was agreed to says how it differs."""

from dataclasses import replace

import pytest

from convox.plan.comparison import differences
from convox.plan.plan import Hop, Move, Plan

A, B, D = "20260101000000", "20260102000000", "20260104000000"
MOVE = "processes with 0 s of interruption"
HOP = Hop(
    origin=A,
    target=B,
    steps=("fetch", "commit"),
    rolls_instances=False,
    migrations=(),
    notes="",
    redeploy=(),
    is_stop=False,
    why_stop="",
)
AGREED = Plan(
    running=A,
    target=B,
    wanted=B,
    hops=(HOP,),
    stops_at=(),
    reason="",
    machines=3,
    moves=(Move(app="hello", service="web", processes=2),),
)

CHANGES = {
    "nothing": ({}, ()),
    "another beginning": ({"running": D}, (f"it begins at {D} and not at {A}",)),
    "another way": (
        {"hops": (replace(HOP, target=D),)},
        (f"it goes to {D} and not to {B}",),
    ),
    "a longer way": (
        {"hops": (HOP, replace(HOP, target=D))},
        (f"it goes to {B}, {D} and not to {B}",),
    ),
    "other steps": (
        {"hops": (replace(HOP, steps=("fetch",)),)},
        (f"the hop to {B} has the steps fetch and not fetch commit",),
    ),
    "other notes": (
        {"hops": (replace(HOP, notes="new"),)},
        (f"the hop to {B} is described otherwise by the feed",),
    ),
    "more machines": ({"machines": 4}, ("it rolls 4 instances and not 3",)),
    "one machine": ({"machines": 1}, ("it rolls 1 instance and not 3",)),
    "a process more": (
        {"moves": (Move(app="hello", service="web", processes=3),)},
        (f"hello/web moves 3 {MOVE} and not 2 {MOVE}",),
    ),
    "another app": (
        {"moves": (*AGREED.moves, Move(app="shop", service="web", processes=1, seconds=5))},
        ("shop/web moves 1 process with 5 s of interruption and not none",),
    ),
    "no way back": ({"no_return": "from B there is none"}, ("from B there is none",)),
}


@pytest.mark.parametrize(("changes", "said"), CHANGES.values(), ids=CHANGES)
def test_a_plan_says_how_it_differs_from_the_one_agreed_to(changes, said):
    now = replace(AGREED, **changes)
    assert differences(AGREED, now) == said
    assert (now.hash == AGREED.hash) is (said == ())
