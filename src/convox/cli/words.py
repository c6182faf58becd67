"""Values as people read them: ages, durations, percents. Pure.

The ages are those of go-humanize, which Convox uses.
"""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_WEEK, _MONTH = 7 * _DAY, 30 * _DAY
_YEAR = 12 * _MONTH
_NEVER = 1  # the year of Go's zero time

# Below so many seconds, the text, with the age in so many seconds in place of {}.
_AGES = (
    (1, "now", 1),
    (2, "1 second", 1),
    (_MINUTE, "{} seconds", 1),
    (2 * _MINUTE, "1 minute", 1),
    (_HOUR, "{} minutes", _MINUTE),
    (2 * _HOUR, "1 hour", 1),
    (_DAY, "{} hours", _HOUR),
    (2 * _DAY, "1 day", 1),
    (_WEEK, "{} days", _DAY),
    (2 * _WEEK, "1 week", 1),
    (_MONTH, "{} weeks", _WEEK),
    (2 * _MONTH, "1 month", 1),
    (_YEAR, "{} months", _MONTH),
    (18 * _MONTH, "1 year", 1),
    (2 * _YEAR, "2 years", 1),
    (37 * _YEAR, "{} years", _YEAR),
)


def moment(text: str | None) -> "datetime | None":
    """Read a time of the API (RFC 3339); ``None`` for none and for Go's zero time."""
    if not text:
        return None
    from datetime import UTC, datetime

    whole = re.sub(r"(\.\d{6})\d+", r"\1", text)
    read = datetime.fromisoformat(whole).astimezone(UTC) if text[:4] != "0001" else None
    return read if read and read.year > _NEVER else None


def age(text: str | None, now: float) -> str:
    """Return how long ago a time was, ``now`` being in seconds since 1970; blank for no time."""
    then = moment(text)
    if then is None:
        return ""
    seconds = now - then.timestamp()
    for limit, words, unit in _AGES:
        if abs(seconds) < limit:
            told = words.format(int(abs(seconds)) // unit)
            break
    else:
        told = "a long while"
    if told == "now":
        return told
    return f"{told} ago" if seconds >= 0 else f"{told} from now"


def elapsed(started: str | None, ended: str | None) -> str:
    """Return the time between two times of the API as ``1h2m0s``; blank while it has not ended."""
    first, last = moment(started), moment(ended)
    if first is None or last is None:
        return ""
    return duration(round((last - first).total_seconds()))


def duration(seconds: int) -> str:
    """Return ``45s``, ``2m0s``, ``1h2m0s``."""
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minute}m{second}s"
    return f"{minute}m{second}s" if minute else f"{second}s"


def seconds(text: str) -> float:
    """Read a duration such as ``1m30s``, as a flag takes it."""
    units = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
    parts = re.findall(r"(\d+(?:\.\d*)?)(ns|us|ms|h|m|s)", text)
    return sum(float(number) * units[unit] for number, unit in parts)


def percent(share: float) -> str:
    """Return a share of 1 as ``42.30%``."""
    return f"{share * 100:.2f}%"
