"""What processes use, as the components of this release measure it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from convox.host.files import read_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """``cpu`` in cores, ``memory`` in bytes."""

    cpu: float
    memory: int


def usage(home: Path) -> Mapping[int, Usage]:
    """Return, by the id of the process that leads a session, what the session uses."""
    try:
        figures = read_json(home / "run" / "usage.json")
    except (OSError, ValueError):
        return {}
    return {
        int(session): Usage(cpu=entry["cpu"], memory=entry["memory"])
        for session, entry in figures.items()
    }
