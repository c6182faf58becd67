"""One entry of the history, and the digest that binds it to all before it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)
GENESIS = "0" * 64
"""What stands in the place of a digest before the first entry."""


class Kind(StrEnum):
    """What an entry tells of."""

    ASKED = "asked"
    """An update was asked for."""
    REFUSED = "refused"
    """An update was refused; nothing was changed."""
    OVERRIDE = "override"
    """A person took something on themselves: a plan's hash, a point of no return."""
    DECIDED = "decided"
    """What the rack does next by itself, and why."""
    STEP = "step"
    """A step of an update began, ended, or was undone."""
    SAMPLE = "sample"
    """How apps, resources and the API were doing."""
    PAUSED = "paused"
    RESUMED = "resumed"
    CANCELLED = "cancelled"
    UNDONE = "undone"
    FAILED = "failed"
    DONE = "done"
    BUNDLE = "bundle"
    """A piece of the feed was brought to the rack."""
    PARAMETER = "parameter"
    """Parameters of the rack were set."""
    DELETED = "deleted"
    """An app was deleted."""
    TERMINATED = "terminated"
    """An instance was let go because a person asked for it."""
    CORDONED = "cordoned"
    UNCORDONED = "uncordoned"
    RECEIVER = "receiver"
    """Whoever is told of updates was added or removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What happened, and who asked for it.

    ``kind`` is a text, since a newer release may have left kinds that this one does not know.
    """

    number: int
    time: datetime
    kind: str
    who: str
    text: str
    detail: Mapping[str, Any]
    previous: str
    """The digest of the entry before."""
    digest: str

    @property
    def is_sealed(self) -> bool:
        """Say whether the digest is that of the content."""
        return self.is_sealed_as(self.number)

    def is_sealed_as(self, number: int) -> bool:
        """Say whether the digest is that of the content, if this were entry ``number``."""
        return self.digest == digest(replace(self, number=number))


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Which entry is the newest."""

    number: int
    digest: str

    def __str__(self) -> str:
        """Return it in the form in which people keep it."""
        return f"{self.number}:{self.digest}"


EMPTY = Head(number=0, digest=GENESIS)
"""The head of a history without entries."""


def seal(entry: Entry) -> Entry:
    """Return the entry with the digest of its content."""
    return replace(entry, digest=digest(entry))


def digest(entry: Entry) -> str:
    """Return the SHA-256 of all of the entry but its digest."""
    content = [
        entry.number,
        written_time(entry.time),
        entry.kind,
        entry.who,
        entry.text,
        entry.detail,
        entry.previous,
    ]
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def canonical(value: Any) -> str:
    """Return a JSON value in the one way that it is written here: in ASCII, its keys sorted."""
    return _CANONICAL.encode(value)


def written_time(time: datetime) -> str:
    """Return a time in the one way that it is written here."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")
