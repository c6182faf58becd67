"""Which racks take a release by themselves, and when: by its ramp, its conditions, their cool-down.

The ramp, each rack's place in it, the conditions and the schedule of questions are the real ones.
"""

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from convox.feed.condition import Condition, Facts, closures
from convox.feed.ramp import Ramp, position, reached
from convox.testing.fleet.load import Draw, Fleet, begins, questions

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
"""Second 0 of a simulation: when the release is published."""

_BEFORE = 4  # intervals, after which nothing shows how a rack began to ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What the feed says of the release from a moment on."""

    at: float
    ramp: Ramp
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of racks: so many of a hundred, of which these facts hold."""

    percent: float
    facts: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """A release that all racks of a fleet may take.

    They wait for ``delay`` seconds after the ramp has reached them. Some are of a kind of their
    own, all others have the facts ``ordinary``.
    """

    fleet: Fleet
    version: str
    words: Sequence[Word]
    kind: Kind
    ordinary: Facts
    delay: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """When racks of the kind, and when all others took the release; never is ``math.inf``."""

    of_kind: list[float]
    others: list[float]


def play(rollout: Rollout) -> Taken:
    """Let every rack ask until it takes the release, or never can."""
    draw, kinds = rollout.fleet.draw(), rollout.fleet.draw()
    taken = Taken(of_kind=[], others=[])
    for number in range(rollout.fleet.racks):
        is_of_kind = 100 * kinds() < rollout.kind.percent
        facts = rollout.kind.facts if is_of_kind else rollout.ordinary
        place = position(f"rack-{number}", rollout.version)
        moment = _takes(rollout, place, facts, draw)
        (taken.of_kind if is_of_kind else taken.others).append(moment)
    taken.of_kind.sort()
    taken.others.sort()
    return taken


def by(moments: Sequence[float], moment: float) -> int:
    """Return how many of these moments, which are in order, lie before that one."""
    return bisect_left(moments, moment)


def ramp(hours: float, *, begins: float = 0.0) -> Ramp:
    """Return a ramp from none to all, or all at once."""
    since = at(begins)
    if hours == 0:
        return Ramp(percent=100, since=since)
    return Ramp(percent=0, since=since, until=since + timedelta(hours=hours))


def stopped(moment: float) -> Word:
    """Return that no further rack is to take the release."""
    return Word(at=moment, ramp=Ramp(percent=0, since=at(moment)))


def at(moment: float) -> datetime:
    """Return the time at a second of the simulation."""
    return BEGIN + timedelta(seconds=moment)


def _takes(rollout: Rollout, place: float, facts: Facts, draw: Draw) -> float:
    """Return when a rack takes the release.

    It goes by the last word that it knows, and asks again before it begins. A word that it would
    not begin by any more is then known as well.
    """
    interval, asks_to_begin = rollout.fleet.interval, math.inf
    for word, until in _spans(rollout.words):
        knows = min(asks_to_begin, _asks(draw, interval, word.at))
        moment = begins(draw, knows, _opened(rollout, word, place, facts))
        if moment < until:
            return moment
        asks_to_begin = moment
    return math.inf


def _asks(draw: Draw, interval: float, moment: float) -> float:
    """Return when a rack asks first from a moment on; it has asked for a while before."""
    asks = questions(draw, interval, moment - _BEFORE * interval)
    return next(each for each in asks if each >= moment)


def _spans(words: Sequence[Word]) -> Iterator[tuple[Word, float]]:
    """Yield each word with the moment until which it is the last one."""
    for word, following in pairwise(words):
        yield word, following.at
    yield words[-1], math.inf


def _opened(rollout: Rollout, word: Word, place: float, facts: Facts) -> float:
    """Return from when on a rack may take the release, by what the feed says."""
    moment = reached(word.ramp, place)
    if moment is None or closures(word.conditions, facts):
        return math.inf
    return (moment - BEGIN).total_seconds() + rollout.delay
