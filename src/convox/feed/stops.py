"""Which releases cannot be skipped, and why. Pure.

A release is required when it begins to write a new epoch beside an old one, when a person marked
it, or when it supersedes such a release. Nothing else makes or unmakes a stop.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from convox.feed.index import Entry, Index, lineage, successors
from convox.feed.release import Surfaced, begins_migration


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A release that has to be stopped at by whoever runs one older than ``since``.

    ``since`` is older than ``version`` where this release supersedes others: whoever has made one
    of those has made the stop.
    """

    version: str
    since: str
    why: str

    def is_passed(self, origin: str, target: str) -> bool:
        """Say whether the hop goes past the stop, or to what lies between it and ``since``."""
        return origin < self.since <= target != self.version


class Lineage:
    """The releases of a channel in whose order the epochs move on, and the stops among them."""

    def __init__(self, index: Index, channel: str) -> None:
        self._chain = lineage(index, channel)
        self._instead = successors(index, channel)
        self._whys = [_why(older, newer) for older, newer in pairwise(self._chain)]

    def stops(self, running: Surfaced | None = None) -> tuple[Stop, ...]:
        """Return the stops that lie before who runs ``running``, or all of them, in order."""
        if running is None:
            ahead = self._chain[1:]
            return self._merged(zip(ahead, self._whys, strict=True))
        begin = bisect_right(self._chain, running.version, key=lambda entry: entry.version)
        ahead = self._chain[begin:]
        if not ahead:
            return ()
        whys = [_why(running, ahead[0]), *self._whys[begin:]]
        return self._merged(zip(ahead, whys, strict=True))

    def _merged(self, own: Iterable[tuple[Entry, str]]) -> tuple[Stop, ...]:
        merged: dict[str, Stop] = {}
        for since, why in ((entry.version, why) for entry, why in own if why):
            version = self._instead.get(since, since)
            before = merged.get(version)
            words = why if version == since else f"{why}, in place of {since}"
            merged[version] = Stop(
                version=version,
                since=before.since if before else since,
                why=f"{before.why}, {words}" if before else words,
            )
        return tuple(sorted(merged.values(), key=lambda stop: stop.version))


def stops(index: Index, *, channel: str, running: Surfaced | None = None) -> tuple[Stop, ...]:
    """Return the stops that lie before who runs ``running``, or all of the feed, in order."""
    return Lineage(index, channel).stops(running)


def reasons(previous: Surfaced, release: Surfaced) -> str:
    """Return why the epochs make a release required, as ``usage 2 beside 1``; empty if not."""
    texts = []
    for name in begins_migration(previous, release):
        before, after = previous.surfaces[name].writes, release.surfaces[name].writes
        texts.append(f"{name} {_numbers(after - before)} beside {_numbers(after & before)}")
    return ", ".join(texts)


def _why(previous: Surfaced, entry: Entry) -> str:
    """Return why a release after this one is required, empty where it is not."""
    by_hand = "marked by the publisher" if entry.required else ""
    return ", ".join(filter(None, (reasons(previous, entry), by_hand)))


def _numbers(epochs: Iterable[int]) -> str:
    return " and ".join(map(str, sorted(epochs)))
