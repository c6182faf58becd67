"""What fleets of racks ask of their feed: requests and bytes a second."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from benchmarks.plot import Series, even, powers, svg
from benchmarks.result import Result
from convox.control.automatic.policy import Policy
from convox.feed.ramp import cooled, position, reached
from convox.testing.fleet.load import (
    Costs,
    Fleet,
    Seconds,
    cold,
    rates,
    returning,
    steady,
    taking,
)
from convox.testing.fleet.rollout import BEGIN, VERSION, published

_HOUR, _DAY = 3600, 86400  # seconds
_MINUTE = 60
_MB = 1e6  # bytes

Case = Callable[[Fleet, Costs], Seconds]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a fleet asked of its feed within an hour, by what happened."""

    fleet: Fleet
    cases: Mapping[str, Seconds]


def measure(fleet: Fleet, costs: Costs) -> Measured:
    """Let an hour pass in each of the cases."""
    return Measured(fleet=fleet, cases={name: case(fleet, costs) for name, case in _CASES.items()})


def result(found: Sequence[Measured]) -> Result:
    """Return what was found as a table."""
    return Result(
        title="What racks ask of their feed",
        how=(
            "One hour, second by second. Each rack asks by the real schedule"
            f" (`feed/polling.py`), every {found[0].fleet.interval / _MINUTE:.0f} minutes on"
            " average, each wait up to half shorter or longer. 99 % is what 99 of 100 seconds stay"
            " below. MB are 10⁶ bytes of answers, counted when they are asked for."
        ),
        header=[
            "racks",
            "",
            "requests/s",
            "99 %",
            "worst",
            "MB/s",
            "99 %",
            "worst",
        ],
        rows=[_row(each.fleet, name, case) for each in found for name, case in each.cases.items()],
        reading=(
            "A start of all racks at once is spread over one interval, and no wave follows it. A"
            " feed that was away is asked less than usual when it comes back. What weighs is the"
            " hop itself: its size times the racks, divided by the time in which they take it. That"
            " is the length of the ramp, and at least the tenth of the cool-down by which racks"
            " differ; without either it is one interval."
        ),
    )


def costs_result(costs: Costs, releases: int) -> Result:
    """Return what a single rack costs the feed as a table."""
    kinds = {
        "the first question of a rack, with the index": costs.first,
        "a question after something was published": costs.news,
        "a question with nothing new": costs.quiet,
        "a hop: the questions around it, its document, what changed": costs.hop,
    }
    return Result(
        title="What one rack costs the feed",
        how=(
            f"A signed feed of {releases:,} releases behind a plain web server, read by the rack's"
            " own client. Bytes of the answers with their heads, without TCP and TLS. The hop is"
            " one between two real releases."
        ),
        header=["", "requests", "bytes"],
        rows=[[name, str(cost.requests), f"{cost.sent:,}"] for name, cost in kinds.items()],
    )


def plot(found: Measured) -> str:
    """Return the bytes a second, minute by minute."""
    return svg(
        f"What the feed sends to {found.fleet.racks:,} racks",
        "minutes",
        "MB a second",
        [
            Series(name=name, points=_by_minute(seconds.sent))
            for name, seconds in found.cases.items()
        ],
        x_axis=even,
        y_axis=powers,
    )


def _taken(over: timedelta | None) -> Case:
    """Return the hour in which most racks take a release, on a ramp or without one."""
    ramp, delay = published(over).ramp, Policy().delay
    busy = delay.total_seconds() + (over.total_seconds() / 2 if over else 0.0)

    def opens(rack: int) -> float | None:
        place = position(f"rack-{rack}", VERSION)
        moment = reached(ramp, place) if ramp else BEGIN
        return (cooled(moment, delay, place) - BEGIN).total_seconds() - busy if moment else None

    return lambda fleet, costs: taking(fleet, costs, _HOUR, opens, published=-busy)


def _unspread(fleet: Fleet, costs: Costs) -> Seconds:
    return taking(fleet, costs, _HOUR, lambda _: 0.0)


_CASES: Mapping[str, Case] = {
    "nothing is published": lambda fleet, costs: steady(fleet, costs, _HOUR),
    "all start at once, and know nothing": lambda fleet, costs: cold(fleet, costs, _HOUR),
    "the feed comes back after a day": lambda fleet, costs: returning(fleet, costs, _HOUR, _DAY),
    "a release on a ramp of a day": _taken(timedelta(days=1)),
    "a release without a ramp": _taken(None),
    "the same, and no rack has a cool-down": _unspread,
}


def _row(fleet: Fleet, name: str, seconds: Seconds) -> list[str]:
    asked, sent = rates(seconds.requests), rates(seconds.sent)
    return [
        f"{fleet.racks:,}",
        name,
        *(f"{value:,.0f}" for value in (asked.mean, asked.usual, asked.worst)),
        *(f"{value / _MB:,.2f}" for value in (sent.mean, sent.usual, sent.worst)),
    ]


def _by_minute(counts: Sequence[int]) -> list[tuple[float, float]]:
    minutes = range(len(counts) // _MINUTE)
    found = [sum(counts[at * _MINUTE : (at + 1) * _MINUTE]) / _MINUTE / _MB for at in minutes]
    return [(minute, value) for minute, value in zip(minutes, found, strict=True) if value]
