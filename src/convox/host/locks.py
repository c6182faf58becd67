"""Locks that hold between the processes of this machine."""

import fcntl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import BinaryIO

from convox.host.clock import Clock

_POLL = 0.02  # seconds


@asynccontextmanager
async def exclusive(path: Path, clock: Clock) -> AsyncIterator[None]:
    """Wait until nobody else holds the lock file, and hold it; a holder that dies lets go."""
    with path.open("ab") as stream:
        while not _take(stream):
            await clock.sleep(_POLL)
        yield


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Do the same where nothing else has to go on while this waits."""
    with path.open("ab") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _take(stream: BinaryIO) -> bool:
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
