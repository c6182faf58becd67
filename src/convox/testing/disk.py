"""A disk of its own for a directory, small enough to be filled."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_CHUNK = 65536  # bytes


class NoDisk(Exception):
    """Nobody may mount one here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallDisk:
    """A file system in memory, mounted at ``place``."""

    place: Path

    def fill(self) -> None:
        """Leave no byte."""
        with suppress(OSError), self._ballast.open("ab", buffering=0) as stream:
            while True:
                stream.write(b"\0" * _CHUNK)
        with suppress(OSError), self._ballast.open("ab", buffering=0) as stream:
            while True:
                stream.write(b"\0")

    def free(self) -> None:
        """Make room again, and allow writing."""
        _mount("-o", "remount,rw", str(self.place))
        self._ballast.unlink(missing_ok=True)

    def forbid(self) -> None:
        """Let nothing be written."""
        _mount("-o", "remount,ro", str(self.place))

    @property
    def _ballast(self) -> Path:
        return self.place / ".ballast"


@contextmanager
def small_disk(place: Path, *, size: str) -> Iterator[SmallDisk]:
    """Mount a disk at an existing directory; ``NoDisk`` where that is not allowed."""
    if os.geteuid() != 0:
        raise NoDisk("only root mounts")
    try:
        _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place))
    except subprocess.CalledProcessError as error:
        raise NoDisk(error.stderr.decode().strip()) from error
    try:
        yield SmallDisk(place=place)
    finally:
        _run("umount", "--lazy", str(place))


def _mount(*words: str) -> None:
    _run("mount", *words)


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)  # noqa: TID251 - before any loop runs
