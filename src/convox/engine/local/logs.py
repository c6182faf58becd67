"""An app's log lines, merged from the segments of its processes.

``<stem>.<number>.log``: the highest number is being written; see the agent's ``logfile``. Lines
come in order of time within what is there when somebody looks.
"""

import heapq
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

from convox.host.clock import Clock

_POLL = 0.2  # seconds
_TURN = 500  # lines after which others get their turn
_TIME = len("2026-01-15T13:37:22Z")


async def read_logs(
    directory: Path, clock: Clock, *, since: datetime, follow: bool
) -> AsyncIterator[str]:
    """Yield the lines of an app since a moment, without their ends; with ``follow`` for ever."""
    tails: dict[str, _Tail] = {}
    first = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    while True:
        for stem in sorted({stem for stem, _ in _segments(directory)} - tails.keys()):
            tails[stem] = _Tail(directory, stem, since=since.timestamp())
        number = 0
        for number, line in enumerate(heapq.merge(*map(_Tail.lines, tails.values()), key=_time)):
            if line >= first:
                yield line
            if number % _TURN == _TURN - 1:
                await clock.sleep(0)
        if not follow:
            return
        await clock.sleep(_POLL)


class _Tail:
    """How far the segments of one stem have been read."""

    def __init__(self, directory: Path, stem: str, *, since: float) -> None:
        self._directory = directory
        self._stem = stem
        self._since = since
        self._number = 0
        self._offset = 0

    def lines(self) -> Iterator[str]:
        """Yield what has been added since the last time, up to the last whole line."""
        numbers = sorted(n for stem, n in _segments(self._directory) if stem == self._stem)
        for number in numbers:
            if number > self._number:
                self._number, self._offset = number, 0
            if number == self._number:
                yield from self._rest()

    def _rest(self) -> Iterator[str]:
        path = self._directory / f"{self._stem}.{self._number:06}.log"
        try:
            stream = path.open("rb")
        except FileNotFoundError:
            return
        with stream:
            if path.stat().st_mtime < self._since - 1:
                return
            stream.seek(self._offset)
            for line in stream:
                if not line.endswith(b"\n"):
                    return
                self._offset += len(line)
                yield line[:-1].decode(errors="replace")


def _segments(directory: Path) -> Iterator[tuple[str, int]]:
    for path in directory.glob("*.log"):
        stem, _, number = path.stem.rpartition(".")
        if stem and number.isdigit():
            yield stem, int(number)


def _time(line: str) -> str:
    return line[:_TIME]
