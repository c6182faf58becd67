"""A release that reaches the racks by and by. Pure."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

_ALL = 100.0
_LONGER = 10.0  # of a hundred: so much longer is the cool-down of the last rack


@dataclass(frozen=True, slots=True, kw_only=True)
class Ramp:
    """How much of a hundred racks a release has reached.

    It is ``percent`` at ``since``, all at ``until``, and grows evenly in between. Without
    ``until`` it stays as it is. It holds up what racks do by themselves, and no person.
    """

    percent: float
    since: datetime
    until: datetime | None = None


def share(ramp: Ramp, now: datetime) -> float:
    """Return how many of a hundred racks are reached by now."""
    if now < ramp.since:
        return 0.0
    if ramp.until is None:
        return ramp.percent
    if now >= ramp.until:
        return _ALL
    return ramp.percent + (_ALL - ramp.percent) * ((now - ramp.since) / (ramp.until - ramp.since))


def position(rack: str, version: str) -> float:
    """Return the place of a rack, by its id, among a hundred: from 0 on, and below 100.

    It is always the same for a release and another one for each, so that no rack is always first.
    """
    digest = hashlib.sha256(f"{version} {rack}".encode()).digest()
    return (int.from_bytes(digest[:8]) >> 11) / 2**53 * _ALL


def reached(ramp: Ramp, place: float) -> datetime | None:
    """Return when a place is reached; ``None`` where it never is, unless the ramp is changed."""
    if place < ramp.percent:
        return ramp.since
    if ramp.until is None:
        return None
    return ramp.since + (ramp.until - ramp.since) * ((place - ramp.percent) / (_ALL - ramp.percent))


def cooled(since: datetime, delay: timedelta, place: float) -> datetime:
    """Return when the cool-down of the rack at this place is over: after up to a tenth more.

    All racks know of a release long before. Without that, those that it is offered to at once would
    begin with it at once, and ask the feed for it in the same seconds.
    """
    return since + delay * (1 + place / _ALL * _LONGER / 100)
