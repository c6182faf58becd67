"""The record as a file that is whole or not there."""

import json
import os
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from convox.keeper.record import Phase, Process, Record, Role


def load(path: Path) -> Record:
    """Read the record; members that this keeper does not know are passed over."""
    members = _known(Record, json.loads(path.read_bytes()))
    processes = {
        slot: Process(**{**_known(Process, process), "role": Role(process["role"])})
        for slot, process in members.pop("processes", {}).items()
    }
    phase = Phase(members.pop("phase", Phase.COMMITTED))
    return Record(**members, phase=phase, processes=processes)


def save(path: Path, record: Record) -> None:
    """Put the record in the place of the one before, durably."""
    _write(path, asdict(record))


def sign(path: Path, *, number: int, started: int) -> None:
    """Say which process is the keeper, for those who have to end one that does not answer."""
    _write(path, {"number": number, "started": started})


def _write(path: Path, members: dict[str, Any]) -> None:
    draft = path.with_suffix(".draft")
    with draft.open("w") as stream:
        json.dump(members, stream, indent=2)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _known(form: type[Record | Process], members: dict[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(form)}
    return {name: value for name, value in members.items() if name in names}
