"""Files that one program writes to while others read."""

import contextlib
import fcntl
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import BinaryIO

from convox.host.clock import Clock

_READ = 65536  # bytes
_PAUSE = 0.2  # seconds between two looks at a file that has ended


class GrowingFile:
    """A file that is appended to; as long as it is open, others can see that somebody writes."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        self._stream: BinaryIO = path.open("ab", buffering=0)
        fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def append(self, data: bytes) -> None:
        """Write at the end."""
        self._stream.write(data)

    def close(self) -> None:
        """Write no more."""
        self._stream.close()


def has_writer(path: Path) -> bool:
    """Say whether somebody has the file open as a ``GrowingFile``."""
    with contextlib.suppress(FileNotFoundError), path.open("rb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


async def follow(
    path: Path, clock: Clock, *, has_ended: Callable[[], bool]
) -> AsyncIterator[bytes]:
    """Yield the file's content from its start, and what is added, until the writer has ended.

    A file that is not there is empty. When another takes its place, that one is read from its
    start.
    """
    stream: BinaryIO | None = None
    try:
        while True:
            is_last = has_ended()
            stream = stream or _open(path)
            while stream and (data := stream.read(_READ)):
                yield data
            if stream and not _is_at(path, stream):
                stream.close()
                stream = None
            elif is_last:
                return
            else:
                await clock.sleep(_PAUSE)
    finally:
        if stream:
            stream.close()


def _open(path: Path) -> BinaryIO | None:
    with contextlib.suppress(FileNotFoundError):
        return path.open("rb")
    return None


def _is_at(path: Path, stream: BinaryIO) -> bool:
    """Say whether the open file still has its name."""
    try:
        return os.path.samestat(path.stat(), os.fstat(stream.fileno()))
    except FileNotFoundError:
        return False
