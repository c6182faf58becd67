"""What a fleet asks of its feed, second by second. The schedule is the real one.

A rack begins to ask hours before what is counted, unless all begin at once: who asks when is then
as it is in the long run.
"""

from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from random import Random

from convox.feed.polling import until_first, until_next

Draw = Callable[[], float]

LOOK = 10.0
"""Seconds between two looks of a rack at whether it may begin with what it knows of."""

_BEFORE = 12  # intervals, after which nothing shows how all began


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one matter costs the feed: so many requests, and so many bytes that it sends."""

    requests: int
    sent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What a rack's question costs, and a hop.

    A question is a rack's ``first``, or the first after something was published, or ``quiet``.
    """

    first: Cost
    news: Cost
    quiet: Cost
    hop: Cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What was asked within a second: on average, in 99 of 100 seconds at most, in the worst."""

    mean: float
    usual: float
    worst: float


class Seconds:
    """What a feed is asked, counted in each second by what it costs."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._counts: dict[Cost, array[int]] = {}

    def count(self, moment: float, cost: Cost) -> None:
        """Count that this was asked then; what is after the end or before 0 is passed over."""
        if 0 <= moment < self._length:
            counts = self._counts.get(cost)
            if counts is None:
                counts = self._counts[cost] = array("I", bytes(4 * self._length))
            counts[int(moment)] += 1

    @property
    def requests(self) -> list[int]:
        """The requests of each second."""
        return self._sum({cost: cost.requests for cost in self._counts})

    @property
    def sent(self) -> list[int]:
        """The bytes that the feed sends for what was asked in each second."""
        return self._sum({cost: cost.sent for cost in self._counts})

    def _sum(self, weights: Mapping[Cost, int]) -> list[int]:
        found = [0] * self._length
        for cost, weight in weights.items():
            for second, count in enumerate(self._counts[cost]):
                found[second] += weight * count
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """So many racks, each of which asks every ``interval`` seconds on average."""

    racks: int
    interval: float
    seed: int = 1

    def draw(self) -> Draw:
        """Return the racks' chance, the same each time."""
        return Random(self.seed).random  # noqa: S311 - to be repeated, not to be secret

    @property
    def before(self) -> float:
        """How long racks have been asking before what is counted."""
        return _BEFORE * self.interval


def cold(fleet: Fleet, costs: Costs, length: int) -> Seconds:
    """Start all racks at 0, none of which has seen the feed."""
    seconds, draw = Seconds(length), fleet.draw()
    for _ in range(fleet.racks):
        cost = costs.first
        for moment in takewhile(lambda at: at < length, questions(draw, fleet.interval)):
            seconds.count(moment, cost)
            cost = costs.quiet
    return seconds


def steady(fleet: Fleet, costs: Costs, length: int) -> Seconds:
    """Publish nothing."""
    seconds, draw = Seconds(length), fleet.draw()
    for _ in range(fleet.racks):
        asks = questions(draw, fleet.interval, -fleet.before)
        for moment in takewhile(lambda at: at < length, asks):
            seconds.count(moment, costs.quiet)
    return seconds


def taking(
    fleet: Fleet,
    costs: Costs,
    length: int,
    opens: Callable[[int], float | None],
    *,
    published: float = 0.0,
) -> Seconds:
    """Publish a release; ``opens`` says from when on a rack may take it, ``None`` for never.

    A rack that knows of it takes it as soon as it may; ``costs.hop`` has what it asks meanwhile.
    """
    seconds, draw = Seconds(length), fleet.draw()
    for rack in range(fleet.racks):
        asks = questions(draw, fleet.interval, -fleet.before)
        moment = next(asks)
        while moment < published:
            seconds.count(moment, costs.quiet)
            moment = next(asks)
        seconds.count(moment, costs.news)
        opened = opens(rack)
        if opened is not None:
            seconds.count(begins(draw, moment, opened), costs.hop)
        for later in takewhile(lambda at: at < length, asks):
            seconds.count(later, costs.quiet)
    return seconds


def returning(fleet: Fleet, costs: Costs, length: int, away: float) -> Seconds:
    """Let the feed answer again at 0, after so many seconds in which it did not."""
    seconds, draw = Seconds(length), fleet.draw()
    for _ in range(fleet.racks):
        moment, failures = until_first(fleet.interval, draw()) - away, 0
        while moment < length:
            seconds.count(moment, costs.quiet)
            failures = failures + 1 if moment < 0 else 0
            moment += until_next(fleet.interval, failures, draw())
    return seconds


def questions(draw: Draw, interval: float, begins: float = 0.0) -> Iterator[float]:
    """Yield when a rack asks that starts then, for ever."""
    moment = begins + until_first(interval, draw())
    while True:
        yield moment
        moment += until_next(interval, 0, draw())


def begins(draw: Draw, knows: float, opened: float) -> float:
    """Return when a rack begins with what it knows of since then, and may take from then on."""
    return knows if opened <= knows else opened + LOOK * draw()


def rates(counts: list[int]) -> Rates:
    """Return what the counts of some seconds say."""
    ordered = sorted(counts)
    return Rates(
        mean=sum(ordered) / len(ordered),
        usual=ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)],
        worst=ordered[-1],
    )
