"""A copy of a feed in a folder, for another web server or a place without a network.

Everything is verified before it is shown: signatures, hashes, and that the source is neither older
nor another one than the copy. Files that are there are not brought again, and one that broke off
is gone on with. What readers look at first, the timestamp, is written last; only where the key of
that was rotated may a rack that asks in the same instant have to ask again.
"""

import asyncio
import contextlib
import shutil
from collections.abc import Iterable, Iterator, Mapping
from http.client import HTTPException
from pathlib import Path

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, T, Targets, Timestamp

from convox.errors import FeedUnreachable, FeedUntrusted, RackError, Refused
from convox.feed.contents import read_content
from convox.feed.document import parse_release
from convox.feed.gather import gather, unwatched
from convox.feed.index import Index
from convox.feed.layout import ARTIFACTS, DOCUMENTS, FIRST_ROOT, INDEX, METADATA, TARGETS
from convox.feed.pages import joined, parse_head, parse_page
from convox.feed.release import Artifact, Content
from convox.feed.signing import TIMESTAMP_FILE
from convox.feed.store import Store
from convox.host.download import download
from convox.host.files import write_atomically
from convox.host.locks import locked
from convox.host.paced import Pace

_LOCK = ".lock"
_LARGEST = 5_000_000  # bytes of a metadata file


