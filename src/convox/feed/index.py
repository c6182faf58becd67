"""The list of rack releases: of each what decides about hops, and what may change later. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from convox.feed.condition import Closed, Condition, Facts, closures
from convox.feed.document import serialise_release
from convox.feed.ramp import Ramp
from convox.feed.release import Content, RackRelease, Redeploy, Surface

STABLE = "stable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the feed says about a release, with the ``document`` that says the rest.

    ``surfaces`` and ``redeploy`` are the document's, so that nobody has to read all documents to
    find a way, or to know what apps gain by releases that are skipped.
    ``required`` is the mark a person sets; whether a release cannot be skipped is computed
    (``stops``). ``withdrawn`` is the reason why it is not to be used any more. ``supersedes`` is
    the older release in whose place it stands. ``security`` says that it mends what can be abused.
    ``channels`` are those that offer it, each with the time since when it does.
    """

    version: str
    created: datetime
    document: Content
    surfaces: Mapping[str, Surface]
    redeploy: tuple[Redeploy, ...] = ()
    published: bool = True
    required: bool = False
    withdrawn: str | None = None
    supersedes: str | None = None
    security: bool = False
    channels: Mapping[str, datetime] = field(default_factory=dict)
    ramp: Ramp | None = None
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """All releases of a feed, the oldest first."""

    entries: tuple[Entry, ...] = ()

    def find(self, version: str) -> Entry | None:
        """Return what the feed says about a release, ``None`` where it has none such."""
        return next((entry for entry in self.entries if entry.version == version), None)

    def put(self, entry: Entry) -> "Index":
        """Return the index with this entry in the place of the one of the same version."""
        others = [other for other in self.entries if other.version != entry.version]
        ordered = sorted([*others, entry], key=lambda each: each.version)
        return Index(entries=tuple(ordered))


def entry_for(release: RackRelease, *, now: datetime) -> Entry:
    """Return what the index has about a release that is simply published."""
    created = now.replace(microsecond=0)
    return Entry(
        version=release.version,
        created=created,
        document=Content.of(serialise_release(release)),
        surfaces=release.surfaces,
        redeploy=release.redeploy,
        channels={STABLE: created},
    )


def published(index: Index, channel: str) -> tuple[Entry, ...]:
    """Return what was published in a channel and not withdrawn, also what is superseded."""
    return tuple(
        entry
        for entry in index.entries
        if entry.published and entry.withdrawn is None and channel in entry.channels
    )


def successors(index: Index, channel: str) -> Mapping[str, str]:
    """Return, by each superseded version, the one that stands in its place in the end."""
    direct = {
        entry.supersedes: entry.version
        for entry in published(index, channel)
        if entry.supersedes is not None
    }
    return {version: _last(version, direct) for version in direct}


def offered(index: Index, channel: str) -> tuple[Entry, ...]:
    """Return the releases that a rack may update to, the oldest first."""
    superseded = successors(index, channel)
    return tuple(entry for entry in published(index, channel) if entry.version not in superseded)


def latest(index: Index, channel: str) -> str | None:
    """Return the newest version that a rack may update to."""
    newest = next(reversed(offered(index, channel)), None)
    return None if newest is None else newest.version


def lineage(index: Index, channel: str) -> tuple[Entry, ...]:
    """Return the releases in whose order the epochs move on, the oldest first.

    A release that was withdrawn is none of them, unless another one stands in its place: then the
    releases between the two must not be taken for the ones that did its work.
    """
    superseded = successors(index, channel)
    return tuple(
        entry
        for entry in index.entries
        if entry.published
        and channel in entry.channels
        and (entry.withdrawn is None or entry.version in superseded)
    )


def closed(index: Index, facts: Facts) -> Closed:
    """Return what closes releases to a rack of which these facts are known."""
    found = {entry.version: closures(entry.conditions, facts) for entry in index.entries}
    return {version: closing for version, closing in found.items() if closing}


def _last(version: str, direct: Mapping[str, str]) -> str:
    while version in direct:
        version = direct[version]
    return version
