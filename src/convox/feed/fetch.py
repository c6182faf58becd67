"""Bring what a feed has to this machine, verified."""

import asyncio
import shutil
from collections.abc import Iterable, Mapping
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING

from convox.errors import FeedStale, FeedUnreachable, FeedUntrusted, NotFound
from convox.feed.document import check_version, parse_release
from convox.feed.gather import Progress, gather, unwatched
from convox.feed.index import Index
from convox.feed.layout import BUNDLE, FIRST_ROOT, kept_document
from convox.feed.mirrors import first_good, parse_mirrors
from convox.feed.platforms import Platform
from convox.feed.release import Artifact, RackRelease, on
from convox.feed.store import Store
from convox.host.download import download
from convox.host.paced import Pace

if TYPE_CHECKING:
    from convox.feed.reading import Reading

_ROOT = 512 * 1024  # bytes of the longest root that is read before anything is trusted


class FeedClient:
    """A feed as a rack sees it.

    ``url`` is an address for HTTP or a folder's path, or several of them, tried in turn.
    ``directory`` holds ``root.json``, which trust begins with, and what was seen of the feed: it
    must outlive updates, since without it an older state of the feed could not be told from the
    present one. With a ``platform``, the releases that it returns are as that one needs them.
    """

    def __init__(
        self,
        url: str,
        directory: Path,
        store: Store,
        *,
        pace: Pace | None = None,
        platform: Platform | None = None,
    ) -> None:
        self._mirrors = parse_mirrors(url)
        self._bundle = directory / BUNDLE
        self._directory = directory
        self._store = store
        self._pace = pace or Pace()
        self._platform = platform
        self._reading: Reading | None = None
        self.seen = Index()
        """What the index said when it was read last."""
        self._alone = asyncio.Lock()

    async def refresh(self, since: str = "") -> Index:
        """Ask the feed for its present state, and return what its index says.

        With ``since``, older releases may be left out. ``FeedUnreachable`` where it does not
        answer, ``FeedUntrusted`` where what it answers is stale, older than what was seen, or not
        signed.
        """
        look = partial(self._look_at_any, self._root(), since)
        async with self._alone:
            self._reading = None
            self.seen = await first_good((*self._mirrors, *self._brought()), look)
            return self.seen

    async def release(self, version: str) -> RackRelease:
        """Return the document of a release; ``NotFound`` where the feed has none such."""
        check_version(version)
        if self._reading is None:
            await self.refresh(version)
        async with self._alone:
            found = await first_good(self._near(), partial(self._document, version))
        return self._as_needed(found)

    async def adopt(self, folder: Path, version: str) -> None:
        """Have a folder that was brought here among the mirrors, in the place of an earlier one.

        It has to have the release, and to pass the same checks as any other mirror. An older state
        of the feed will not be believed any more.
        """
        async with self._alone:
            index = await self._look(self._root(), "", str(folder))
            self._reading = None
            if index.find(version) is None:
                raise FeedUntrusted(f"cannot update to {version}: the feed has no such release")
            await asyncio.to_thread(_replace, self._bundle, folder)

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
        return self._as_needed(release)

    async def fetch(self, artifact: Artifact, progress: Progress = unwatched) -> Path:
        """Bring an artifact into the store, and return where it is there.

        Goes on where an earlier attempt broke off. ``FeedUntrusted`` where it is not the one that
        the release names.
        """
        if self._store.has(artifact.sha256):
            return self._store.path(artifact.sha256)

        async def take(mirror: str) -> Path:
            return await gather(mirror, artifact, self._store, progress=progress, pace=self._pace)

        return await first_good(self._near(), take)

    def _brought(self) -> tuple[str, ...]:
        return (str(self._bundle),) if self._bundle.is_dir() else ()

    def _near(self) -> tuple[str, ...]:
        """Return where to look for what is named by its content: on this machine first."""
        return (*self._brought(), *self._mirrors)

    async def _look(self, root: bytes, since: str, mirror: str) -> Index:
        """Read what a mirror shows, and rely on it once all of that has proved whole."""
        from convox.feed.reading import Reading

        reading = await asyncio.to_thread(Reading, mirror, self._directory, root, self._pace)
        index = await asyncio.to_thread(reading.index, since)
        await asyncio.to_thread(reading.keep)
        self._reading = reading
        return index

    async def _look_at_any(self, root: bytes, since: str, mirror: str) -> Index:
        """Do the same, and take a bundle that is older than what was seen for none.

        It was good when it was brought: where no mirror answers, nobody is to be alarmed by it.
        """
        try:
            return await self._look(root, since, mirror)
        except FeedUntrusted as error:
            if isinstance(error, FeedStale) or mirror not in self._brought():
                raise
            raise FeedUnreachable(str(error)) from error

    async def _document(self, version: str, mirror: str) -> RackRelease:
        if self._reading is None:
            raise FeedUnreachable("cannot read the feed: it was of no use just now; try again")
        return await asyncio.to_thread(self._reading.release, version, mirror)

    def _as_needed(self, release: RackRelease) -> RackRelease:
        return release if self._platform is None else on(release, self._platform)

    def _root(self) -> bytes:
        try:
            return self._file("root.json").read_bytes()
        except FileNotFoundError as error:
            raise FeedUntrusted(
                f"cannot trust feed {' '.join(self._mirrors)}: {self._file('root.json')} is"
                " missing; put the root there that its publisher gave out"
            ) from error

    def _file(self, name: str) -> Path:
        return self._directory / name


async def first_root(url: str) -> bytes:
    """Return the root that a feed shows of itself; who trusts it compares its fingerprint first."""
    return await first_good(parse_mirrors(url), _first_root)


async def _first_root(mirror: str) -> bytes:
    try:
        found = await asyncio.to_thread(download, f"{mirror}/{FIRST_ROOT}", most=_ROOT)
        with found.stream:
            root = await asyncio.to_thread(found.stream.read, _ROOT + 1)
    except FileNotFoundError as error:
        raise FeedUnreachable(
            f"cannot reach feed {mirror}: there is no {FIRST_ROOT} in that folder; name the one"
            " that `convox-feed init` made"
        ) from error
    except (OSError, HTTPException) as error:
        raise FeedUnreachable(
            f"cannot reach feed {mirror}: {error}; check the address and the network"
        ) from error
    if len(root) > _ROOT:
        raise FeedUntrusted(f"cannot read root of feed {mirror}: it is longer than {_ROOT:,} bytes")
    return root


def _replace(folder: Path, other: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    other.rename(folder)
