"""Put rack releases into a feed: a folder that any web server, or a USB stick, can carry.

``artifacts/<sha256>`` are the files of all releases, ``documents/<sha256>`` what is said of them
and the index's pages, ``targets/`` the head of the index, ``metadata/`` the signatures. What
readers look at first is written last.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tuf.api.metadata import Root

from convox.errors import FeedUntrusted, NotFound, Refused, Taken
from convox.feed.admission import troubles
from convox.feed.amendments import check_channel, superseding
from convox.feed.built import read_built
from convox.feed.desk import Desk, Lacks, at_desk, check_free, settle, sign_anew
from convox.feed.document import serialise_release
from convox.feed.index import Entry, Index
from convox.feed.keys import Unlock, create_keys, read_keyring, read_or_create, unlock_nothing
from convox.feed.layout import ARTIFACTS, DOCUMENTS, INDEX, METADATA
from convox.feed.pages import Page, paginate, parse_page, serialise_head
from convox.feed.published import Published, read_published
from convox.feed.release import Content, RackRelease
from convox.feed.roles import OFFLINE, ROLES, first_root, renewed, with_replaced
from convox.feed.signing import Lifetimes, begin, put_targets
from convox.host.clock import Clock
from convox.host.files import sync_file, write_atomically

Marks = Callable[[RackRelease], Entry]
"""Says what the index is to have about a release."""

Amendment = Callable[[Entry, Index], Entry]
"""Makes another entry of one, given the whole index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Who may change a feed: ``keys`` are the directories and files of the keys at hand.

    What each change returns are the signatures that it waits for; with none, it is live.
    """

    feed: Path
    keys: tuple[Path, ...]
    clock: Clock
    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    unlock: Unlock = unlock_nothing

    def init(self, passphrase: bytes | None = None) -> None:
        """Make a key for each role, in the first of the directories, and an empty feed.

        The passphrase locks the keys that lie offline: the others sign with nobody there.
        """
        if (self.feed / METADATA).exists():
            raise Taken(f"cannot make feed {self.feed}: there is one already")
        locks = {role: passphrase if role in OFFLINE else None for role in ROLES}
        create_keys(self.keys[0], locks)
        files = [self.keys[0] / f"{role}.pem" for role in ROLES]
        keyring = read_keyring(files, lambda _: passphrase or b"")
        now = self.clock.now()
        keys = {key.file.stem: key.signer.public_key for key in keyring.values()}
        (self.feed / ARTIFACTS).mkdir(parents=True, exist_ok=True)
        targets = put_targets(self.feed, {INDEX: serialise_head([])})
        ends = {role: self.lifetimes.end(role, now) for role in ROLES}
        begin(self.feed, first_root(keys, ends[Root.type]), targets, keyring, ends)

    def publish(self, directories: Sequence[Path], marks: Marks) -> Lacks:
        """Put releases that were built into the feed, all or none, none older than its newest."""
        with self._changing() as desk:
            published = read_published(self.feed, desk.state.targets.signed)
            for directory in directories:
                _check_order(published, read_built(directory))
            return self._put(desk, published, directories, marks)

    def insert(self, directories: Sequence[Path], marks: Marks) -> Lacks:
        """Do the same with releases that may be older than others."""
        with self._changing() as desk:
            published = read_published(self.feed, desk.state.targets.signed)
            return self._put(desk, published, directories, marks)

    def amend(self, version: str, what: str, change: Amendment) -> Lacks:
        """Change what the index says about a release; refused where racks would be stranded."""
        with self._changing() as desk:
            published = read_published(self.feed, desk.state.targets.signed)
            entry = published.index.find(version)
            if entry is None:
                raise NotFound(
                    f"cannot change release {version}: the feed has no such release; `convox-feed"
                    " list` names those that it has"
                )
            changed = published.with_entry(change(entry, published.index))
            _check_ways(changed)
            return _offer(desk, what, changed)

    def sign(self) -> tuple[str, ...]:
        """Sign anew what is current, so that it does not become stale.

        Of the roles whose keys lie offline, those that are half over are signed too where their
        keys are at hand; which of them are not is returned.
        """
        with self._at_desk() as desk:
            return sign_anew(desk)

    def cosign(self) -> Lacks:
        """Add signatures to the change that waits; refused where racks would be stranded."""
        with self._at_desk() as desk:
            if desk.waiting is None:
                return ()
            if desk.waiting.targets is not None:
                _check_ways(read_published(self.feed, desk.waiting.targets.signed))
            return settle(desk, desk.waiting)

    def change_root(self, what: str, change: Callable[[Root], Root]) -> Lacks:
        """Let others sign from now on; racks follow by themselves."""
        with self._changing() as desk:
            root = renewed(desk.state.root.signed, desk.end(Root.type))
            return settle(desk, desk.prepare(what, root=change(root)))

    def rotate(self, new_keys: Path, roles: Sequence[str] = ROLES) -> Lacks:
        """Put new keys, of the same names, in the place of those at hand of these roles."""
        with self._changing() as desk:
            root = renewed(desk.state.root.signed, desk.end(Root.type))
            signing = {identity for role in roles for identity in root.roles[role].keyids}
            old = [key for key in desk.keyring.values() if key.identity in signing]
            if len({key.file.name for key in old}) < len(old):
                raise Refused(
                    "cannot rotate keys: two that are at hand have the same name; name one of their"
                    " directories at a time"
                )
            new = {key.identity: read_or_create(new_keys / key.file.name, key) for key in old}
            public = {identity: key.signer.public_key for identity, key in new.items()}
            changed = with_replaced(root, public, roles)
            return settle(desk.with_keys(new.values()), desk.prepare("rotate keys", root=changed))

    @contextmanager
    def _at_desk(self) -> Iterator[Desk]:
        keyring = read_keyring(self.keys, self.unlock)
        with at_desk(self.feed, keyring, self.lifetimes, self.clock.now()) as desk:
            yield desk

    @contextmanager
    def _changing(self) -> Iterator[Desk]:
        with self._at_desk() as desk:
            check_free(desk)
            yield desk

    def _put(
        self, desk: Desk, published: Published, directories: Sequence[Path], marks: Marks
    ) -> Lacks:
        releases = {directory: read_built(directory) for directory in directories}
        for release in releases.values():
            _check_new(published, release)
            entry = marks(release)
            _check_marks(entry, published.index)
            published = published.with_release(release, entry)
        _check_ways(published)
        for directory, release in releases.items():
            for artifact in release.artifacts:
                _copy(directory / artifact.name, self.feed / ARTIFACTS / artifact.sha256)
        versions = ", ".join(release.version for release in releases.values())
        return _offer(desk, f"publish {versions}", published)


def _offer(desk: Desk, what: str, published: Published) -> Lacks:
    pages = paginate(published.index)
    _check_readable(pages)
    documents = map(serialise_release, published.releases.values())
    for stored in (*documents, *pages.values()):
        place = desk.feed / DOCUMENTS / Content.of(stored).sha256
        place.parent.mkdir(exist_ok=True)
        if not place.exists():
            write_atomically(place, stored)
    files = put_targets(desk.feed, {INDEX: serialise_head(pages)})
    return settle(desk, desk.prepare(what, targets=files))


def _check_readable(pages: Mapping[Page, bytes]) -> None:
    """Refuse what no rack could read: once it is signed, neither could the publisher mend it."""
    try:
        for page, stored in pages.items():
            parse_page(page, stored)
    except FeedUntrusted as error:
        raise Refused(f"cannot change the feed: no rack could read it then: {error}") from error


def _check_new(published: Published, release: RackRelease) -> None:
    """Refuse what is there: what was said of it since, a withdrawal above all, would be unsaid."""
    before = published.releases.get(release.version)
    if before is None:
        return
    if before != release:
        raise Taken(
            f"cannot publish {release.version}: the feed has this version with other content;"
            " give it a version of its own"
        )
    raise Taken(
        f"cannot publish {release.version}: the feed has it already; say more of it with promote,"
        " ramp, require, supersede or condition"
    )


def _check_order(published: Published, release: RackRelease) -> None:
    """Refuse a release that is older than the feed's newest."""
    newest = max(published.releases, default="")
    if release.version < newest and release.version not in published.releases:
        raise Refused(
            f"cannot publish {release.version}: it is older than {newest}, the newest; give it a"
            " later version, or insert it on purpose (--insert)"
        )


def _check_marks(entry: Entry, index: Index) -> None:
    for channel in entry.channels:
        check_channel(entry, channel)
    if entry.supersedes is not None:
        superseding(entry, entry.supersedes, index)


def _check_ways(published: Published) -> None:
    found = troubles(published.index)
    if found:
        raise Refused(f"cannot change the feed: {'; '.join(found)}")


def _copy(source: Path, target: Path) -> None:
    if not target.exists():
        draft = target.with_name(f".{target.name}")
        shutil.copyfile(source, draft)
        sync_file(draft)
        draft.rename(target)
