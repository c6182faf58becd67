"""Bring one artifact into the store from one mirror, going on where an attempt broke off."""

import asyncio
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO

from convox.errors import FeedUnreachable, FeedUntrusted
from convox.feed.layout import ARTIFACTS
from convox.feed.release import Artifact
from convox.feed.store import Store
from convox.host.download import Download, download
from convox.host.paced import Pace

_CHUNK = 1024 * 1024

Progress = Callable[[int], None]
"""Told how many bytes of an artifact are there."""


def unwatched(sofar: int) -> None:
    """Tell nobody."""
    del sofar


async def gather(
    mirror: str, artifact: Artifact, store: Store, *, progress: Progress, pace: Pace
) -> Path:
    """Return where the artifact is in the store.

    What has come before may be from another mirror. Where the whole proves wrong then, this one is
    asked for all of it. ``FeedUnreachable`` where it does not give it, ``FeedUntrusted`` where it
    gives another one.
    """
    partial = store.incoming(artifact)
    was_begun = partial.exists()
    try:
        return await _attempt(mirror, artifact, store, progress=progress, pace=pace)
    except FeedUntrusted:
        if not was_begun:
            raise
    return await _attempt(mirror, artifact, store, progress=progress, pace=pace)


async def _attempt(
    mirror: str, artifact: Artifact, store: Store, *, progress: Progress, pace: Pace
) -> Path:
    partial = store.incoming(artifact)
    try:
        await _continue(
            f"{mirror}/{ARTIFACTS}/{artifact.sha256}", artifact, partial, progress, pace
        )
    except (OSError, HTTPException) as error:
        raise FeedUnreachable(
            f"cannot fetch {artifact.name} from feed {mirror}: {error}; what has come is kept, try"
            " again"
        ) from error
    return await asyncio.to_thread(store.add, partial, artifact)


async def _continue(
    address: str, artifact: Artifact, partial: Path, progress: Progress, pace: Pace
) -> None:
    here = partial.stat().st_size if partial.exists() else 0
    if here == artifact.size and here > 0:
        return
    offset = here if here < artifact.size else 0
    found = await asyncio.to_thread(download, address, most=artifact.size, offset=offset, pace=pace)
    with found.stream, partial.open("r+b" if here else "wb") as file:
        file.truncate(found.offset)
        file.seek(found.offset)
        await _pour(found, file, artifact, progress)


async def _pour(found: Download, file: BinaryIO, artifact: Artifact, progress: Progress) -> None:
    """Read piece by piece, so that a cancelled call stops, and no further than was promised."""
    sofar = found.offset
    while sofar < artifact.size:
        chunk = await asyncio.to_thread(found.stream.read1, min(_CHUNK, artifact.size - sofar))
        if not chunk:
            missing = artifact.size - sofar
            raise ConnectionError(f"the answer broke off {missing} bytes before its end")
        file.write(chunk)
        sofar += len(chunk)
        progress(sofar)
