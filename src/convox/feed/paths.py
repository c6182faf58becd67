"""Which way leads from one release to another. Pure."""

from collections.abc import Sequence

from convox.feed.index import Entry
from convox.feed.release import Surfaced, can_follow
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
) -> Path | None:
    """Return the fewest hops to the target, each as far as it can be; ``None`` without a way.

    ``candidates`` are the releases that may be hopped to, in any order.
    """
    within = [each for each in candidates if origin.version < each.version <= target.version]
    within.sort(key=lambda release: release.version, reverse=True)
    ways: list[Path] = [()]
    reached: set[str] = set()
    for sofar in ways:
        here = sofar[-1] if sofar else origin
        for release in within:
            if release.version <= here.version or release.version in reached:
                continue
            if is_hop(here, release, stops):
                if release.version == target.version:
                    return (*sofar, release)
                reached.add(release.version)
                ways.append((*sofar, release))
    return None
