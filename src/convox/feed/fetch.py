"""Bring what a feed has to this machine, verified."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from convox.errors import FeedUnreachable, FeedUntrusted, NotFound
from convox.feed.document import check_version, parse_release
from convox.feed.index import Index
from convox.feed.layout import ARTIFACTS, FIRST_ROOT, kept_document
from convox.feed.release import Artifact, RackRelease
from convox.feed.store import Store
from convox.host.download import Download, download

if TYPE_CHECKING:
    from convox.feed.reading import Reading

_CHUNK = 1024 * 1024

Progress = Callable[[int], None]
"""Told how many bytes of an artifact are there."""


class FeedClient:
    """A feed as a rack sees it.

    ``url`` is an address for HTTP or a folder's path. ``directory`` holds ``root.json``, which
    trust begins with, and what was seen of the feed: it must outlive updates, since without it an
    older state of the feed could not be told from the present one.
    """

    def __init__(self, url: str, directory: Path, store: Store) -> None:
        self._url = url.rstrip("/")
        self._directory = directory
        self._store = store
        self._reading: Reading | None = None
        self._alone = asyncio.Lock()

    async def refresh(self, since: str = "") -> Index:
        """Ask the feed for its present state, and return what its index says.

        With ``since``, older releases may be left out. ``FeedUnreachable`` where it does not
        answer, ``FeedUntrusted`` where what it answers is stale, older than what was seen, or not
        signed.
        """
        async with self._alone:
            self._reading = None
            reading = await self._read()
            return await asyncio.to_thread(reading.index, since)

    async def release(self, version: str) -> RackRelease:
        """Return the document of a release; ``NotFound`` where the feed has none such."""
        check_version(version)
        async with self._alone:
            reading = await self._read()
            return await asyncio.to_thread(reading.release, version)

    async def releases(self, versions: Iterable[str]) -> Mapping[str, RackRelease]:
        """Return the documents of these releases."""
        return {version: await self.release(version) for version in versions}

    def kept(self, version: str) -> RackRelease:
        """Return the document of a release that was read before, without asking the feed."""
        file = self._file(kept_document(check_version(version)))
        try:
            release = parse_release(file.read_bytes())
        except FileNotFoundError as error:
            raise NotFound(
                f"cannot read release {version}: this rack has not read it from its feed"
            ) from error
        if release.version != version:
            raise FeedUntrusted(
                f"cannot read release {version}: its document is that of {release.version}"
            )
        return release

    async def fetch(self, artifact: Artifact, progress: Progress | None = None) -> Path:
        """Bring an artifact into the store, and return where it is there.

        Goes on where an earlier attempt broke off. ``FeedUntrusted`` where it is not the one that
        the release names.
        """
        if self._store.has(artifact.sha256):
            return self._store.path(artifact.sha256)
        partial = self._store.incoming(artifact)
        try:
            await self._gather(artifact, partial, progress or _unwatched)
        except (OSError, HTTPException) as error:
            raise FeedUnreachable(
                f"cannot fetch {artifact.name} from feed {self._url}: {error}; what has come is"
                " kept, try again"
            ) from error
        return await asyncio.to_thread(self._store.add, partial, artifact)

    async def _gather(self, artifact: Artifact, partial: Path, progress: Progress) -> None:
        here = partial.stat().st_size if partial.exists() else 0
        if here == artifact.size and here > 0:
            return
        address = f"{self._url}/{ARTIFACTS}/{artifact.sha256}"
        offset = here if here < artifact.size else 0
        found = await asyncio.to_thread(download, address, offset=offset)
        with found.stream, partial.open("r+b" if here else "wb") as file:
            file.truncate(found.offset)
            file.seek(found.offset)
            await _pour(found, file, artifact, progress)

    async def _read(self) -> "Reading":
        if self._reading is None:
            from convox.feed.reading import Reading

            root = self._root()
            self._reading = await asyncio.to_thread(Reading, self._url, self._directory, root)
        return self._reading

    def _root(self) -> bytes:
        try:
            return self._file("root.json").read_bytes()
        except FileNotFoundError as error:
            raise FeedUntrusted(
                f"cannot trust feed {self._url}: {self._file('root.json')} is missing; put the root"
                " there that its publisher gave out"
            ) from error

    def _file(self, name: str) -> Path:
        return self._directory / name


async def first_root(url: str) -> bytes:
    """Return the root that a feed shows of itself; who trusts it compares its fingerprint first."""
    address = f"{url.rstrip('/')}/{FIRST_ROOT}"
    try:
        found = await asyncio.to_thread(download, address)
        with found.stream:
            return await asyncio.to_thread(found.stream.read, _CHUNK)
    except (OSError, HTTPException) as error:
        raise FeedUnreachable(
            f"cannot reach feed {url}: {error}; check the address and the network"
        ) from error


async def _pour(found: Download, file: BinaryIO, artifact: Artifact, progress: Progress) -> None:
    """Read chunk by chunk, so that a cancelled call stops, and no further than was promised."""
    sofar = found.offset
    while sofar < artifact.size:
        chunk = await asyncio.to_thread(found.stream.read, min(_CHUNK, artifact.size - sofar))
        if not chunk:
            missing = artifact.size - sofar
            raise ConnectionError(f"the answer broke off {missing} bytes before its end")
        file.write(chunk)
        sofar += len(chunk)
        progress(sofar)


def _unwatched(sofar: int) -> None:
    del sofar
