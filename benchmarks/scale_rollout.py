"""How a release spreads over a fleet, and how many racks one reaches that harms them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from heapq import merge

from benchmarks.plot import Series, even, powers, svg
from benchmarks.result import Result
from convox.control.automatic.policy import Policy
from convox.feed.amendments import ramped, stopped, with_condition
from convox.feed.condition import Condition, Match
from convox.feed.index import Entry, Index
from convox.feed.ramp import share
from convox.testing.fleet.load import Fleet
from convox.testing.fleet.rollout import Kind, Rollout, Taken, Word, at, by, play, published

_HOUR, _DAY = 3600.0, 86400.0  # seconds
DAYS = (0, 1, 3, 7)
NOTICED: Mapping[str, float] = {
    "15 min": _HOUR / 4,
    "1 h": _HOUR,
    "4 h": 4 * _HOUR,
    "1 day": _DAY,
}
_FRACTIONS = (0.1, 0.5, 0.9)
_COOL_DOWN = Policy().delay.total_seconds()
_STOP_AFTER, _MEND_AFTER = 4 * _HOUR, 4 * _HOUR
_HARMED = Kind(percent=3.0, facts={"distribution": frozenset({"debian-11"})})
_ORDINARY = {"distribution": frozenset({"debian-12"})}
_CONDITION = Condition(
    name="debian-11",
    why="its router does not start there",
    matches=(Match(fact="distribution", values=("debian-11",)),),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """What came of a ramp of so many days that nobody stopped."""

    fleet: Fleet
    days: int
    taken: Taken

    def harmed(self, noticed: float) -> int:
        """Return how many were harmed, so many seconds after the first one was."""
        return by(self.taken.of_kind, self.taken.of_kind[0] + noticed)

    @property
    def lag(self) -> float:
        """By how many points of a hundred the racks lay behind the ramp at most."""
        length = self.days * _DAY
        moments = (length * number / 1000 for number in range(1001))
        return max(_share(self.days, moment) - self.percent(moment) for moment in moments)

    def percent(self, moment: float) -> float:
        """Return how many of a hundred racks had taken the release."""
        taken = by(self.taken.of_kind, moment) + by(self.taken.others, moment)
        return 100.0 * taken / self.fleet.racks

    @property
    def last(self) -> float:
        """When the last rack took it."""
        return max(self.taken.of_kind[-1], self.taken.others[-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """What came of a ramp that was stopped, and went on once a condition kept the harmed out."""

    fleet: Fleet
    days: int
    stop: float
    mended: float
    taken: Taken


def spread(fleet: Fleet, days: int, cool_down: float = _COOL_DOWN) -> Spread:
    """Publish a release on a ramp of so many days, and leave it alone."""
    words = (Word(at=0.0, entry=_published(days)),)
    return Spread(fleet=fleet, days=days, taken=play(_rollout(fleet, words, cool_down)))


def ramp_alone(fleet: Fleet, days: int) -> Spread:
    """Do the same where no rack has a cool-down, so that what is seen is the ramp."""
    return spread(fleet, days, cool_down=0.0)


def stop(before: Spread) -> Stopped:
    """Play the same again, and stop it some hours after the first rack was harmed.

    It goes on from what it had reached a cool-down before, with those left out that it harms.
    """
    stop_at = before.taken.of_kind[0] + _STOP_AFTER
    mended = stop_at + _MEND_AFTER
    first = _published(before.days)
    halted = stopped(first, at(stop_at))
    percent = _share(before.days, stop_at - _COOL_DOWN)
    over = timedelta(days=before.days * (100 - percent) / 100)
    on = with_condition(ramped(halted, percent, over, at(mended)), _CONDITION, Index())
    words = (
        Word(at=0.0, entry=first),
        Word(at=stop_at, entry=halted),
        Word(at=mended, entry=on),
    )
    taken = play(_rollout(before.fleet, words, _COOL_DOWN))
    return Stopped(fleet=before.fleet, days=before.days, stop=stop_at, mended=mended, taken=taken)


def spread_result(found: Sequence[Spread]) -> Result:
    """Return how ramps spread as a table."""
    return Result(
        title="How a release spreads",
        how=(
            "The share of the racks that run it, in percent, after a part of the ramp's length; by"
            " the ramp it would be that part. Each rack has its place by its id and the version"
            " (`feed/ramp.py`), and takes the release within seconds of that place being reached,"
            " once it knows of it; here without a cool-down (`UpdateDelay`). That begins when the"
            " ramp reaches the rack, and takes up to a tenth longer by the rack's place."
        ),
        header=[
            "racks",
            "ramp",
            *(f"after {fraction:.0%}" for fraction in _FRACTIONS),
            "behind the ramp at most, points",
            "last rack after its end, min",
        ],
        rows=[
            [
                f"{each.fleet.racks:,}",
                _days(each.days),
                *(f"{each.percent(each.days * _DAY * part):.2f}" for part in _FRACTIONS),
                f"{each.lag:.2f}",
                f"{(each.last - each.days * _DAY) / 60:.1f}",
            ]
            for each in found
            if each.days
        ],
    )


def reach_result(found: Sequence[Spread]) -> Result:
    """Return how many racks are harmed as a table."""
    return Result(
        title="Whom a harmful release reaches",
        how=(
            f"It harms {_HARMED.percent:.0f} of 100 racks, all of which have the default cool-down"
            f" of {_COOL_DOWN / _HOUR:.0f} h. So long after the first of them took it, its"
            " publisher notices and stops the ramp; a rack asks before it begins,"
            " so from then on none does. How many were harmed, and which part that is of all that"
            " it can harm."
        ),
        header=["racks", "ramp", *(f"noticed after {name}" for name in NOTICED)],
        rows=[
            [
                f"{each.fleet.racks:,}",
                _days(each.days),
                *(_part(each.harmed(after), len(each.taken.of_kind)) for after in NOTICED.values()),
            ]
            for each in found
        ],
        reading=(
            "Without a ramp nothing but the tenth by which cool-downs differ spreads it. With one"
            " it is the time to notice over the length of the ramp, and of that tenth."
        ),
    )


def stop_result(found: Stopped) -> Result:
    """Return what came of a stop as a table."""
    kind, others = found.taken.of_kind, found.taken.others
    moments = sorted([found.stop, found.mended, *_days_until(others[-1])])
    names = {found.stop: "the ramp is stopped", found.mended: "a condition; the ramp goes on"}
    return Result(
        title="A stop, and on without those that it harms",
        how=(
            f"{found.fleet.racks:,} racks, a ramp of {_days(found.days)}. It is stopped"
            f" {_STOP_AFTER / _HOUR:.0f} h after the first rack was harmed."
            f" {_MEND_AFTER / _HOUR:.0f} h later a condition closes the release to exactly the"
            " racks that it harms (`feed/condition.py`, judged on each rack), and the ramp goes on"
            " from what it had reached a cool-down before the stop. All have the default one of"
            f" {_COOL_DOWN / _HOUR:.0f} h."
        ),
        header=["hours", "", "harmed", "of all it can harm", "others that run it", "of all others"],
        rows=[
            [
                f"{moment / _HOUR:.1f}",
                names.get(moment, ""),
                f"{by(kind, moment):,}",
                f"{by(kind, moment) / len(kind):.2%}",
                f"{by(others, moment):,}",
                f"{by(others, moment) / len(others):.2%}",
            ]
            for moment in moments
        ],
    )


def spread_plot(found: Spread, halted: Stopped) -> str:
    """Return the share of the racks by time, left alone and stopped."""
    kind, others = halted.taken.of_kind, halted.taken.others
    hours = [number / 4 for number in range(int(4 * (others[-1] / _HOUR + 6)))]

    def part(moments: Sequence[float]) -> list[tuple[float, float]]:
        return [(hour, 100.0 * by(moments, hour * _HOUR) / len(moments)) for hour in hours]

    alone = list(merge(found.taken.of_kind, found.taken.others))
    return svg(
        f"A ramp of {_days(found.days)} over {found.fleet.racks:,} racks with a cool-down of a day",
        "hours",
        "percent that run it",
        [
            Series(name="left alone", points=part(alone)),
            Series(
                name="racks that the ramp has reached",
                points=[(hour, _share(found.days, hour * _HOUR)) for hour in hours],
                is_reference=True,
            ),
            Series(name="stopped, and on with a condition: racks that it harms", points=part(kind)),
            Series(name="stopped, and on with a condition: all others", points=part(others)),
        ],
        x_axis=even,
        y_axis=even,
    )


def reach_plot(found: Sequence[Spread]) -> str:
    """Return how many racks are harmed by how late that is noticed."""
    return svg(
        f"Racks harmed, of {len(found[0].taken.of_kind):,} that could be",
        "minutes until the ramp is stopped",
        "racks harmed",
        [
            Series(
                name=_days(each.days) if each.days else "no ramp",
                points=list(_by_minutes(each)),
            )
            for each in found
        ],
        x_axis=powers,
        y_axis=powers,
    )


def _by_minutes(found: Spread) -> Iterator[tuple[float, float]]:
    for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440):
        yield minutes, found.harmed(60.0 * minutes)


def _published(days: int) -> Entry:
    return published(timedelta(days=days) if days else None)


def _share(days: int, moment: float) -> float:
    line = _published(days).ramp
    return share(line, at(moment)) if line else 100.0


def _rollout(fleet: Fleet, words: Sequence[Word], cool_down: float) -> Rollout:
    return Rollout(fleet=fleet, words=words, kind=_HARMED, ordinary=_ORDINARY, delay=cool_down)


def _days_until(moment: float) -> Sequence[float]:
    return [day * _DAY for day in range(1, int(moment / _DAY) + 2)]


def _days(days: int) -> str:
    return {0: "none", 1: "1 day"}.get(days, f"{days} days")


def _part(count: int, of: int) -> str:
    return f"{count:,} ({count / of:.1%})"
