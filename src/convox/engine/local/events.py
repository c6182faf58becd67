"""Events of the rack in an app's log."""

import contextlib
from datetime import datetime
from pathlib import Path

_STEM = "system"
_SEGMENT = 1024 * 1024  # bytes
_KEPT = 5


def append_event(directory: Path, now: datetime, part: str, text: str) -> None:
    """Add a line ``TIME system/PART text``; a full disk loses it."""
    line = f"{now:%Y-%m-%dT%H:%M:%SZ} system/{part} {' '.join(text.split())}\n"
    with contextlib.suppress(OSError):
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _segment(directory).open("a") as stream:
            stream.write(line)


def _segment(directory: Path) -> Path:
    """Return the segment to write to, a new one where the last is full; drop the oldest."""
    newest = max(directory.glob(f"{_STEM}.*.log"), default=_path(directory, 1))
    if not newest.exists() or newest.stat().st_size < _SEGMENT:
        return newest
    number = int(newest.stem.rpartition(".")[2]) + 1
    _path(directory, number - _KEPT).unlink(missing_ok=True)
    return _path(directory, number)


def _path(directory: Path, number: int) -> Path:
    return directory / f"{_STEM}.{number:06}.log"
