"""The hours in which an update may run by itself. Pure.

``mon-thu 02:00-05:00 Europe/Berlin`` is open on these days from two to five as clocks there show
it. One that closes before it opens lasts past midnight, and belongs to the day on which it opens.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from convox.errors import InvalidInput

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAILY = "daily"
_ONE = re.compile(
    r"(?:(?P<days>[a-z,-]+) +)?(?P<opens>[\d:]+)-(?P<closes>[\d:]+)(?: +(?P<zone>[\w/+-]+))?"
)
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_AHEAD = 15  # days that are looked at: whatever week the clocks change in, each day comes again
_BACK = 2  # days that are looked back, to see when what is open now has opened
_SPREAD = timedelta(hours=1)  # for which racks go on to begin, once it has opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A time in which an update may run, in UTC."""

    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Hours of days of the week; 0 is Monday."""

    days: frozenset[int]
    opens: time
    closes: time
    zone: tzinfo

    def spans(self, now: datetime) -> Iterator[Span]:
        """Return when it is open, those that may be over by now among it.

        An hour that the clocks skip is not there. Of one that they show twice, the first counts.
        """
        today = now.astimezone(self.zone).date()
        for number in range(-_BACK, _AHEAD):
            day = today + timedelta(days=number)
            last = day if self.closes > self.opens else day + timedelta(days=1)
            begins = datetime.combine(day, self.opens, self.zone).astimezone(UTC)
            ends = datetime.combine(last, self.closes, self.zone).astimezone(UTC)
            if day.weekday() in self.days and begins < ends:
                yield Span(begins=begins, ends=ends)


def parse_windows(text: str) -> tuple[Window, ...]:
    """Read windows, divided by ``;``; none where the text is empty, ``InvalidInput`` says why."""
    return tuple(_parse(part.strip()) for part in text.split(";")) if text.strip() else ()


def fitting(
    windows: Sequence[Window], now: datetime, takes: timedelta, part: float = 0.0
) -> Span | None:
    """Return the first span, from now on, that is long enough; ``None`` where none ever is.

    Racks that share a window do not begin at once when it opens: ``part``, from 0 up to 1, says how
    late in the time for that this one does. At most half of what an update leaves goes by so.
    """
    for span in _joined(windows, now):
        spare = max(timedelta(), span.ends - span.begins - takes)
        begins = max(span.begins + min(_SPREAD, spare / 2) * part, now)
        if begins < span.ends and span.ends - begins >= takes:
            return Span(begins=begins, ends=span.ends)
    return None


def _joined(windows: Sequence[Window], now: datetime) -> list[Span]:
    """Return the spans of all windows in order, those that touch as one."""
    found: list[Span] = []
    for span in sorted((s for each in windows for s in each.spans(now)), key=lambda s: s.begins):
        if found and span.begins <= found[-1].ends:
            last = found.pop()
            found.append(Span(begins=last.begins, ends=max(last.ends, span.ends)))
        else:
            found.append(span)
    return found


def _parse(text: str) -> Window:
    match = _ONE.fullmatch(text)
    if match is None:
        raise InvalidInput(
            "it must be days, hours and a time zone such as `mon-thu 02:00-05:00 Europe/Berlin`,"
            " or nothing for any time"
        )
    return Window(
        days=_days(match["days"] or _DAILY),
        opens=_time(match["opens"]),
        closes=_time(match["closes"].replace("24:00", "00:00")),
        zone=_zone(match["zone"] or "UTC"),
    )


def _days(text: str) -> frozenset[int]:
    if text == _DAILY:
        return frozenset(range(7))
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first not in _DAYS or (last or first) not in _DAYS:
            raise InvalidInput(f"its days must be {_DAILY}, or of {' '.join(_DAYS)} as in mon-thu")
        begin, end = _DAYS.index(first), _DAYS.index(last or first)
        found.update((begin + number) % 7 for number in range((end - begin) % 7 + 1))
    return frozenset(found)


def _time(text: str) -> time:
    match = _TIME.fullmatch(text)
    if match is None:
        raise InvalidInput("its hours must be from 00:00 to 24:00, as in 02:00-05:00")
    return time(int(match[1]), int(match[2]))


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise InvalidInput(
            "its time zone must be one that this machine knows, such as Europe/Berlin or UTC; where"
            " it knows none, install its package tzdata"
        ) from error
