"""How long a rack takes to find its way through a long feed."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median

from benchmarks.ground import Ground
from benchmarks.result import Result, times
from benchmarks.rounds import interleaved
from convox.errors import Refused
from convox.feed.admission import troubles
from convox.feed.document import serialise_release
from convox.feed.index import STABLE, Index, entry_for
from convox.feed.pages import joined, paginate, parse_page
from convox.feed.release import RackRelease, Surface
from convox.plan.route import find_route

_RELEASES = 1000
_MIGRATION = 20  # releases from the begin of one migration to that of the next
_ROUNDS = 9
_NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
_SURFACES = ("agent", "apps", "keeper", "router", "state", "usage")
_REFERENCE = f"writing {_RELEASES:,} documents"


def measure(ground: Ground) -> Result:
    """Measure what is decided from the index alone, from the oldest release to the newest."""
    del ground
    releases = [_release(number) for number in range(_RELEASES)]
    index = Index(entries=tuple(entry_for(release, now=_NOON) for release in releases))
    found = interleaved(_cases(releases, index), _ROUNDS)
    seconds = {name: median(rounds) for name, rounds in found.items()}
    hops = len(find_route(releases[0], index, target=None, through=True).path)
    return Result(
        title=f"Finding the way through {_RELEASES:,} releases",
        how=(
            f"Each {_MIGRATION}th release begins a migration in two steps, so the whole way has"
            f" {hops} hops. Pure functions, in one process; median of {_ROUNDS} interleaved rounds."
        ),
        header=["", "ms", f"to {_REFERENCE}"],
        rows=[
            [name, f"{value * 1000:.1f}", times(value, seconds[_REFERENCE])]
            for name, value in seconds.items()
        ],
        reading="A rack does the first two when it plans, a publisher the last one.",
    )


def _cases(releases: list[RackRelease], index: Index) -> dict[str, Callable[[], float]]:
    pages = paginate(index)
    oldest = releases[0]
    lost = replace(index.entries[-1], surfaces={"state": _surface(999)})
    return {
        "reading all pages of the index": partial(
            _time, lambda: joined(parse_page(page, stored) for page, stored in pages.items())
        ),
        "the whole way from the oldest release": partial(
            _time, lambda: find_route(oldest, index, target=None, through=True)
        ),
        "finding that there is none": partial(_time, lambda: _no_way(oldest, index.put(lost))),
        "that all racks have a way": partial(_time, lambda: troubles(index)),
        _REFERENCE: partial(_time, lambda: [serialise_release(each) for each in releases]),
    }


def _no_way(oldest: RackRelease, index: Index) -> None:
    try:
        find_route(oldest, index, target=None, through=True, channel=STABLE)
    except Refused:
        return
    raise AssertionError("there is a way to a release that reads nothing")


def _time(act: Callable[[], object]) -> float:
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin


def _release(number: int) -> RackRelease:
    """Return one whose state is now in one form, now in two."""
    form, step = divmod(number, _MIGRATION)
    epochs = (form, form + 1) if step < _MIGRATION // 2 else (form + 1,)
    surfaces = {name: _surface(1) for name in _SURFACES} | {"state": _surface(*epochs)}
    moment = _NOON + timedelta(days=number)
    return RackRelease(
        version=f"{moment:%Y%m%d%H%M%S}", notes="", surfaces=surfaces, images={}, artifacts=()
    )


def _surface(*epochs: int) -> Surface:
    return Surface(reads=frozenset(epochs), writes=frozenset(epochs))
