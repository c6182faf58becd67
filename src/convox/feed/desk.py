"""Where a publisher works: a feed that nobody else changes meanwhile, and the keys at hand.

A change goes live as a whole. It is written down first; once enough have signed it, the files come
that nobody looks for yet, then the timestamp, at which readers look first. A new root comes after
that: until it is there, the old one vouches for everything too, as far as its keys are at hand.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from tuf.api.metadata import Metadata, Root, Snapshot, TargetFile, Targets, Timestamp

from convox.errors import Refused
from convox.feed.change import (
    Change,
    Lack,
    check_fits,
    drop_pending,
    fits,
    is_live,
    keep_pending,
    read_pending,
)
from convox.feed.keys import KeyInHand, Keyring
from convox.feed.layout import METADATA
from convox.feed.roles import label, renewed
from convox.feed.signing import (
    TIMESTAMP_FILE,
    Lifetimes,
    State,
    add_signatures,
    check_signed,
    described,
    missing,
    named,
    read_mark,
    read_state,
)
from convox.host.files import write_atomically
from convox.host.locks import locked

Lacks = tuple[Lack, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A feed as it was when work on it began, and what is at hand to sign with.

    ``waiting`` is the change that others have begun and not all have signed.
    """

    feed: Path
    state: State
    keyring: Keyring
    lifetimes: Lifetimes
    now: datetime
    waiting: Change | None = None

    def end(self, role: str) -> datetime:
        """Return until when what a role signs now is good."""
        return self.lifetimes.end(role, self.now)

    def with_keys(self, keys: Iterable[KeyInHand]) -> "Desk":
        """Return the same with more keys at hand."""
        return replace(self, keyring={**self.keyring, **{key.identity: key for key in keys}})

    def is_due(self, role: str) -> bool:
        """Say whether more than half of the time is over for which a role has signed."""
        signed = {
            Root.type: self.state.root.signed,
            Targets.type: self.state.targets.signed,
            Snapshot.type: self.state.snapshot.signed,
        }[role]
        return self.lifetimes.is_due(signed, self.now)

    def has_keys(self, role: str) -> bool:
        """Say whether enough keys are at hand to sign for a role."""
        wanted = self.state.root.signed.roles[role]
        return sum(identity in self.keyring for identity in wanted.keyids) >= wanted.threshold

    def prepare(
        self,
        what: str,
        *,
        root: Root | None = None,
        targets: Mapping[str, TargetFile] | None = None,
    ) -> Change:
        """Return the change to this root and these targets, not signed yet.

        What the new root does not vouch for any more is to be signed anew.
        """
        sealed = Metadata(root) if root is not None else None
        again = root is not None and missing(self.state.targets, root)[0] > 0
        files = self.state.targets.signed.targets if targets is None and again else targets
        return Change(
            what=what,
            made=self.now.replace(microsecond=0),
            root=sealed,
            targets=None if files is None else Metadata(self._targets(files)),
        )

    def sign(self, change: Change) -> None:
        """Add to the change what the keys at hand can."""
        before, after = self._roots(change)
        if change.root is not None:
            add_signatures(change.root, (before, after), self.keyring)
        if change.targets is not None:
            add_signatures(change.targets, (before, after), self.keyring)

    def lacks(self, change: Change) -> Lacks:
        """Return which signatures are wanted before it may go live, each of them once."""
        return tuple(dict.fromkeys(self._lacks(change)))

    def put_live(self, change: Change) -> None:
        """Let readers see the change, of which nothing is lacking."""
        files = self._files(change)
        if read_mark(self.feed) != self.state.mark:
            raise Refused(
                f"cannot change feed {self.feed}: somebody else has changed it meanwhile; do it"
                " again, on what is there now"
            )
        for name, content in files.items():
            write_atomically(self.feed / METADATA / name, content)

    def _files(self, change: Change) -> Mapping[str, bytes]:
        """Return the files of the metadata that changes, in the order in which to write them."""
        before, after = self._roots(change)
        files = {}
        if change.targets is not None:
            files[named(change.targets)] = change.targets.to_bytes()
        snapshot = self._snapshot(change, after)
        if snapshot is not None:
            add_signatures(snapshot, (before, after), self.keyring)
            files[named(snapshot)] = snapshot.to_bytes()
        timestamp = self._timestamp(snapshot)
        add_signatures(timestamp, (before, after), self.keyring)
        files[TIMESTAMP_FILE] = timestamp.to_bytes()
        if change.root is not None:
            files[named(change.root)] = change.root.to_bytes()
        return files

    def _roots(self, change: Change) -> tuple[Root, Root]:
        before = self.state.root.signed
        return before, before if change.root is None else change.root.signed

    def _lacks(self, change: Change) -> Iterator[Lack]:
        before, after = self._roots(change)
        if change.root is not None:
            for root in (before, after):
                yield from _lack(change.root, root)
        if change.targets is not None:
            yield from _lack(change.targets, after)
        snapshot = () if self._snapshot(change, after) is None else (Snapshot.type,)
        for role in (*snapshot, Timestamp.type):
            keys = after.roles[role].keyids
            away = [identity for identity in keys if identity not in self.keyring]
            number = after.roles[role].threshold - (len(keys) - len(away))
            if number > 0:
                signers = tuple(label(after.keys[identity]) for identity in away)
                yield Lack(role=role, number=number, signers=signers)

    def _targets(self, files: Mapping[str, TargetFile]) -> Targets:
        return Targets(
            version=self.state.targets.signed.version + 1,
            expires=self.end(Targets.type),
            targets=dict(files),
        )

    def _snapshot(self, change: Change, root: Root) -> Metadata[Snapshot] | None:
        """Return a new snapshot, ``None`` where the one that is there will do."""
        signed = self.state.snapshot.signed
        is_good = missing(self.state.snapshot, root)[0] == 0
        is_to_renew = self.is_due(Snapshot.type) and self.has_keys(Snapshot.type)
        if change.targets is None and is_good and not is_to_renew:
            return None
        names = signed.meta
        if change.targets is not None:
            names = {"targets.json": described(change.targets)}
        return Metadata(
            Snapshot(
                version=signed.version + 1,
                expires=self.end(Snapshot.type),
                meta=names,
            )
        )

    def _timestamp(self, snapshot: Metadata[Snapshot] | None) -> Metadata[Timestamp]:
        signed = self.state.timestamp.signed
        return Metadata(
            Timestamp(
                version=signed.version + 1,
                expires=self.end(Timestamp.type),
                snapshot_meta=signed.snapshot_meta if snapshot is None else described(snapshot),
            )
        )


