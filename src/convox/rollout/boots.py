"""The images of which instances do not become ready, and when another one may be tried. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

_FIRST = timedelta(seconds=5)
_LONGEST = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedBoots:
    """So many instances of an image in a row were given up before they were ready."""

    number: int
    first: datetime
    last: datetime

    @property
    def again(self) -> datetime:
        """When another may be tried: after each failure it takes twice as long."""
        doubled: timedelta = _FIRST * 2 ** min(self.number - 1, 10)
        return self.last + min(_LONGEST, doubled)


def one_more(before: FailedBoots | None, now: datetime) -> FailedBoots:
    """Return the failures with one that is noticed now."""
    if before is None:
        return FailedBoots(number=1, first=now, last=now)
    return FailedBoots(number=before.number + 1, first=before.first, last=now)
