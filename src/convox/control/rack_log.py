"""What the rack says of itself: lines of the form ``TIME system/rack text``, in one file."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from convox.host.clock import Clock
from convox.host.growing import follow

_LARGEST = 4 * 1024 * 1024  # bytes, after which the file becomes the previous one
_MOST_UNWRITTEN = 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RackLog:
    """The rack's log; several control planes may write to it at once."""

    path: Path
    clock: Clock
    _unwritten: bytearray = field(default_factory=bytearray)

    def say(self, text: str) -> None:
        """Add a line; where the disk takes nothing, it comes with the next that can be written."""
        line = f"{stamp(self.clock.now())} system/rack {' '.join(text.split())}\n"
        if len(self._unwritten) < _MOST_UNWRITTEN:
            self._unwritten.extend(line.encode(errors="replace"))
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._rotate()
            with self.path.open("ab", buffering=0) as stream:
                del self._unwritten[: stream.write(self._unwritten)]

    async def lines(self, *, since: datetime, follow_on: bool) -> AsyncIterator[str]:
        """Yield the lines since a moment, without their ends; with ``follow_on`` for ever."""
        first = stamp(since)
        async for line in self._all(is_over=not follow_on):
            if line >= first:
                yield line

    async def _all(self, *, is_over: bool) -> AsyncIterator[str]:
        rest = b""
        for path, is_last in ((self._previous, True), (self.path, is_over)):
            async for chunk in follow(path, self.clock, has_ended=partial(bool, is_last)):
                *whole, rest = (rest + chunk).split(b"\n")
                for line in whole:
                    yield line.decode(errors="replace")

    @property
    def _previous(self) -> Path:
        return self.path.with_suffix(".previous.log")

    def _rotate(self) -> None:
        if self.path.exists() and self.path.stat().st_size > _LARGEST:
            self.path.replace(self._previous)


def stamp(moment: datetime) -> str:
    """Return a time as log lines begin with it; such texts sort like the times."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
