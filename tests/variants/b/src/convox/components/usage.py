"""What processes use, as the components of this release measure it."""

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_TIMEOUT = 1.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """``cpu`` in cores, ``memory`` in bytes."""

    cpu: float
    memory: int


def usage(home: Path) -> Mapping[int, Usage]:
    """Return, by the id of the process that leads a session, what the session uses."""
    try:
        figures = json.loads(ask(home))
    except (OSError, ValueError):
        return {}
    return {
        int(session): Usage(cpu=entry["cpu"], memory=entry["memory"])
        for session, entry in figures.items()
    }


def ask(home: Path) -> bytes:
    """Return the gauge's answer."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_TIMEOUT)
        connection.connect(str(home / "run" / "gauge.sock"))
        return b"".join(iter(lambda: connection.recv(65536), b""))
