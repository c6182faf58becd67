"""The output of rackd, bounded."""

import shutil
from contextlib import suppress
from pathlib import Path

LARGEST = 10 * 1024 * 1024  # bytes
KEPT = 3  # files besides the current one
_TAIL = 4096  # bytes


def rotate(log: Path, *, largest: int = LARGEST) -> None:
    """Put a log that has grown large aside.

    It is copied and emptied, not renamed: the process that writes it has it open and outlives us.
    Where there is no room for the copy, everything stays as it is.
    """
    copy = log.with_name(f".{log.name}.copy")
    try:
        if log.stat().st_size <= largest:
            return
        shutil.copy(log, copy)
        for number in range(KEPT, 1, -1):
            with suppress(FileNotFoundError):
                _numbered(log, number - 1).replace(_numbered(log, number))
        copy.replace(_numbered(log, 1))
        with log.open("r+b") as stream:
            stream.truncate()
    except OSError:
        with suppress(OSError):
            copy.unlink(missing_ok=True)


def last_line(log: Path) -> str:
    """Return the last line that is not blank."""
    with suppress(OSError), log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - _TAIL))
        lines = [line.strip() for line in stream.read().decode(errors="replace").splitlines()]
        return next((line for line in reversed(lines) if line), "")
    return ""


def _numbered(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number}")
