"""A thousand racks that read one feed: it is never pressed, and a ramp reaches whom it should."""

import math
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from convox.control.automatic.offers import keeps_from
from convox.control.automatic.outlook import FeedState, Offer, Outlook
from convox.control.automatic.policy import Policy
from convox.feed.amendments import ramped, stopped, with_condition
from convox.feed.condition import Condition, Match
from convox.feed.index import Index
from convox.feed.ramp import cooled, position, reached, share
from convox.testing.fleet.load import (
    LOOK,
    Cost,
    Costs,
    Fleet,
    cold,
    questions,
    rates,
    returning,
    steady,
    taking,
)
from convox.testing.fleet.rollout import (
    VERSION,
    Kind,
    Rollout,
    Word,
    at,
    by,
    play,
    published,
)

INTERVAL, HOUR, DAY = 600.0, 3600, 86400.0
FLEET = Fleet(racks=1000, interval=INTERVAL)
ONE = Cost(requests=1, sent=10)
COSTS = Costs(
    first=Cost(requests=5, sent=1000), news=Cost(requests=4, sent=100), quiet=ONE, hop=ONE
)
EXPECTED = FLEET.racks / INTERVAL  # questions a second
HARMED = Kind(percent=3, facts={"distribution": frozenset({"debian-11"})})
CLOSED = Condition(
    name="old", why="it fails there", matches=(Match(fact="distribution", values=("debian-11",)),)
)


def rollout(*words: Word, delay: float = 0.0) -> Rollout:
    ordinary = {"distribution": frozenset({"debian-12"})}
    return Rollout(fleet=FLEET, words=words, kind=HARMED, ordinary=ordinary, delay=delay)


def of_ramp(days: int, **more: float) -> Rollout:
    return rollout(Word(at=0.0, entry=published(timedelta(days=days) if days else None)), **more)


def halted(moment: float) -> tuple[Word, Word]:
    """Return a ramp of a day that is stopped then."""
    entry = published(timedelta(days=1))
    return Word(at=0.0, entry=entry), Word(at=moment, entry=stopped(entry, at(moment)))


def test_a_feed_is_asked_evenly_and_as_often_as_the_interval_says():
    found = rates(steady(FLEET, COSTS, HOUR).requests)
    assert found.mean == pytest.approx(EXPECTED, rel=0.1)
    assert found.worst < 8 * EXPECTED


def test_racks_that_start_at_once_do_not_ask_at_once():
    seconds = cold(FLEET, COSTS, HOUR)
    asked = seconds.requests
    assert max(asked) < 8 * EXPECTED * COSTS.first.requests
    assert sum(seconds.sent) > FLEET.racks * COSTS.first.sent
    later = asked[2 * int(INTERVAL) :]
    assert sum(later) / len(later) == pytest.approx(EXPECTED, rel=0.1)


def test_a_feed_that_comes_back_is_asked_less_than_usual_and_soon_as_usual():
    asked = returning(FLEET, COSTS, 3 * HOUR, away=DAY).requests
    first, last = asked[: int(INTERVAL)], asked[2 * HOUR :]
    assert max(asked) < 8 * EXPECTED
    assert sum(first) / len(first) < EXPECTED
    assert sum(last) / len(last) == pytest.approx(EXPECTED, rel=0.1)


def test_each_rack_downloads_a_release_once():
    costs = replace(COSTS, news=Cost(requests=0, sent=0), quiet=Cost(requests=0, sent=0))
    assert sum(taking(FLEET, costs, HOUR, lambda _: 0.0).requests) == FLEET.racks
    line = published(timedelta(minutes=30)).ramp

    def opens(rack: int) -> float:
        moment = reached(line, position(f"rack-{rack}", VERSION))
        return (moment - at(0)).total_seconds()

    assert sum(taking(FLEET, costs, HOUR, opens).requests) == FLEET.racks


