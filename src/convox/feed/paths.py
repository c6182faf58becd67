"""Which way leads from one release to another. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterator, Mapping, Sequence
from types import MappingProxyType

from convox.feed.condition import Closed, why_closed
from convox.feed.index import Entry
from convox.feed.release import Epochs, Surfaced, aged, can_follow, kept
from convox.feed.stops import Stop

Path = tuple[Entry, ...]
"""The releases that are hopped to, in order."""


def is_hop(origin: Surfaced, target: Surfaced, stops: Sequence[Stop]) -> bool:
    """Say whether one hop may lead from one release to a newer one."""
    passed = any(stop.is_passed(origin.version, target.version) for stop in stops)
    return not passed and can_follow(origin, target)


def before_next_stop(
    origin: Surfaced, candidates: Sequence[Entry], stops: Sequence[Stop]
) -> Iterator[Entry]:
    """Return what is newer and not past the next stop, or is that, the newest first.

    The candidates are in order; whether one is a hop is not looked at.
    """
    begin = bisect_right(candidates, origin.version, key=_version)
    since = min((stop.since for stop in stops if stop.since > origin.version), default=None)
    if since is None:
        yield from reversed(candidates[begin:])
        return
    (version,) = {stop.version for stop in stops if stop.since == since}
    end = bisect_left(candidates, since, key=_version)
    yield from (each for each in candidates[end:] if each.version == version)
    yield from reversed(candidates[begin:end])


def way(
    origin: Surfaced,
    target: Entry,
    candidates: Sequence[Entry],
    stops: Sequence[Stop],
    *,
    gone: Mapping[str, Epochs] = MappingProxyType({}),
    closed: Closed = MappingProxyType({}),
) -> Path | None:
    """Return the fewest hops to the target, each as far as it can be; ``None`` without a way.

    ``candidates`` are the releases that may be hopped to, in order. What is ``gone`` does not count
    for what any of them keeps that writes it on. No hop is ``closed``.
    """
    within = candidates[: bisect_right(candidates, target.version, key=_version)]
    found = ways(origin, within, stops, gone=gone, closed=closed)
    return next((path for path in found if path[-1].version == target.version), None)


def ways(
    origin: Surfaced,
    candidates: Sequence[Entry],
    stops: Sequence[Stop],
    *,
    gone: Mapping[str, Epochs] = MappingProxyType({}),
    closed: Closed = MappingProxyType({}),
) -> Iterator[Path]:
    """Return the ways to all candidates that can be reached, those of the fewest hops first."""
    found: list[tuple[Path, Mapping[str, Epochs]]] = [((), aged(origin, gone))]
    reached: set[Hashable] = set()
    for sofar, lost in found:
        here = kept(sofar[-1] if sofar else origin, lost)
        for release in before_next_stop(here, candidates, stops):
            left = aged(release, lost)
            place = release.version, tuple(sorted(left.items()))
            if place in reached or why_closed(closed, here.version, release.version):
                continue
            if is_hop(here, release, stops):
                reached.add(place)
                found.append(((*sofar, release), left))
                yield (*sofar, release)


def _version(entry: Entry) -> str:
    return entry.version
