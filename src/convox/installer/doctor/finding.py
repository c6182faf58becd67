"""The answer of a check."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    """The rack does its work, and somebody should look."""
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check found; ``remedy`` is what to do, empty where there is nothing to do."""

    name: str
    state: State
    found: str
    remedy: str = ""


def ok(name: str, found: str) -> Finding:
    """Return that all is well."""
    return Finding(name=name, state=State.OK, found=found)


def warning(name: str, found: str, remedy: str) -> Finding:
    """Return what somebody should look at."""
    return Finding(name=name, state=State.WARNING, found=found, remedy=remedy)


def wrong(name: str, found: str, remedy: str) -> Finding:
    """Return what does not work."""
    return Finding(name=name, state=State.WRONG, found=found, remedy=remedy)
