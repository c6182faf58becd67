"""Signatures, from the side of the publisher.

Each of TUF's four roles has a key of its own, so that the one that signs most often, the
timestamp's, may lie where it is at hand and the root's where it is safe.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    T,
    TargetFile,
    Targets,
    Timestamp,
)

from convox.errors import InvalidInput, NotFound, Taken
from convox.feed.layout import METADATA, TARGETS
from convox.host.files import write_atomically

ROLES = (Root.type, Targets.type, Snapshot.type, Timestamp.type)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """For how many days what a role signed is good. A rack finds an older timestamp stale."""

    root: int = 1095
    targets: int = 365
    snapshot: int = 365
    timestamp: int = 30


def create_keys(directory: Path) -> None:
    """Make a key for each role, readable by its owner alone."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    for role in ROLES:
        file = directory / f"{role}.pem"
        if file.exists():
            raise Taken(f"cannot create keys: {file} exists; name another directory")
        signer = CryptoSigner.generate_ed25519()
        write_atomically(file, signer.private_bytes, mode=0o600)


def write_root(
    feed: Path, keys: Path, *, previous: Path | None, now: datetime, lifetimes: Lifetimes
) -> None:
    """Let the keys sign for the feed.

    The keys that signed until now sign as well, so that who trusts those trusts the new ones.
    """
    metadata = feed / METADATA
    version = newest(metadata, Root.type) + 1
    root = Root(version=version, expires=now + timedelta(days=lifetimes.root))
    for role in ROLES:
        root.add_key(_signer(keys, role).public_key, role)
    sealed = Metadata(root)
    for directory in filter(None, (previous, keys)):
        sealed.sign(_signer(directory, Root.type), append=True)
    write_atomically(metadata / f"{version}.root.json", sealed.to_bytes())


def write_targets(
    feed: Path,
    keys: Path,
    targets: Mapping[str, bytes],
    *,
    now: datetime,
    lifetimes: Lifetimes,
) -> None:
    """Make these the feed's targets; a reader sees the old state or the new one.

    The timestamp is written last: until then nobody looks for what it names.
    """
    metadata = feed / METADATA
    version = newest(metadata, Targets.type) + 1
    files = {}
    for name, content in targets.items():
        files[name] = TargetFile.from_data(name, content)
        place = feed / TARGETS / files[name].get_prefixed_paths()[0]
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            write_atomically(place, content)

    def seal(signed: T, name: str, days: int) -> MetaFile:
        signed.version, signed.expires = version, now + timedelta(days=days)
        sealed = Metadata(signed)
        sealed.sign(_signer(keys, signed.type))
        content = sealed.to_bytes()
        write_atomically(metadata / name, content)
        return MetaFile.from_data(version, content, ["sha256"])

    described = seal(Targets(targets=files), f"{version}.targets.json", lifetimes.targets)
    snapshot = Snapshot(meta={"targets.json": described})
    described = seal(snapshot, f"{version}.snapshot.json", lifetimes.snapshot)
    seal(Timestamp(snapshot_meta=described), "timestamp.json", lifetimes.timestamp)


def read_targets(feed: Path) -> Mapping[str, bytes]:
    """Return what the targets of the publisher's own feed say, signatures unlooked at."""
    metadata = feed / METADATA
    file = metadata / "timestamp.json"
    if not file.exists():
        raise NotFound(f"cannot read feed {feed}: {file} is missing; make a feed with init")
    timestamp = Metadata[Timestamp].from_file(str(file)).signed
    name = f"{timestamp.snapshot_meta.version}.snapshot.json"
    snapshot = Metadata[Snapshot].from_file(str(metadata / name)).signed
    name = f"{snapshot.meta['targets.json'].version}.targets.json"
    targets = Metadata[Targets].from_file(str(metadata / name)).signed.targets
    return {
        name: (feed / TARGETS / target.get_prefixed_paths()[0]).read_bytes()
        for name, target in targets.items()
    }


def newest(metadata: Path, role: str) -> int:
    """Return the number of the newest metadata of a role, 0 where there is none."""
    numbers = (file.name.partition(".")[0] for file in metadata.glob(f"*.{role}.json"))
    return max((int(number) for number in numbers if number.isdecimal()), default=0)


def _signer(keys: Path, role: str) -> CryptoSigner:
    file = keys / f"{role}.pem"
    try:
        key = load_pem_private_key(file.read_bytes(), None)
    except FileNotFoundError as error:
        raise NotFound(f"cannot sign the feed: {file} is missing; name its keys") from error
    except ValueError as error:
        raise InvalidInput(f"cannot sign the feed: {file} is not a key: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidInput(f"cannot sign the feed: {file} is not an ed25519 key")
    return CryptoSigner(key)
