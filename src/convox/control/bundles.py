"""Bundles: a piece of the feed that a person brings to a rack which cannot reach it."""

import asyncio
import hashlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from convox.audit import Kind, append
from convox.errors import FeedError, FeedStale, HostError, InvalidInput, Refused
from convox.feed.bundle import MOST, Contents, read_list, unpack
from convox.feed.fetch import FeedClient
from convox.host.capacity import free_disk
from convox.host.clock import Clock
from convox.state import facts
from convox.state.database import Database
from convox.update import journal

_MARGIN = 256 * 1024 * 1024  # bytes of the disk that a bundle leaves to others
_PLACE = ".bundle."


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundles:
    """Takes bundles; ``directory`` is where the rack keeps what it has seen of the feed."""

    feed: FeedClient
    database: Database
    directory: Path
    clock: Clock
    narrate: Callable[[str], None]
    _taking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def take(self, content: AsyncIterator[bytes], *, asked_by: str) -> Contents:
        """Have the feed from this bundle too, if it passes the checks that any mirror has to pass.

        ``FeedUntrusted`` where it does not; then all stays as it was.
        """
        if self._taking.locked():
            raise Refused("cannot take a bundle: another one is being taken; wait for its end")
        self._refuse_amid_update()
        async with self._taking:
            contents, sha256 = await self._take(content)
            self._write_history(contents, sha256, asked_by)
        self.narrate(
            f"took a bundle from {contents.origin} to {contents.target}, {contents.size:,} bytes"
        )
        return contents

    async def _take(self, content: AsyncIterator[bytes]) -> tuple[Contents, str]:
        """Return what was brought, and the SHA-256 of the file that brought it."""
        self._drop_left()
        with tempfile.TemporaryDirectory(dir=self.directory, prefix=_PLACE) as place:
            with (Path(place) / "bundle").open("w+b") as spool:
                sha256 = await _spool(content, spool, Path(place))
                contents, folder = await asyncio.to_thread(_unpacked, spool, Path(place))
            self._refuse_other(contents)
            self._refuse_amid_update()  # one may have begun meanwhile, and needs what is there
            with _said_of_the_bundle():
                await self.feed.adopt(folder, contents.target)
        return contents, sha256

    def _write_history(self, contents: Contents, sha256: str, asked_by: str) -> None:
        detail = {"origin": contents.origin, "target": contents.target, "sha256": sha256}
        with self.database.begin() as connection:
            append(
                connection,
                now=self.clock.now(),
                kind=Kind.BUNDLE,
                who=asked_by,
                text=f"bundle from {contents.origin} to {contents.target}, sha256 {sha256}",
                detail=detail,
            )

    def _drop_left(self) -> None:
        """Remove what a control plane left behind that ended while it took a bundle."""
        for place in self.directory.glob(f"{_PLACE}*"):
            shutil.rmtree(place, ignore_errors=True)

    def _refuse_amid_update(self) -> None:
        with self.database.look() as connection:
            if journal.active(connection) is not None:
                raise Refused("cannot take a bundle: an update is under way; wait for its end")

    def _refuse_other(self, contents: Contents) -> None:
        with self.database.look() as connection:
            running: str = facts.get(connection, "version")
        if running < contents.origin:
            raise Refused(
                f"cannot use the bundle: it leads on from {contents.origin}, and this rack runs"
                f" {running}; have one made with --from {running}"
            )
        if running >= contents.target:
            raise Refused(
                f"cannot use the bundle: it leads to {contents.target}, and this rack runs"
                f" {running} already"
            )


async def _spool(content: AsyncIterator[bytes], spool: BinaryIO, place: Path) -> str:
    size, digest = 0, hashlib.sha256()
    async for piece in content:
        size += len(piece)
        if size > 2 * MOST:  # the files, and what encloses them
            raise InvalidInput(f"cannot take the bundle: it is larger than {MOST:,} bytes")
        _check_room(place, len(piece))
        digest.update(piece)
        await asyncio.to_thread(spool.write, piece)
    spool.seek(0)
    return digest.hexdigest()


def _unpacked(spool: BinaryIO, place: Path) -> tuple[Contents, Path]:
    contents = read_list(spool)
    _check_room(place, contents.size)
    folder = place / "feed"
    folder.mkdir()
    unpack(spool, contents, folder)
    return contents, folder


def _check_room(place: Path, size: int) -> None:
    free, needed = free_disk(place), size + _MARGIN
    if free < needed:
        raise HostError(
            f"cannot take the bundle: {free:,} bytes of the disk are free, and {needed:,} are"
            " needed; make room"
        )


@contextmanager
def _said_of_the_bundle() -> Iterator[None]:
    """Say what is wrong with the feed of a bundle, and that another one is needed."""
    try:
        yield
    except FeedStale as error:
        raise FeedStale(
            f"cannot use the bundle: {error}; then have a bundle made anew (convox-feed bundle)"
        ) from error
    except FeedError as error:
        raise type(error)(f"cannot use the bundle: {error}") from error
