"""The signed metadata of a feed, from the side of the publisher.

What a feed says is read back only where the feed's own root vouches for it: nobody who writes to
the folder gets a publisher to sign what no publisher has said.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from securesystemslib.signer import Key
from tuf.api.exceptions import RepositoryError, UnsignedMetadataError
from tuf.api.metadata import (
    Metadata,
    MetaFile,
    Root,
    Signed,
    Snapshot,
    T,
    TargetFile,
    Targets,
    Timestamp,
)

from convox.errors import FeedUntrusted, NotFound
from convox.feed.keys import Keyring
from convox.feed.layout import METADATA, TARGETS
from convox.host.files import write_atomically

TIMESTAMP_FILE = "timestamp.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """For how many days what a role signed is good. A rack finds an older timestamp stale."""

    root: int = 1095
    targets: int = 365
    snapshot: int = 365
    timestamp: int = 30

    def end(self, role: str, now: datetime) -> datetime:
        """Return until when it is good if it is signed now."""
        return now + timedelta(days=getattr(self, role))

    def is_due(self, signed: Signed, now: datetime) -> bool:
        """Say whether more than half of it is over."""
        return signed.expires - now < timedelta(days=getattr(self, signed.type)) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is signed in a feed. ``mark`` is another one whenever anything of it has changed."""

    root: Metadata[Root]
    targets: Metadata[Targets]
    snapshot: Metadata[Snapshot]
    timestamp: Metadata[Timestamp]
    mark: bytes


def begin(
    feed: Path,
    root: Root,
    files: dict[str, TargetFile],
    keyring: Keyring,
    ends: Mapping[str, datetime],
) -> None:
    """Sign the first metadata of a feed; ``ends`` says by role until when it is good."""
    metadata = feed / METADATA
    metadata.mkdir(parents=True)

    def seal(signed: T) -> Metadata[T]:
        sealed = Metadata(signed)
        add_signatures(sealed, [root], keyring)
        return sealed

    targets = seal(Targets(version=1, expires=ends[Targets.type], targets=files))
    meta = {"targets.json": described(targets)}
    snapshot = seal(Snapshot(version=1, expires=ends[Snapshot.type], meta=meta))
    meant = described(snapshot)
    timestamp = seal(Timestamp(version=1, expires=ends[Timestamp.type], snapshot_meta=meant))
    write_atomically(metadata / "1.root.json", seal(root).to_bytes())
    write_atomically(metadata / named(targets), targets.to_bytes())
    write_atomically(metadata / named(snapshot), snapshot.to_bytes())
    write_atomically(metadata / TIMESTAMP_FILE, timestamp.to_bytes())


def read_state(feed: Path) -> State:
    """Read what is signed; ``FeedUntrusted`` where it is not what its signers have signed."""
    metadata = feed / METADATA
    mark = read_mark(feed)
    try:
        timestamp = Metadata[Timestamp].from_bytes(mark)
        snapshot = _read(metadata, timestamp.signed.snapshot_meta, Snapshot.type, Snapshot)
        targets = _read(metadata, snapshot.signed.meta["targets.json"], Targets.type, Targets)
        root = _read_roots(metadata)
    except (RepositoryError, OSError) as error:
        raise FeedUntrusted(
            f"cannot read feed {feed}: its metadata is damaged: {error}; take a whole copy of it"
        ) from error
    return State(root=root, targets=targets, snapshot=snapshot, timestamp=timestamp, mark=mark)


def read_mark(feed: Path) -> bytes:
    """Return what the feed's timestamp is now."""
    file = feed / METADATA / TIMESTAMP_FILE
    try:
        return file.read_bytes()
    except FileNotFoundError as error:
        raise NotFound(
            f"cannot read feed {feed}: {file} is missing; make a feed with init"
        ) from error


def read_targets(feed: Path, targets: Targets) -> Mapping[str, bytes]:
    """Return what the targets say; ``FeedUntrusted`` where one is not what was signed."""
    found = {}
    for name, target in targets.targets.items():
        place = feed / TARGETS / target.get_prefixed_paths()[0]
        try:
            found[name] = place.read_bytes()
            target.verify_length_and_hashes(found[name])
        except (RepositoryError, FileNotFoundError) as error:
            raise FeedUntrusted(
                f"cannot read feed {feed}: {place} is not what was signed: {error}; take a whole"
                " copy of the feed"
            ) from error
    return found


def put_targets(feed: Path, contents: Mapping[str, bytes]) -> dict[str, TargetFile]:
    """Put the files of targets beside the ones that are there; nobody looks for them yet."""
    files = {}
    for name, content in contents.items():
        files[name] = TargetFile.from_data(name, content)
        place = feed / TARGETS / files[name].get_prefixed_paths()[0]
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            write_atomically(place, content)
    return files


def add_signatures(sealed: Metadata[T], roots: Iterable[Root], keyring: Keyring) -> None:
    """Sign with every key at hand that any of these roots lets sign for the role."""
    wanted = {identity for root in roots for identity in root.roles[sealed.signed.type].keyids}
    for identity in sorted(wanted & keyring.keys() - sealed.signatures.keys()):
        sealed.sign(keyring[identity].signer, append=True)


def missing(sealed: Metadata[Any], root: Root) -> tuple[int, list[Key]]:
    """Return how many signatures a root wants besides those that are there, and whose may be."""
    found = root.get_verification_result(sealed.signed.type, sealed.signed_bytes, sealed.signatures)
    return found.missing, list(found.unsigned.values())


def named(sealed: Metadata[T]) -> str:
    """Return the name of the file of metadata that has its version in that."""
    return f"{sealed.signed.version}.{sealed.signed.type}.json"


def described(sealed: Metadata[T]) -> MetaFile:
    """Return how other metadata names this one."""
    return MetaFile.from_data(sealed.signed.version, sealed.to_bytes(), ["sha256"])


def check_signed(feed: Path, state: State, roots: Iterable[Root]) -> None:
    """Fail with ``FeedUntrusted`` unless one of these roots vouches for what the feed says."""
    tried = [missing(state.targets, root)[0] for root in roots]
    if min(tried) > 0:
        raise FeedUntrusted(
            f"cannot read feed {feed}: its targets are not signed by who may sign them; somebody"
            " else has changed it, take a copy that was not"
        )


def _read(metadata: Path, named: MetaFile, role: str, _form: type[T]) -> Metadata[T]:
    content = (metadata / f"{named.version}.{role}.json").read_bytes()
    named.verify_length_and_hashes(content)
    return Metadata[T].from_bytes(content)


def _read_roots(metadata: Path) -> Metadata[Root]:
    """Follow the roots from the first one to the newest."""
    root = Metadata[Root].from_bytes((metadata / "1.root.json").read_bytes())
    while (file := metadata / f"{root.signed.version + 1}.root.json").exists():
        after = Metadata[Root].from_bytes(file.read_bytes())
        if not after.signed.get_root_verification_result(
            root.signed, after.signed_bytes, after.signatures
        ):
            raise UnsignedMetadataError(f"{file.name} is not signed by who may sign it")
        root = after
    return root
