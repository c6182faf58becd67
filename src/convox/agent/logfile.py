"""Lines on disk, in numbered segments of limited size.

``<stem>.<number>.log``: the highest number is being written, and nothing is ever renamed, so that
a reader finds its place again. A full disk costs lines, which are counted, and nothing else.
"""

import contextlib
import errno
import fcntl
import os
from pathlib import Path

SEGMENT = 10 * 1024 * 1024  # bytes
KEPT = 5  # segments of one process
TOTAL = 256 * 1024 * 1024  # bytes of one app


class LogFile:
    """The segments of one process; only the agent that runs it writes them."""

    def __init__(self, directory: Path, stem: str, *, limit: int = SEGMENT) -> None:
        self._directory = directory
        self._stem = stem
        self._limit = limit
        self._number = max(map(_number, directory.glob(f"{stem}.*.log")), default=0)
        self._descriptor: int | None = None
        self._size = 0
        self.lost = 0
        """Lines that could not be written since the last that could."""

    def append(self, data: bytes) -> None:
        """Write whole lines, or none of them."""
        try:
            if self._descriptor is None or self._size + len(data) > self._limit:
                self._descriptor = self._advance()
            self._write(self._descriptor, self._apology(data) + data)
            self.lost = 0
        except OSError:
            self.lost += data.count(b"\n")

    def close(self) -> None:
        """Let go of the file; it may be pruned from now on."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _write(self, descriptor: int, data: bytes) -> None:
        written = os.write(descriptor, data)
        if written < len(data):
            os.ftruncate(descriptor, self._size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._size += written

    def _apology(self, data: bytes) -> bytes:
        """Return a line that says how many are missing, at the time of the first that is not."""
        if not self.lost:
            return b""
        time = data.partition(b" ")[0].decode()
        return f"{time} system/agent {self.lost} lines of {self._stem} were lost\n".encode()

    def _advance(self) -> int:
        """Open the next segment and drop what is too old."""
        self.close()
        path = self._directory / f"{self._stem}.{self._number + 1:06}.log"
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        descriptor = os.open(path, flags, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        self._number += 1
        self._size = 0
        oldest = self._directory / f"{self._stem}.{self._number - KEPT:06}.log"
        oldest.unlink(missing_ok=True)
        prune(self._directory)
        return descriptor


def prune(directory: Path, *, total: int = TOTAL) -> None:
    """Delete the oldest segments of an app beyond ``total`` bytes, but none that is written."""
    sizes = []
    for path in directory.glob("*.log"):
        with contextlib.suppress(FileNotFoundError):
            found = path.stat()
            sizes.append((found.st_mtime, found.st_size, path))
    excess = sum(size for _, size, _ in sizes) - total
    for _, size, path in sorted(sizes):
        if excess <= 0:
            return
        if _delete_unused(path):
            excess -= size


def _delete_unused(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
    except (BlockingIOError, FileNotFoundError):
        return False
    return True


def _number(path: Path) -> int:
    part = path.name.split(".")[-2]
    return int(part) if part.isdigit() else 0