@contextmanager
def at_desk(feed: Path, keyring: Keyring, lifetimes: Lifetimes, now: datetime) -> Iterator[Desk]:
    """Yield the desk, alone on this machine.

    A change that has all signatures and was cut off on its way is put live first.
    """
    with locked(feed / ".lock"):
        desk = _open(feed, keyring, lifetimes, now)
        if desk.waiting is not None and _can_go_on(desk, desk.waiting):
            settle(desk, desk.waiting)
            desk = _open(feed, keyring, lifetimes, now)
        yield desk


def check_free(desk: Desk) -> None:
    """Refuse to begin a change while another one waits."""
    if desk.waiting is not None:
        raise Refused(
            f"cannot change feed {desk.feed}: a change waits for signatures ({desk.waiting.what});"
            " let it be signed (convox-feed cosign) or drop it (convox-feed cosign --drop)"
        )


def settle(desk: Desk, change: Change) -> Lacks:
    """Sign the change and put it live; return what is lacking where it has to wait instead."""
    check_fits(change, desk.state)
    desk.sign(change)
    keep_pending(desk.feed, change)
    lacks = desk.lacks(change)
    if not lacks:
        desk.put_live(change)
        drop_pending(desk.feed)
    return lacks


def sign_anew(desk: Desk) -> tuple[str, ...]:
    """Sign what is current anew; return the roles that should be and whose keys are away.

    While a change waits, root and targets wait for that.
    """
    due = [role for role in (Root.type, Targets.type, Snapshot.type) if desk.is_due(role)]
    away = tuple(role for role in due if not desk.has_keys(role))
    now = [role for role in due if role not in away and desk.waiting is None]
    root = renewed(desk.state.root.signed, desk.end(Root.type)) if Root.type in now else None
    files = desk.state.targets.signed.targets if Targets.type in now else None
    change = desk.prepare("sign anew", root=root, targets=files)
    desk.sign(change)
    lacks = desk.lacks(change)
    if lacks:
        raise Refused(f"cannot sign feed {desk.feed}: {'; '.join(map(str, lacks))}")
    desk.put_live(change)
    return away


def _open(feed: Path, keyring: Keyring, lifetimes: Lifetimes, now: datetime) -> Desk:
    state, waiting = read_state(feed), read_pending(feed)
    roots = [state.root.signed]
    if waiting is not None and waiting.root is not None:
        roots.append(waiting.root.signed)
    check_signed(feed, state, roots)
    if not any(identity in root.keys for identity in keyring for root in roots):
        signers = ", ".join(sorted(map(label, state.root.signed.keys.values())))
        raise Refused(
            f"cannot sign feed {feed}: none of the keys at hand may; its signers are {signers}"
        )
    if waiting is not None and is_live(waiting, state):
        drop_pending(feed)
        waiting = None
    return Desk(
        feed=feed, state=state, keyring=keyring, lifetimes=lifetimes, now=now, waiting=waiting
    )


def _can_go_on(desk: Desk, change: Change) -> bool:
    if not fits(change, desk.state):
        return False
    return not desk.lacks(change)


def _lack(sealed: Metadata[Any], root: Root) -> Iterator[Lack]:
    number, keys = missing(sealed, root)
    if number > 0:
        signers = tuple(sorted(map(label, keys)))
        yield Lack(role=sealed.signed.type, number=number, signers=signers)
