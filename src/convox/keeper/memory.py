"""The record as a file that is whole or not there, kept twice.

Both files say the same. A record is read from the second where the first is damaged, and found
again from the traces of the rack where both are.
"""

import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from convox.keeper.record import Phase, Process, Record, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """The record, and what a person should know of how it was found; mostly nothing."""

    record: Record
    trouble: str = ""


def recall(path: Path, find_again: Callable[[], Record]) -> Recalled:
    """Read the record, from wherever it can be had; changes nothing."""
    try:
        return Recalled(record=load(path))
    except (OSError, ValueError) as error:
        trouble = f"cannot read {path}: {error}"
    try:
        return Recalled(record=load(twin(path)), trouble=f"{trouble}; read from its copy")
    except (OSError, ValueError):
        found = find_again()
        which = f"slot {found.current} is {found.phase}"
        return Recalled(
            record=found, trouble=f"{trouble}, nor its copy; found again from what is here: {which}"
        )


def load(path: Path) -> Record:
    """Read a record; members that this keeper does not know are passed over.

    ``ValueError`` where what stands there is not one.
    """
    try:
        members = _known(Record, json.loads(path.read_bytes()))
        processes = {
            slot: Process(**{**_known(Process, process), "role": Role(process["role"])})
            for slot, process in members.pop("processes", {}).items()
        }
        phase = Phase(members.pop("phase", Phase.COMMITTED))
        record = Record(**members, phase=phase, processes=processes)
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"it is not a record: {error!r}") from error
    if not isinstance(record.current, str):
        raise ValueError("it is not a record: it names no slot")  # noqa: TRY004 - of the file
    return record


def save(path: Path, record: Record) -> None:
    """Put the record in the place of the one before, durably; both copies or none."""
    _write([twin(path), path], asdict(record))


def set_aside(path: Path) -> None:
    """Keep a file that cannot be read for a person to look at, out of the way."""
    with suppress(OSError):
        path.replace(path.with_suffix(".damaged.json"))


def sign(path: Path, *, number: int, started: int) -> None:
    """Say which process is the keeper, for those who have to end one that does not answer."""
    _write([path], {"number": number, "started": started})


def twin(path: Path) -> Path:
    """Return where the copy is."""
    return path.with_suffix(".copy.json")


def _write(places: list[Path], members: dict[str, Any]) -> None:
    try:
        for place in places:
            with _draft(place).open("w") as stream:
                json.dump(members, stream, indent=2)
                stream.flush()
                os.fsync(stream.fileno())
    except OSError:
        for place in places:
            with suppress(OSError):
                _draft(place).unlink(missing_ok=True)
        raise
    for place in places:
        _draft(place).replace(place)
    directory = os.open(places[0].parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _draft(path: Path) -> Path:
    return path.with_suffix(".draft")


def _known(form: type[Record | Process], members: dict[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(form)}
    return {name: value for name, value in members.items() if name in names}
