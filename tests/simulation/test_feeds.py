"""Racks that follow random feeds: no plan that is accepted loses what a rack keeps."""

import random

import pytest
from tests.simulation.feeds import Rack, RandomFeed, passes, reaches, required
from tests.simulation.seeds import number, seeds

from convox.errors import UserError
from convox.feed.index import STABLE, latest
from convox.feed.release import RackRelease

_GRAPHS, _LONG = number("GRAPHS", 1_000), number("GRAPHS", 100_000)
_UPDATES = 12


def follow(seed: int) -> str:
    """Have a rack follow a feed as long as anything is offered; return what is broken."""
    dice = random.Random(f"feed {seed}")
    feed = RandomFeed(dice, is_sane=dice.random() < 0.7)
    for _ in range(dice.randint(2, 7)):
        feed.grow()
    rack = Rack(_installed(dice, feed))
    try:
        for _ in range(_UPDATES):
            _update(dice, feed, rack)
            if dice.random() < 0.3:
                dice.choice((feed.grow, feed.change))()
    except AssertionError as error:
        return f"seed {seed}: {error}"
    return ""


def _installed(dice: random.Random, feed: RandomFeed) -> RackRelease:
    """Return what the rack was installed with: mostly something that the feed knows."""
    if dice.random() < 0.9:
        return feed.releases[dice.choice(sorted(feed.releases)[:2])]
    return RandomFeed(dice, feed.is_sane)._release("20260101000005", None)


def _update(dice: random.Random, feed: RandomFeed, rack: Rack) -> None:
    through = dice.random() < 0.3
    target = dice.choice((None, None, None, *sorted(feed.releases)))
    stops = required(feed, rack.running)
    made = rack.plan(feed, target, through=through)
    if isinstance(made, UserError):
        _check_refusal(feed, rack, target, made)
        return
    assert through or len(made.hops) == 1, "one hop at a time, unless asked"
    assert made.hops[0].origin == rack.running.version
    for hop in made.hops:
        before, after = rack.running, feed.releases[hop.target]
        assert hop.origin == before.version
        passed = [stop for stop in stops if passes(stop, hop.origin, hop.target)]
        assert not passed or hop.target < hop.origin, f"{hop.origin} to {hop.target}: {passed}"
        has_changed = sorted(before.components) != sorted(after.components)
        assert ("components" in hop.steps) == has_changed
        rack.make(hop, after)
    assert rack.running.version == made.target
    assert bool(made.reason) == (made.target != made.wanted), "it says why it stops before"
    assert rack.agents.images["local"] == rack.running.images["local"]


def _check_refusal(feed: RandomFeed, rack: Rack, target: str | None, why: UserError) -> None:
    newest = latest(feed.index, STABLE)
    if target is None and newest is not None and newest > rack.running.version:
        assert not reaches(feed, rack, newest), f"there is a way, and yet: {why}"
    assert str(why).startswith("cannot ")


@pytest.mark.parametrize("some", seeds(_GRAPHS, each=500, long=_LONG, each_long=5_000))
def test_no_accepted_plan_lets_go_of_what_a_rack_needs(some: range) -> None:
    assert [broken for seed in some if (broken := follow(seed))] == []
