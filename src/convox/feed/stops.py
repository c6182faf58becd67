"""Which releases cannot be skipped, and why. Pure.

A release is required when it begins to write a new epoch beside an old one, when a person marked
it, or when it supersedes such a release. Nothing else makes or unmakes a stop.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

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


def stops(index: Index, *, channel: str, running: Surfaced | None = None) -> tuple[Stop, ...]:
    """Return the stops that lie before who runs ``running``, or all of the feed, in order."""
    chain = [entry for entry in lineage(index, channel) if _lies_after(entry.version, running)]
    return _merged(_own(running, chain), index, channel)


def reasons(previous: Surfaced, release: Surfaced) -> str:
    """Return why the epochs make a release required, as ``usage 2 beside 1``; empty if not."""
    texts = []
    for name in begins_migration(previous, release):
        before, after = previous.surfaces[name].writes, release.surfaces[name].writes
        texts.append(f"{name} {_numbers(after - before)} beside {_numbers(after & before)}")
    return ", ".join(texts)


def _lies_after(version: str, running: Surfaced | None) -> bool:
    return running is None or version > running.version


def _own(running: Surfaced | None, chain: Sequence[Entry]) -> Iterator[tuple[str, str]]:
    befores = chain if running is None else [running, *chain]
    afters = chain[1:] if running is None else chain
    for previous, entry in zip(befores, afters, strict=False):
        by_hand = "marked by the publisher" if entry.required else ""
        why = ", ".join(filter(None, (reasons(previous, entry), by_hand)))
        if why:
            yield entry.version, why


def _merged(own: Iterable[tuple[str, str]], index: Index, channel: str) -> tuple[Stop, ...]:
    instead = successors(index, channel)
    merged: dict[str, Stop] = {}
    for since, why in own:
        version = instead.get(since, since)
        before = merged.get(version)
        words = why if version == since else f"{why}, in place of {since}"
        merged[version] = Stop(
            version=version,
            since=before.since if before else since,
            why=f"{before.why}, {words}" if before else words,
        )
    return tuple(sorted(merged.values(), key=lambda stop: stop.version))


def _numbers(epochs: Iterable[int]) -> str:
    return " and ".join(map(str, sorted(epochs)))
