"""What closes a release to a rack: ``fact=a|b`` are matches, and what is known of the rack."""

import pytest

from convox.feed.condition import Condition, Match, closures

RACK = {
    "engine": frozenset({"local"}),
    "python": frozenset({"3.12"}),
    "instances": frozenset({"3"}),
    "resources": frozenset({"postgres", "redis"}),
    "distribution": frozenset[str](),
    "architecture": frozenset({"aarch64"}),
}


def conditioned(matches: str, **more) -> Condition:
    pairs = [each.split("=", 1) for each in matches.split()]
    found = tuple(Match(fact=fact, values=tuple(values.split("|"))) for fact, values in pairs)
    return Condition(name="frost", why="it forgets apps", matches=found, **more)


@pytest.mark.parametrize(
    "matches",
    [
        "engine=local",
        "engine=swarm|local",
        "resources=redis",
        "engine=local resources=mysql|postgres",
        "python=>=3.9 python=<3.13",
        "instances=<=3",
        "",
    ],
)
def test_release_is_closed_when_all_matches_hold(matches):
    (closure,) = closures([conditioned(matches)], RACK)
    assert closure.why == "condition frost: it forgets apps"


@pytest.mark.parametrize(
    "matches",
    [
        "engine=swarm",
        "engine=local resources=mysql",
        "python=<3.9",
        "python=>3.12",
        "instances=3.1",
        "distribution=debian",
        "phase=moon engine=swarm",
        "python=>=3.9 python=<3.12",
    ],
)
def test_release_is_open_when_one_match_does_not_hold(matches):
    assert closures([conditioned(matches)], RACK) == ()


@pytest.mark.parametrize(
    ("matches", "unknown"),
    [
        ("phase=moon", "phase"),
        ("engine=local phase=moon mood=glad", "mood, phase"),
        ("architecture=>3", "architecture"),
        ("python=>three", "python"),
    ],
)
def test_release_is_closed_when_that_cannot_be_judged(matches, unknown):
    (closure,) = closures([conditioned(matches)], RACK)
    assert closure.why.endswith(f"it forgets apps (cannot be judged here: {unknown})")


def test_closure_is_for_those_who_come_from_an_origin():
    closed, all_ways = closures(
        [
            conditioned("engine=local", origins=("20260101000000",)),
            conditioned("engine=local", url="https://feed.test/frost"),
        ],
        RACK,
    )
    assert closed.closes("20260101000000")
    assert not closed.closes("20260102000000")
    assert all_ways.closes("20260102000000")
    assert all_ways.why.endswith("it forgets apps, see https://feed.test/frost")
