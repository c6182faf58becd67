"""Which way leads from one release to another. Pure."""

from collections.abc import Hashable, Mapping, Sequence
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


def way(
    origin: Surfaced,
    target: Entry,
    candidates: Sequence[Entry],
    stops: Sequence[Stop],
    gone: Mapping[str, Epochs] = MappingProxyType({}),
) -> Path | None:
    """Return the fewest hops to the target, each as far as it can be; ``None`` without a way.

    ``candidates`` are the releases that may be hopped to, in any order. What is ``gone`` does not
    count for what any of them keeps that writes it on.
    """
    within = [each for each in candidates if origin.version < each.version <= target.version]
    within.sort(key=lambda release: release.version, reverse=True)
    ways: list[tuple[Path, Mapping[str, Epochs]]] = [((), aged(origin, gone))]
    reached: set[Hashable] = set()
    for sofar, lost in ways:
        here = kept(sofar[-1] if sofar else origin, lost)
        for release in within:
            left = aged(release, lost)
            place = release.version, tuple(sorted(left.items()))
            if release.version <= here.version or place in reached:
                continue
            if is_hop(here, release, stops):
                if release.version == target.version:
                    return (*sofar, release)
                reached.add(place)
                ways.append(((*sofar, release), left))
    return None
