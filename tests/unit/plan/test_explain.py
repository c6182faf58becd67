"""What a person reads before an update."""

from dataclasses import replace

from convox.feed.release import Redeploy
from convox.plan.estimate import Interval
from convox.plan.explain import explain, foresee
from convox.plan.plan import Hop, Move, Plan

A, B, D = "20260101000000", "20260102000000", "20260104000000"


def hop(**changes) -> Hop:
    members = {
        "origin": A,
        "target": B,
        "steps": ("fetch", "commit"),
        "rolls_instances": False,
        "migrations": (),
        "notes": "Faster.\nAnd smaller.",
        "redeploy": (),
        "is_stop": False,
        "why_stop": "",
    }
    return Hop(**{**members, **changes})


def test_every_hop_is_told_when_the_plan_stops_short():
    redeploy = (Redeploy(feature="timers", reason="they are read at build time"),)
    stop = hop(
        rolls_instances=True,
        migrations=("usage: from epoch 1 to 1 and 2",),
        redeploy=redeploy,
        is_stop=True,
        why_stop="usage 2 beside 1",
    )
    reason = f"{B} is required before {D}: usage 2 beside 1"
    plan = Plan(running=A, target=B, wanted=D, hops=(stop,), stops_at=(B,), reason=reason)
    assert explain(plan) == (
        f"From {A} to {B}, 1 hop",
        f"1. {A} -> {B} (required: usage 2 beside 1)",
        "   Faster.",
        "   And smaller.",
        "   steps: fetch commit",
        "   migrates usage: from epoch 1 to 1 and 2",
        "   instances: replaced one after another; processes move start-first",
        "   redeploy apps for timers: they are read at build time",
        reason,
        f"Update again to go on to {D}",
    )


def test_instances_are_said_to_stay_when_they_do():
    hops = (hop(), hop(origin=B, target=D, notes=""))
    plan = Plan(running=A, target=D, wanted=D, hops=hops, stops_at=(), reason="")
    lines = explain(plan)
    assert lines[0] == f"From {A} to {D}, 2 hops"
    assert lines[-1] == "   instances: stay, and no process is touched"
    assert sum("instances: stay" in line for line in lines) == 2


def test_what_a_roll_moves_is_told_with_its_interruption():
    moves = (
        Move(app="hello", service="web", processes=2),
        Move(app="hello", service="job", processes=1, seconds=6, why="a singleton ends first"),
    )
    lost = f"from {B} there is no way back to {A}, which cannot read what it keeps (usage)"
    rolling = hop(rolls_instances=True, contracts=("usage: epoch 1",), notes="")
    plan = Plan(
        running=A,
        target=B,
        wanted=B,
        hops=(rolling,),
        stops_at=(),
        reason="",
        machines=3,
        moves=moves,
        no_return=lost,
    )
    assert explain(plan)[3:] == (
        "   its commit lets go of usage: epoch 1",
        "   instances: replaced one after another; processes move start-first",
        "Rolls 3 instances, and moves",
        "   hello/web: 2 processes, no interruption",
        "   hello/job: 1 process, 6 s of interruption: a singleton ends first",
        f"Point of no return: {lost}",
    )
    assert "Rolls 3 instances" in explain(replace(plan, moves=()))


def test_the_way_back_does_not_ask_to_go_on():
    plan = Plan(running=D, target=B, wanted=A, hops=(hop(origin=D),), stops_at=(), reason="why")
    assert explain(plan)[-1] == "why"


def test_what_comes_after_is_foreseen():
    plan = Plan(running=A, target=B, wanted=D, hops=(hop(),), stops_at=(), reason="why")
    rest = (hop(origin=B, target=D), hop(origin=D, target="x", is_stop=True, why_stop="by hand"))
    assert foresee(plan, rest, Interval(low=6.4, high=20)) == (
        f"Then, by another update: {B} -> {D}",
        f"Then, by another update: {D} -> x (required: by hand)",
        "Should take 6 to 20 s",
        f"Plan {plan.hash[:12]}; `--approve {plan.hash[:12]}` carries out this and no other",
    )
