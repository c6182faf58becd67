"""Random feeds, and racks that follow them: each as simple as can be, to hold the planner against.

What is required, and which way there is, is worked out here a second time and the slow way.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from convox.errors import UserError
from convox.feed.index import STABLE, Index, entry_for
from convox.feed.release import RackRelease, Surface, without
from convox.plan.plan import Hop, Plan
from convox.plan.planner import plan
from convox.plan.route import find_route

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_SURFACES = ("agent", "state", "usage")
Kept = dict[str, frozenset[int]]


@dataclass(slots=True)
class RandomFeed:
    """Releases that follow one another as publishers mean them to, or as chance has it."""

    dice: random.Random
    is_sane: bool
    index: Index = field(default_factory=Index)
    releases: dict[str, RackRelease] = field(default_factory=dict)

    def grow(self) -> None:
        """Publish one more release, the newest or one in between."""
        dice = self.dice
        taken = sorted(self.releases)
        last = int(taken[-1][-4:]) if taken else 0
        number = last + 10 if dice.random() < 0.9 or not taken else dice.randrange(1, last)
        version = f"2026010100{number:04}"
        if version in self.releases:
            return
        older = [each for each in taken if each < version]
        before = self.releases[older[-1]] if older else None
        self.releases[version] = self._release(version, before)
        self.index = self.index.put(
            replace(
                entry_for(self.releases[version], now=_NOW),
                published=dice.random() < 0.95,
                required=dice.random() < 0.1,
                supersedes=dice.choice(older) if older and dice.random() < 0.15 else None,
                channels={STABLE if dice.random() < 0.95 else "edge": _NOW},
            )
        )

    def change(self) -> None:
        """Have the publisher change their mind about a release."""
        entry = self.dice.choice(self.index.entries)
        changed = self.dice.choice(
            (
                replace(entry, withdrawn="broken"),
                replace(entry, withdrawn=None),
                replace(entry, required=not entry.required),
                replace(entry, published=True),
            )
        )
        self.index = self.index.put(changed)

    def _release(self, version: str, before: RackRelease | None) -> RackRelease:
        dice = self.dice
        image = (
            f"img-{version}" if before is None or dice.random() < 0.4 else before.images["local"]
        )
        parts = (f"part-{version}",) if before is None or dice.random() < 0.3 else before.components
        return RackRelease(
            version=version,
            notes="",
            surfaces={name: self._surface(name, before) for name in _SURFACES},
            images={"local": image},
            artifacts=(),
            components=parts,
        )

    def _surface(self, name: str, before: RackRelease | None) -> Surface:
        dice = self.dice
        if not self.is_sane:
            return Surface(reads=self._epochs(), writes=self._epochs())
        old = before.surfaces[name] if before else Surface(reads=_some(1), writes=_some(1))
        newest = max(old.writes)
        if dice.random() > 0.3:
            return old
        if len(old.writes) == 1:
            both = _some(newest, newest + 1)
            return Surface(reads=both, writes=both)
        reads = _some(newest) if dice.random() < 0.5 else old.reads
        return Surface(reads=reads, writes=_some(newest))

    def _epochs(self) -> frozenset[int]:
        return frozenset(self.dice.choices((1, 2, 3), k=self.dice.choice((1, 1, 2))))


def _some(*epochs: int) -> frozenset[int]:
    return frozenset(epochs)


@dataclass(slots=True)
class Rack:
    """What a rack runs and keeps. ``kept`` are the forms that are kept up to date."""

    running: RackRelease
    kept: Kept = field(init=False)
    gone: dict[str, frozenset[int]] = field(default_factory=dict)
    agents: RackRelease = field(init=False)
    """The release whose image the instances boot from."""

    def __post_init__(self) -> None:
        self.kept = dict(self.running.writes)
        self.agents = self.running

    @property
    def origin(self) -> RackRelease:
        """The running release, as it counts for a plan."""
        return without(self.running, self.gone)

    def plan(self, feed: RandomFeed, target: str | None, *, through: bool) -> Plan | UserError:
        """Return what is accepted, or why nothing is."""
        try:
            route = find_route(
                self.running, feed.index, target=target, through=through, gone=self.gone
            )
        except UserError as refusal:
            return refusal
        documents = {version: feed.releases[version] for version in route.versions}
        return plan(self.origin, route, documents, image=self.agents.images["local"])

    def make(self, hop: Hop, target: RackRelease) -> None:
        """Make a hop and commit it; ``AssertionError`` where something could not be read."""
        for name, kept in self.kept.items():
            assert kept & target.surfaces[name].reads, f"{target.version} cannot read {name}"
        if target.version > self.running.version:
            self.gone = _gone_after(self.running, target, self.gone)
        if hop.rolls_instances or target.images == self.agents.images:
            self.agents = target  # an image is its agent, so the same one speaks as the target does
        spoken = self.agents.surfaces["agent"].writes & target.surfaces["agent"].reads
        assert spoken or self.agents is target, f"{target.version} cannot speak to the instances"
        self.running, self.kept = target, dict(self.origin_of(target).writes)

    def origin_of(self, target: RackRelease) -> RackRelease:
        """Return a release as it writes here."""
        return without(target, self.gone)


@dataclass(frozen=True, slots=True)
class Required:
    """A stop: whoever comes from before ``since`` must not go past it but to ``version``."""

    since: str
    version: str


def required(feed: RandomFeed, running: RackRelease) -> Sequence[Required]:
    """Return the stops before a rack, the slow way."""
    entries = {entry.version: entry for entry in feed.index.entries}
    there = [each for each in entries.values() if each.published and STABLE in each.channels]
    instead = {each.supersedes: each.version for each in there if not each.withdrawn}
    chain = [
        each.version
        for each in there
        if each.version > running.version and (not each.withdrawn or each.version in instead)
    ]
    found, before = [], running
    for version in chain:
        release = feed.releases[version]
        if entries[version].required or _begins(before, release):
            end = version
            while end in instead:
                end = instead[end]
            found.append(Required(version, end))
        before = release
    firsts = {
        stop.version: min(x.since for x in found if x.version == stop.version) for stop in found
    }
    return [Required(since, version) for version, since in firsts.items()]


def passes(stop: Required, origin: str, target: str) -> bool:
    """Say whether a hop goes past a stop."""
    return origin < stop.since <= target != stop.version


def _begins(before: RackRelease, release: RackRelease) -> bool:
    pairs = [(before.surfaces[name].writes, release.surfaces[name].writes) for name in _SURFACES]
    return any(new - old and new & old for old, new in pairs)


def reaches(feed: RandomFeed, rack: Rack, wanted: str) -> bool:
    """Say whether any row of allowed hops leads to a newer release, by trying them all."""
    entries = {entry.version: entry for entry in feed.index.entries}
    there = [
        each
        for each in entries.values()
        if each.published and STABLE in each.channels and not each.withdrawn
    ]
    gone = {each.supersedes for each in there}
    stops = required(feed, rack.running)
    candidates = [each.version for each in there if each.version not in gone]
    todo, seen = [(rack.running, rack.gone)], set()
    while todo:
        running, lost = todo.pop()
        here = without(running, lost)
        for version in candidates:
            release = feed.releases[version]
            left = _gone_after(running, release, lost)
            place = version, tuple(sorted(left.items()))
            is_allowed = here.version < version <= wanted and place not in seen
            if is_allowed and _is_hop(here, release, stops):
                seen.add(place)
                todo.append((release, left))
    return any(version == wanted for version, _ in seen)


def _gone_after(
    before: RackRelease, after: RackRelease, gone: Mapping[str, frozenset[int]]
) -> dict[str, frozenset[int]]:
    """Return what is gone when a newer release was committed."""
    return {
        name: (gone.get(name, frozenset()) - (after.writes[name] - writes))
        | (writes - after.writes[name])
        for name, writes in before.writes.items()
    }


def _is_hop(origin: RackRelease, target: RackRelease, stops: Sequence[Required]) -> bool:
    return all(
        origin.surfaces[name].writes & target.surfaces[name].reads for name in _SURFACES
    ) and not any(passes(stop, origin.version, target.version) for stop in stops)
