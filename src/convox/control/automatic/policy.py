"""What people allow the rack to do by itself: its parameters, read. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from convox.control.automatic.window import Window, parse_windows
from convox.errors import InvalidInput
from convox.feed.document import is_version

AUTO, CHANNEL, WINDOW = "AutoUpdate", "UpdateChannel", "UpdateWindow"
DELAY, SECURITY_DELAY, INTERVAL = "UpdateDelay", "UpdateDelaySecurity", "UpdateInterval"
PIN, HOLD = "UpdatePin", "UpdateHold"
CONSENT, ASK, PASS = "PointOfNoReturn", "ask", "pass"
ON, OFF, FOREVER = "on", "off", "forever"
OWN = frozenset({AUTO, CHANNEL, WINDOW, DELAY, SECURITY_DELAY, INTERVAL, PIN, HOLD, CONSENT})
"""What is only about updates by themselves."""

AUTOMATIC = "automatic"
"""Who asks for an update that nobody asks for."""

_DURATION = re.compile(r"(0|[1-9]\d{0,5})(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A person lets nothing begin by itself ``until`` then; ``None`` is for good."""

    until: datetime | None

    def holds(self, now: datetime) -> bool:
        """Say whether it still does."""
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the rack may do by itself.

    ``delay`` is for how long a release was offered before it is taken, ``pin`` the newest version
    that may be, ``consents`` whether the way back may be lost, and ``interval`` how often the feed
    is asked. ``unread`` says which parameter cannot be read, and why; then it may do nothing.
    """

    is_on: bool = True
    channel: str = "stable"
    windows: tuple[Window, ...] = ()
    delay: timedelta = timedelta(hours=24)
    security_delay: timedelta = timedelta(hours=6)
    pin: str = ""
    hold: Hold | None = None
    consents: bool = False
    interval: timedelta = timedelta(minutes=10)
    unread: str = ""


def read(parameters: Mapping[str, str]) -> Policy:
    """Return what the rack's parameters allow."""
    channel, is_on = parameters[CHANNEL], parameters[AUTO] == ON
    if unread := _unread(parameters):
        return Policy(channel=channel, is_on=is_on, unread=unread)
    return Policy(
        is_on=is_on,
        channel=channel,
        windows=parse_windows(parameters[WINDOW]),
        delay=parse_duration(parameters[DELAY]),
        security_delay=parse_duration(parameters[SECURITY_DELAY]),
        pin=parse_pin(parameters[PIN]),
        hold=parse_hold(parameters[HOLD]),
        consents=parameters[CONSENT] == PASS,
        interval=parse_interval(parameters[INTERVAL]),
    )


def parse_duration(text: str) -> timedelta:
    """Return a duration such as ``24h``."""
    match = _DURATION.fullmatch("0s" if text == "0" else text)
    if match is None:
        raise InvalidInput("it must be a number and s, m, h or d, such as 90m or 24h, or 0")
    return timedelta(seconds=int(match[1]) * _SECONDS[match[2]])


def parse_interval(text: str) -> timedelta:
    """Return how often to ask the feed, which is somebody else's machine."""
    found = parse_duration(text)
    if not timedelta(seconds=5) <= found <= timedelta(days=1):
        raise InvalidInput("it must be from 5s to 1d, such as 10m")
    return found


def parse_pin(text: str) -> str:
    """Return a version, or nothing."""
    if text and not is_version(text):
        raise InvalidInput(
            "it must be the version of a rack release, 14 digits, or nothing for no pin"
        )
    return text


def parse_hold(text: str) -> Hold | None:
    """Return a hold; a date is its first moment in UTC."""
    if not text:
        return None
    if text == FOREVER:
        return Hold(until=None)
    try:
        until = datetime.fromisoformat(text)
        until = (until if until.tzinfo else until.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(
            f"it must be {FOREVER}, a date such as 2027-01-07, a time such as 2027-01-07T08:00Z,"
            " or nothing for no hold"
        ) from error
    return Hold(until=until)


_PARSED: Mapping[str, Callable[[str], object]] = {
    WINDOW: parse_windows,
    DELAY: parse_duration,
    SECURITY_DELAY: parse_duration,
    PIN: parse_pin,
    HOLD: parse_hold,
    INTERVAL: parse_interval,
}


def _unread(parameters: Mapping[str, str]) -> str:
    """Return which parameter cannot be read, and why; empty where all can.

    Each was checked when it was set, but by another release perhaps, or on a machine that knew its
    time zone.
    """
    for name, parse in _PARSED.items():
        try:
            parse(parameters[name])
        except InvalidInput as error:
            return f"{name} is {parameters[name]!r}, and {error}"
    return ""
