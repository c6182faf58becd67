"""Values as a Convox client writes them into form fields, queries and headers."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

from convox.errors import InvalidInput

_UNITS = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "μs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
}
_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_DURATION = re.compile(rf"([-+]?)((?:{_PART.pattern})+)")
_LONGEST = 3650 * 24 * 3600  # seconds; a longer one is a mistake
_MOST = 10_000  # values in a form


def text(value: str) -> str:
    """Return the value as it is."""
    return value


def boolean(value: str) -> bool:
    """Return whether the value is exactly ``true``."""
    return value == "true"


def integer(value: str) -> int:
    """Return a decimal number."""
    if not re.fullmatch(r"[-+]?[0-9]{1,18}", value):
        raise InvalidInput(f"cannot read {_shown(value)}: it is not a whole number")
    return int(value)


def duration(value: str) -> timedelta:
    """Return a duration in Go's form, such as ``1h2m3.5s``."""
    if value == "0":
        return timedelta()
    match = _DURATION.fullmatch(value)
    number = (
        sum(float(digits) * _UNITS[unit] for digits, unit in _PART.findall(match[2]))
        if match
        else _LONGEST + 1
    )
    if match is None or number > _LONGEST:
        raise InvalidInput(f"cannot read {_shown(value)}: it is not a duration such as 1m30s")
    return timedelta(seconds=-number if match[1] == "-" else number)


def seconds(value: str) -> timedelta:
    """Return a duration that is a whole number of seconds."""
    number = integer(value)
    if not 0 <= number <= _LONGEST:
        raise InvalidInput(f"cannot read {_shown(value)}: it is not a number of seconds")
    return timedelta(seconds=number)


def mapping(value: str) -> Mapping[str, str]:
    """Return the pairs of a query string inside the value; the first of equal keys counts."""
    return first_of_each(value)


def words(value: str) -> tuple[str, ...]:
    """Return what commas divide."""
    return tuple(value.split(",")) if value else ()


def first_of_each(query: str) -> dict[str, str]:
    """Return the pairs of a query string or a form; blank values are kept, they mean something."""
    if query.count("&") >= _MOST:
        raise InvalidInput(f"cannot read the request: it has more than {_MOST} values")
    found: dict[str, str] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        found.setdefault(key, value)
    return found


def header(value: str) -> str:
    """Return a header's text: its bytes are UTF-8, which HTTP libraries show as Latin-1."""
    return value.encode("latin-1").decode(errors="replace")


def rfc3339(value: datetime) -> str:
    """Return a time as JSON has it."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _shown(value: str) -> str:
    """Return the value for a message: short, and without the sign that clients give a meaning."""
    return repr(value[:60]).replace("%", "")
