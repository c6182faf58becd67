"""What the keeper has written down of itself, for those who deal with it while it is down.

It keeps its record twice; the copy counts where the first is damaged.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from convox.host.files import read_json
from convox.host.processes import Pid, lives

_FILES = ("slots.json", "slots.copy.json")


def keeper_record(home: Path) -> Mapping[str, Any]:
    """Return the record; empty where neither file can be read."""
    for name in _FILES:
        try:
            record = read_json(home / "keeper" / name)
        except (OSError, ValueError):
            continue
        if isinstance(record, dict) and "current" in record:
            return record
    return {}


def control_planes(home: Path) -> Mapping[str, Pid]:
    """Return those of the record that live, by slot."""
    processes = keeper_record(home).get("processes", {})
    found = {
        slot: Pid(number=each["number"], started=each["started"])
        for slot, each in processes.items()
    }
    return {slot: pid for slot, pid in found.items() if lives(pid)}
