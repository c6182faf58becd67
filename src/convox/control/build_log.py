"""What a build says, kept so that it can be read again from its start, byte by byte the same."""

import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from convox.host.clock import Clock
from convox.host.growing import GrowingFile, follow

_ANSI = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[@-Z\\-_])")


def plain(text: str) -> str:
    """Return the text without colours: Convox clients give up on a stream that has them."""
    return _ANSI.sub("", text)


class BuildLog:
    """A build's log, being written; while it is open, the build is somebody's."""

    def __init__(self, path: Path) -> None:
        self._file = GrowingFile(path)

    def say(self, text: str) -> None:
        """Add a line."""
        self._file.append((plain(text) + "\n").encode(errors="replace"))

    def close(self) -> None:
        """The build has ended."""
        self._file.close()


def read(path: Path, clock: Clock, *, has_ended: Callable[[], bool]) -> AsyncIterator[bytes]:
    """Yield the whole log from its start, until the build has ended."""
    return follow(path, clock, has_ended=has_ended)