class Mirror:
    """A copy of the feed at ``source``, an address or a folder, in the folder ``copy``.

    Trust begins with the root of the copy; in a new one with ``root``, or else with the first that
    the source shows. ``files`` and ``bytes`` count what was brought.
    """

    def __init__(self, source: str, copy: Path, root: bytes | None = None) -> None:
        self.files = 0
        self.bytes = 0
        self._source = source.rstrip("/")
        self._copy = copy
        self._root = root

    def update(self) -> Index:
        """Bring what is new; ``FeedUntrusted`` where it is not what its publisher has signed."""
        self._copy.mkdir(parents=True, exist_ok=True)
        with locked(self._copy / _LOCK), self._nothing_left_of_nothing():
            try:
                metadata = self._read_metadata()
                index = self._bring_documents(self._bring_head(metadata))
            except FileNotFoundError as error:
                raise FeedUnreachable(
                    f"cannot mirror {self._source}: {error}; check the address, and that the feed"
                    " was copied whole"
                ) from error
            except RepositoryError as error:
                raise FeedUntrusted(
                    f"cannot mirror {self._source}: {error}; its files are damaged or not in step,"
                    " try again later"
                ) from error
            for name, content in metadata.items():
                self._keep(f"{METADATA}/{name}", content)
        return index

    @contextlib.contextmanager
    def _nothing_left_of_nothing(self) -> Iterator[None]:
        """Where it fails before anything has come, leave no folder that looks like a copy."""
        try:
            yield
        except RackError:
            if [file.name for file in self._copy.iterdir()] == [_LOCK]:
                shutil.rmtree(self._copy)
            raise

    def _read_metadata(self) -> Mapping[str, bytes]:
        """Return the files of the metadata, verified, the timestamp last."""
        found: dict[str, bytes] = {}
        root = self._follow_roots(found)
        stamp = self._fetch(f"{METADATA}/{TIMESTAMP_FILE}")
        timestamp = _verified(Timestamp, stamp, root)
        snapshot = _verified(Snapshot, self._read(timestamp.snapshot_meta, "snapshot", found), root)
        _verified(Targets, self._read(snapshot.meta["targets.json"], "targets", found), root)
        self._check_descent(timestamp)
        return {**found, TIMESTAMP_FILE: stamp}

    def _follow_roots(self, found: dict[str, bytes]) -> Root:
        """Read root after root, as far as there is one; those of the copy first."""
        first = self._fetch(FIRST_ROOT)
        own = self._copy / FIRST_ROOT
        if first != (own.read_bytes() if own.exists() else self._root or first):
            raise FeedUntrusted(
                f"cannot mirror {self._source}: it begins with another root than the one that is"
                " trusted; check that it is the feed that it should be"
            )
        sealed = Metadata[Root].from_bytes(first)
        sealed.signed.verify_delegate(Root.type, sealed.signed_bytes, sealed.signatures)
        found["1.root.json"] = first
        while content := self._find_root(name := f"{sealed.signed.version + 1}.root.json"):
            after = Metadata[Root].from_bytes(content)
            for root in (sealed.signed, after.signed):
                root.verify_delegate(Root.type, after.signed_bytes, after.signatures)
            found[name], sealed = content, after
        return sealed.signed

    def _find_root(self, name: str) -> bytes | None:
        own = self._copy / METADATA / name
        if own.exists():
            return own.read_bytes()
        with contextlib.suppress(FileNotFoundError):
            return self._fetch(f"{METADATA}/{name}")
        return None

    def _read(self, meant: MetaFile, role: str, found: dict[str, bytes]) -> bytes:
        name = f"{meant.version}.{role}.json"
        found[name] = self._fetch(f"{METADATA}/{name}")
        meant.verify_length_and_hashes(found[name])
        return found[name]

    def _check_descent(self, timestamp: Timestamp) -> None:
        """Refuse what is older than the copy, or does not go on from it."""
        own = self._copy / METADATA / TIMESTAMP_FILE
        if not own.exists():
            return
        seen = Metadata[Timestamp].from_bytes(own.read_bytes()).signed
        if timestamp.version < seen.version:
            raise Refused(
                f"cannot mirror {self._source} to {self._copy}: it is older than what is there;"
                " mirror it the other way, or name a source that is up to date"
            )
        name = f"{METADATA}/{seen.snapshot_meta.version}.snapshot.json"
        with contextlib.suppress(FileNotFoundError):
            if self._fetch(name) == (self._copy / name).read_bytes():
                return
        raise Refused(
            f"cannot mirror {self._source} to {self._copy}: each has a change that the other has"
            " not; mirror one of them to a new folder, and make the change of the other there again"
        )

    def _bring_head(self, metadata: Mapping[str, bytes]) -> bytes:
        (named,) = (name for name in metadata if name.endswith(".targets.json"))
        target = Metadata[Targets].from_bytes(metadata[named]).signed.targets[INDEX]
        name = f"{TARGETS}/{target.get_prefixed_paths()[0]}"
        head = self._fetch(name)
        target.verify_length_and_hashes(head)
        self._keep(name, head)
        return head

    def _bring_documents(self, head: bytes) -> Index:
        """Bring all that the index names."""
        index = joined(
            parse_page(page, self._document(page.content, f"the page from {page.first} on"))
            for page in parse_head(head).pages
        )
        artifacts: dict[str, Artifact] = {}
        for entry in index.entries:
            what = f"the document of {entry.version}"
            release = parse_release(self._document(entry.document, what))
            artifacts.update({artifact.sha256: artifact for artifact in release.artifacts})
        asyncio.run(self._bring_artifacts(artifacts.values()))
        return index

    async def _bring_artifacts(self, artifacts: Iterable[Artifact]) -> None:
        store = Store(self._copy / ARTIFACTS)
        for artifact in artifacts:
            if not store.has(artifact.sha256):
                await gather(self._source, artifact, store, progress=unwatched, pace=Pace())
                self._count(artifact.size)

    def _document(self, content: Content, what: str) -> bytes:
        file = self._copy / DOCUMENTS / content.sha256
        if file.exists() and Content.of(file.read_bytes()) == content:
            return file.read_bytes()
        found = read_content(self._source, content, what)
        self._keep(f"{DOCUMENTS}/{content.sha256}", found)
        return found

    def _keep(self, name: str, content: bytes) -> None:
        file = self._copy / name
        if not file.exists() or file.read_bytes() != content:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(file, content)
            self._count(len(content))

    def _count(self, size: int) -> None:
        self.files += 1
        self.bytes += size

    def _fetch(self, name: str) -> bytes:
        """Read a file of the source; ``FileNotFoundError`` where it has none such."""
        try:
            with download(f"{self._source}/{name}", most=_LARGEST).stream as stream:
                content = stream.read(_LARGEST + 1)
        except FileNotFoundError:
            raise
        except (OSError, HTTPException) as error:
            raise FeedUnreachable(
                f"cannot mirror {self._source}: {error}; what has come is kept, try again"
            ) from error
        if len(content) > _LARGEST:
            raise FeedUntrusted(f"cannot mirror {self._source}: {name} has no end")
        return content


def _verified(_form: type[T], content: bytes, root: Root) -> T:
    """Return what the metadata says, which the root lets its signers say."""
    sealed = Metadata[T].from_bytes(content)
    root.verify_delegate(sealed.signed.type, sealed.signed_bytes, sealed.signatures)
    return sealed.signed
