"""Which racks take a release by themselves, and when: by its ramp, its conditions, their cool-down.

What the feed says, each rack's place in a ramp, the conditions and the schedule of questions are
the real ones.
"""

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from convox.feed.amendments import ramped
from convox.feed.condition import Facts, closures
from convox.feed.index import Entry
from convox.feed.ramp import cooled, position, reached
from convox.feed.release import Content
from convox.testing.fleet.load import Draw, Fleet, begins, questions

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
"""Second 0 of a simulation: when the release is published."""

VERSION = f"{BEGIN:%Y%m%d%H%M%S}"

_DOCUMENT = Content(sha256="0" * 64, size=0)
_BEFORE = 4  # intervals, after which nothing shows how a rack began to ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What the feed says of the release from a moment on."""

    at: float
    entry: Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of racks: so many of a hundred, of which these facts hold."""

    percent: float
    facts: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """A release that all racks of a fleet may take.

    Their cool-down is ``delay`` seconds. Some are of a kind of their own, all others have the facts
    ``ordinary``.
    """

    fleet: Fleet
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
        place = position(f"rack-{number}", VERSION)
        moment = _takes(rollout, place, facts, draw)
        (taken.of_kind if is_of_kind else taken.others).append(moment)
    taken.of_kind.sort()
    taken.others.sort()
    return taken


def by(moments: Sequence[float], moment: float) -> int:
    """Return how many of these moments, which are in order, lie before that one."""
    return bisect_left(moments, moment)


def published(over: timedelta | None = None) -> Entry:
    """Return what the feed says of the release at first: all may take it, or by and by."""
    entry = Entry(version=VERSION, created=BEGIN, document=_DOCUMENT, surfaces={})
    return entry if over is None else ramped(entry, 0, over, BEGIN)


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
    ramp = word.entry.ramp
    moment = reached(ramp, place) if ramp else BEGIN
    if moment is None or closures(word.entry.conditions, facts):
        return math.inf
    over = cooled(moment, timedelta(seconds=rollout.delay), place)
    return (over - BEGIN).total_seconds()
