"""A feed in memory whose publisher signs anything, and a rack that reads it without a socket."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from securesystemslib.signer import CryptoSigner
from tuf.api import exceptions
from tuf.api.metadata import (
    Metadata,
    MetaFile,
    Root,
    Signed,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.ngclient.fetcher import FetcherInterface

from convox.feed.trust import Trust

INDEX = "index.json"
ROLES = ("root", "timestamp", "snapshot", "targets")


class Repository(FetcherInterface):
    """What the publisher says next is in the four roles; ``publish`` signs and serves it.

    ``served`` is every file by its name, ``asked`` the names that were asked for.
    """

    def __init__(self, *, hashed: bool = True) -> None:
        self.hashed = hashed
        self.ends = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
        self.root = Root(expires=self.ends)
        self.targets = Targets(expires=self.ends)
        self.snapshot = Snapshot(expires=self.ends)
        self.timestamp = Timestamp(expires=self.ends)
        self.signers: dict[str, list[CryptoSigner]] = {role: [] for role in ROLES}
        self.served: dict[str, bytes] = {}
        self.asked: list[str] = []
        for role in ROLES:
            self.add_key(role)
        self.put(INDEX, b"the first index")
        self._serve(self.root)
        self.publish()

    def add_key(self, role: str, signer: CryptoSigner | None = None) -> CryptoSigner:
        """Let one more key sign for a role."""
        made = signer or CryptoSigner.generate_ed25519()
        self.root.add_key(made.public_key, role)
        self.signers[role].append(made)
        return made

    def rotate(self, role: str) -> None:
        """Let a new key sign for a role, and none of the old ones."""
        for key in list(self.root.roles[role].keyids):
            self.root.revoke_key(key, role)
        self.signers[role] = []
        self.add_key(role)

    def publish_root(self, *extra: CryptoSigner) -> None:
        """Serve the next root, which others sign too."""
        self.root.version += 1
        self._serve(self.root, *extra)

    def put(self, name: str, content: bytes) -> None:
        """Have a target; it is signed with the next ``publish``."""
        self.targets.targets[name] = TargetFile.from_data(name, content, ["sha256"])
        prefixed = self.targets.targets[name].get_prefixed_paths()[0]
        self.served[f"targets/{prefixed}"] = content

    def publish(self, *roles: str) -> None:
        """Serve the next version of these roles, or of all but root."""
        for role in roles or ("targets", "snapshot", "timestamp"):
            signed = self.role(role)
            if self.name(signed) in self.served:
                signed.version += 1
            self.serve(role)

    def serve(self, role: str) -> None:
        """Sign and serve a role in the version that it has, and note it where it belongs."""
        content = self._serve(self.role(role))
        if role == "targets":
            self.snapshot.meta["targets.json"] = self._meta(self.targets.version, content)
        if role == "snapshot":
            self.timestamp.snapshot_meta = self._meta(self.snapshot.version, content)

    def role(self, name: str) -> Signed:
        """Return what a role says next."""
        found: Signed = getattr(self, name)
        return found

    def name(self, signed: Signed) -> str:
        """Return the name of the file that a role is served as."""
        is_prefixed = signed.type == "root" or self.root.consistent_snapshot
        is_prefixed = is_prefixed and signed.type != "timestamp"
        prefix = f"{signed.version}." if is_prefixed else ""
        return f"metadata/{prefix}{signed.type}.json"

    def first_root(self) -> bytes:
        """Return what a rack is installed with."""
        return self.served["metadata/1.root.json"]

    def _meta(self, version: int, content: bytes) -> MetaFile:
        return (
            MetaFile.from_data(version, content, ["sha256"]) if self.hashed else MetaFile(version)
        )

    def _serve(self, signed: Signed, *extra: CryptoSigner) -> bytes:
        sealed = Metadata(signed)
        for signer in (*self.signers[signed.type], *extra):
            sealed.sign(signer, append=True)
        content = sealed.to_bytes()
        self.served[self.name(signed)] = content
        return content

    def _fetch(self, url: str) -> Iterator[bytes]:
        name = url.removeprefix("memory:/")
        self.asked.append(name)
        if name not in self.served:
            raise exceptions.DownloadHTTPError(f"there is no {name}", 404)
        return iter([self.served[name]])


class Reader:
    """A rack, as far as it relies on signatures; ``home`` remembers what it has seen."""

    def __init__(self, home: Path, repository: Repository) -> None:
        self.home = home
        self.repository = repository
        self.root = repository.first_root()

    def look(self) -> Trust:
        """Look at the feed, and remember it; an error changes nothing but who may sign."""
        self.repository.asked.clear()
        trust = Trust("memory:", self.home, self.root, self.repository)
        trust.keep()
        return trust

    def index(self) -> bytes:
        """Return what the feed says."""
        return self.look().bring(INDEX, self.home / INDEX)

    def version(self, role: str) -> int:
        """Return which version of a role is believed; 0 where none is."""
        metadata = self.home / "metadata"
        if role == "root":
            roots = (metadata / "root_history").glob("*.root.json")
            return max((int(file.name.split(".")[0]) for file in roots), default=0)
        file = metadata / f"{role}.json"
        return Metadata.from_file(str(file)).signed.version if file.exists() else 0

    @property
    def versions(self) -> tuple[int, ...]:
        """What is believed of root, timestamp, snapshot and targets."""
        return tuple(self.version(role) for role in ROLES)
