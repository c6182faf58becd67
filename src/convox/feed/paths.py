"""Which way leads from one release to another. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterator, Mapping, Sequence
from types import MappingProxyType

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
    gone: Mapping[str, Epochs] = MappingProxyType({}),
) -> Path | None:
    """Return the fewest hops to the target, each as far as it can be; ``None`` without a way.

    ``candidates`` are the releases that may be hopped to, in order. What is ``gone`` does not count
    for what any of them keeps that writes it on.
    """
    within = candidates[: bisect_right(candidates, target.version, key=_version)]
    ways: list[tuple[Path, Mapping[str, Epochs]]] = [((), aged(origin, gone))]
    reached: set[Hashable] = set()
    for sofar, lost in ways:
        here = kept(sofar[-1] if sofar else origin, lost)
        for release in before_next_stop(here, within, stops):
            left = aged(release, lost)
            place = release.version, tuple(sorted(left.items()))
            if place in reached or not is_hop(here, release, stops):
                continue
            if release.version == target.version:
                return (*sofar, release)
            reached.add(place)
            ways.append(((*sofar, release), left))
    return None


def _version(entry: Entry) -> str:
    return entry.version
