"""Bundles: a piece of the feed that a person brings to a rack which cannot reach it."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from convox.errors import FeedError, FeedStale, HostError, InvalidInput, Refused
from convox.feed.bundle import MOST, Contents, read_list, unpack
from convox.feed.fetch import FeedClient
from convox.state import facts
from convox.state.database import Database
from convox.update import journal

_MARGIN = 256 * 1024 * 1024  # bytes of the disk that a bundle leaves to others


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundles:
    """Takes bundles; ``directory`` is where the rack keeps what it has seen of the feed."""

    feed: FeedClient
    database: Database
    directory: Path
    narrate: Callable[[str], None]

    async def take(self, content: AsyncIterator[bytes]) -> Contents:
        """Have the feed from this bundle too, if it passes the checks that any mirror has to pass.

        ``FeedUntrusted`` where it does not; then all stays as it was.
        """
        self._refuse_now()
        with tempfile.TemporaryDirectory(dir=self.directory, prefix=".bundle.") as place:
            with (Path(place) / "bundle").open("w+b") as spool:
                await _spool(content, spool)
                contents, folder = await asyncio.to_thread(_unpacked, spool, Path(place))
            self._refuse_other(contents)
            with _said_of_the_bundle():
                await self.feed.adopt(folder, contents.target)
        self.narrate(
            f"took a bundle from {contents.origin} to {contents.target}, {contents.size:,} bytes"
        )
        return contents

    def _refuse_now(self) -> None:
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


async def _spool(content: AsyncIterator[bytes], spool: BinaryIO) -> None:
    size = 0
    async for piece in content:
        size += len(piece)
        if size > 2 * MOST:
            raise InvalidInput(f"cannot take the bundle: it is larger than {MOST:,} bytes")
        await asyncio.to_thread(spool.write, piece)
    spool.seek(0)


def _unpacked(spool: BinaryIO, place: Path) -> tuple[Contents, Path]:
    contents = read_list(spool)
    free = shutil.disk_usage(place).free
    if free < contents.size + _MARGIN:
        raise HostError(
            f"cannot unpack the bundle: {free:,} bytes of the disk are free, and"
            f" {contents.size + _MARGIN:,} are needed; make room"
        )
    folder = place / "feed"
    folder.mkdir()
    unpack(spool, contents, folder)
    return contents, folder


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