@pytest.mark.parametrize("days", [1, 3])
def test_a_release_spreads_as_its_ramp_says(days):
    taken = play(of_ramp(days))
    moments = sorted(taken.of_kind + taken.others)
    line, length = published(timedelta(days=days)).ramp, days * DAY
    assert len(moments) == FLEET.racks
    for number in range(1, 100):
        moment = length * number / 100
        percent = 100 * by(moments, moment) / FLEET.racks
        # Places are drawn: a thousand lie within four points of an even spread.
        assert percent == pytest.approx(share(line, at(moment)), abs=4)
    assert length - 0.05 * length < moments[-1] < length + 2 * LOOK


def test_a_cool_down_moves_a_ramp_and_does_not_end_it():
    soon, later = play(of_ramp(1)), play(of_ramp(1, delay=DAY))
    for one, other in zip(soon.others, later.others, strict=True):
        assert DAY - 1.5 * INTERVAL < other - one < 1.1 * DAY + 2 * LOOK


def test_racks_do_not_begin_at_once_when_their_cool_downs_end():
    moments = play(of_ramp(0, delay=DAY)).others
    busiest = max(by(moments, moment + 60) - by(moments, moment) for moment in moments)
    assert moments[0] >= DAY
    assert DAY * 1.09 < moments[-1] < DAY * 1.1 + 2 * LOOK
    assert busiest < 0.05 * FLEET.racks


def test_no_rack_takes_a_release_after_its_ramp_was_stopped():
    stop = 6.0 * HOUR
    taken = play(rollout(*halted(stop)))
    moments = sorted(taken.of_kind + taken.others)
    reached_so_far = by(moments, stop)
    assert reached_so_far == pytest.approx(FLEET.racks * stop / DAY, rel=0.2)
    assert moments[reached_so_far:] == [math.inf] * (FLEET.racks - reached_so_far)


def test_a_stop_also_holds_racks_back_that_were_cooling_down():
    taken = play(rollout(*halted(30.0 * HOUR), delay=DAY))
    moments = sorted(taken.of_kind + taken.others)
    assert 0 < by(moments, 30.0 * HOUR) == by(moments, 1e9) < FLEET.racks / 2


def test_a_condition_keeps_out_whom_a_release_harms_and_lets_all_others_go_on():
    stop, mended = 6.0 * HOUR, 10.0 * HOUR
    first, second = halted(stop)
    over = timedelta(hours=18)
    on = with_condition(ramped(second.entry, 25, over, at(mended)), CLOSED, Index())
    taken = play(rollout(first, second, Word(at=mended, entry=on)))
    assert 0 < by(taken.of_kind, stop) == by(taken.of_kind, 1e9) < len(taken.of_kind)
    assert by(taken.others, stop) == by(taken.others, mended)
    assert by(taken.others, mended + 18 * HOUR + 2 * INTERVAL) == len(taken.others)


def test_racks_asked_all_along_are_those_that_are_played_from_shortly_before():
    draw, opened = FLEET.draw(), 50 * INTERVAL
    longs = [
        next(moment for moment in questions(draw, INTERVAL) if moment >= opened) - opened
        for _ in range(20_000)
    ]
    shorts = play(of_ramp(0)).others
    assert sum(shorts) / len(shorts) == pytest.approx(sum(longs) / len(longs), rel=0.1)


@pytest.mark.parametrize("place", [0.0, 12.5, 50.0, 99.9])
def test_a_rack_takes_a_release_when_its_own_decision_says_so(place):
    policy = Policy()
    moment = reached(published(timedelta(days=1)).ramp, place)
    offer = Offer(version=VERSION, since=at(0), reached=moment, place=place)

    def is_kept(now: datetime) -> bool:
        outlook = Outlook(now=now, running="", policy=policy, feed=FeedState(), offers=(offer,))
        return keeps_from(offer, outlook) is not None

    opened = cooled(moment, policy.delay, place)
    assert is_kept(opened - timedelta(seconds=1))
    assert not is_kept(opened)
