"""Put rack releases into a feed: a folder that any web server, or a USB stick, can carry.

``artifacts/<sha256>`` are the files of all releases, ``targets/`` the index and the releases'
documents, ``metadata/`` the signatures. What readers look at first is written last.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from convox.errors import FeedUntrusted, InvalidInput, NotFound, Refused, Taken
from convox.feed.admission import troubles
from convox.feed.document import parse_release, serialise_release
from convox.feed.index import STABLE, Entry, Index, parse_index, serialise_index
from convox.feed.layout import ARTIFACTS, INDEX, METADATA, release_target
from convox.feed.release import Artifact, RackRelease
from convox.feed.signing import (
    Lifetimes,
    create_keys,
    read_targets,
    write_root,
    write_targets,
)
from convox.feed.store import mismatch
from convox.host.clock import Clock
from convox.host.files import sync_file
from convox.host.locks import locked

DOCUMENT = "release.json"
"""The name of the document in the directory of a release that was built."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """All that a feed says."""

    index: Index = field(default_factory=Index)
    releases: Mapping[str, RackRelease] = field(default_factory=dict)

    def with_release(self, release: RackRelease, entry: Entry) -> "Published":
        """Return the same and a release."""
        releases = {**self.releases, release.version: release}
        return replace(self, index=self.index.put(entry), releases=releases)

    def with_entry(self, entry: Entry) -> "Published":
        """Return the same with another word about a release."""
        return replace(self, index=self.index.put(entry))


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Who may change a feed: ``keys`` is the directory of the keys that sign it."""

    feed: Path
    keys: Path
    clock: Clock
    lifetimes: Lifetimes = field(default_factory=Lifetimes)

    def init(self) -> None:
        """Make keys and an empty feed."""
        if (self.feed / METADATA).exists():
            raise Taken(f"cannot make feed {self.feed}: there is one already")
        create_keys(self.keys)
        (self.feed / METADATA).mkdir(parents=True)
        (self.feed / ARTIFACTS).mkdir(exist_ok=True)
        write_root(
            self.feed, self.keys, previous=None, now=self.clock.now(), lifetimes=self.lifetimes
        )
        self._write(Published())

    def publish(self, directories: Sequence[Path], marks: Callable[[str], Entry]) -> None:
        """Put releases that were built into the feed, all or none of them.

        ``marks`` says what the index is to have about a version.
        """
        with locked(self.feed / ".lock"):
            published = read_feed(self.feed)
            for directory in directories:
                release = read_built(directory)
                _check_unchanged(published, release)
                published = published.with_release(release, marks(release.version))
            _check_ways(published)
            for directory in directories:
                for artifact in read_built(directory).artifacts:
                    _copy(directory / artifact.name, self.feed / ARTIFACTS / artifact.sha256)
            self._write(published)

    def withdraw(self, version: str, reason: str) -> None:
        """Say that a release is not to be used any more; refused where others need it."""
        self._amend(version, lambda entry: replace(entry, withdrawn=reason))

    def require(self, version: str) -> None:
        """Mark a release as one that cannot be skipped."""
        self._amend(version, lambda entry: replace(entry, required=True))

    def sign(self) -> None:
        """Sign the present state anew, so that it does not become stale."""
        with locked(self.feed / ".lock"):
            self._write(read_feed(self.feed))

    def rotate(self, new_keys: Path) -> None:
        """Let new keys sign from now on; racks that trust the old ones follow by themselves."""
        successor = replace(self, keys=new_keys)
        with locked(self.feed / ".lock"):
            create_keys(new_keys)
            write_root(
                self.feed,
                new_keys,
                previous=self.keys,
                now=self.clock.now(),
                lifetimes=self.lifetimes,
            )
        successor.sign()

    def _amend(self, version: str, change: Callable[[Entry], Entry]) -> None:
        with locked(self.feed / ".lock"):
            published = read_feed(self.feed)
            entry = published.index.find(version)
            if entry is None:
                raise NotFound(f"cannot change release {version}: the feed has no such release")
            changed = published.with_entry(change(entry))
            _check_ways(changed)
            self._write(changed)

    def _write(self, published: Published) -> None:
        targets = {
            release_target(version): serialise_release(release)
            for version, release in published.releases.items()
        }
        targets[INDEX] = serialise_index(published.index)
        now = self.clock.now()
        write_targets(self.feed, self.keys, targets, now=now, lifetimes=self.lifetimes)


def entry_for(version: str, *, now: datetime) -> Entry:
    """Return what the index has about a release that is simply published."""
    created = now.replace(microsecond=0)
    return Entry(version=version, created=created, channels={STABLE: created})


def read_feed(feed: Path) -> Published:
    """Return what the publisher's own feed says; its signatures are not looked at."""
    targets = dict(read_targets(feed))
    index = parse_index(targets.pop(INDEX))
    found = [parse_release(content) for content in targets.values()]
    return Published(index=index, releases={release.version: release for release in found})


def read_built(directory: Path) -> RackRelease:
    """Return the document of a release that was built; its artifacts lie beside it, whole."""
    try:
        release = parse_release((directory / DOCUMENT).read_bytes())
    except FileNotFoundError as error:
        raise NotFound(
            f"cannot publish {directory}: it has no {DOCUMENT}; build the release first"
        ) from error
    for artifact in release.artifacts:
        _check_artifact(directory, artifact)
    return release


def check_order(published: Published, release: RackRelease) -> None:
    """Refuse a release that is older than the feed's newest."""
    newest = max(published.releases, default="")
    if release.version < newest and release.version not in published.releases:
        raise Refused(
            f"cannot publish {release.version}: it is older than {newest}, the newest; give it a"
            " later version, or insert it on purpose (--insert)"
        )


def _check_unchanged(published: Published, release: RackRelease) -> None:
    before = published.releases.get(release.version)
    if before is not None and before != release:
        raise Taken(
            f"cannot publish {release.version}: the feed has this version with other content;"
            " give it a version of its own"
        )


def _check_ways(published: Published) -> None:
    found = troubles(published.index, published.releases)
    if found:
        raise Refused(f"cannot change the feed: {'; '.join(found)}")


def _check_artifact(directory: Path, artifact: Artifact) -> None:
    file = directory / artifact.name
    if not file.is_file():
        raise InvalidInput(f"cannot publish {directory}: artifact {artifact.name} is missing")
    problem = mismatch(file, artifact)
    if problem:
        raise FeedUntrusted(f"cannot publish {directory}: artifact {artifact.name}: {problem}")


def _copy(source: Path, target: Path) -> None:
    if not target.exists():
        draft = target.with_name(f".{target.name}")
        shutil.copyfile(source, draft)
        sync_file(draft)
        draft.rename(target)
