"""What can be wrong with a history."""

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """What was done to an entry."""

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    REORDERED = "reordered"
    CUT = "cut"
    """Removed from the end."""
    UNANCHORED = "unanchored"
    """The head that would show a cut is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault; ``number`` is the entry's, and the first one's where several were removed."""

    number: int
    fault: Fault
    text: str
