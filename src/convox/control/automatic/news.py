"""What of a decision people are told who do not look. Pure.

The decision is made every few seconds, and may change back and forth: of each release, each reason
is told once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from convox.control.automatic.action import Action, ActionKind, Reason
from convox.control.automatic.forecast import Forecast
from convox.control.automatic.outlook import Offer, Outlook
from convox.notices.notice import NoticeKind, written

_WORTH_WAITING_FOR = frozenset({Reason.COOL_DOWN, Reason.RAMP, Reason.WINDOW, Reason.UNHEALTHY})
"""What else is waited for is over soon, or is what a person wanted."""
_OWN_CHOICE = frozenset({Reason.OFF, Reason.HELD, Reason.PINNED})
_TOLD_OTHERWISE = frozenset({Reason.STUCK})
"""The update itself tells of it."""
_BEGINS_ANEW = frozenset({Reason.NEWEST, Reason.READY, Reason.UNDER_WAY})
"""Something has moved on: what stands in the way after it is news again."""
_OF_THE_FEED = frozenset({Reason.STALE, Reason.UNTRUSTED})
_WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A notice before it is written; ``version`` is the release that it is about."""

    kind: NoticeKind
    version: str
    text: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What was told already: the newest release, of each reason for which release, the alarm."""

    available: str = ""
    reasons: Mapping[str, str] = field(default_factory=dict)
    alarm: str = ""


def news(forecast: Forecast, told: Told) -> tuple[Sequence[News], Told]:
    """Return what is to be told now, and what is told then."""
    outlook, action = forecast.outlook, forecast.action
    newest = outlook.newest_open
    available = newest if newest and newest.version > told.available else None
    reasons = _still_told(outlook, action, told)
    kind = _kind(action)
    is_new = kind is not None and reasons.get(action.reason) != action.target
    found = [
        *(_available(available, outlook.running) if available else ()),
        *(_decided(kind, action, outlook) if kind and is_new else ()),
        *(_alarmed(forecast) if forecast.alarm and forecast.alarm != told.alarm else ()),
    ]
    if is_new:
        reasons[action.reason] = action.target
    return found, Told(
        available=available.version if available else told.available,
        reasons=reasons,
        alarm=_alarm(forecast, told),
    )


def _still_told(outlook: Outlook, action: Action, told: Told) -> dict[str, str]:
    """Return what was told, without what may come again and be news then."""
    if action.reason in _BEGINS_ANEW:
        return {}
    is_well = outlook.feed.is_read and outlook.feed.trouble is None
    over = _OF_THE_FEED if is_well else frozenset[Reason]()
    return {reason: target for reason, target in told.reasons.items() if reason not in over}


def _kind(action: Action) -> NoticeKind | None:
    if action.kind is ActionKind.WAITS and action.reason in _WORTH_WAITING_FOR:
        return NoticeKind.WAITING
    is_told = action.reason in _OWN_CHOICE | _TOLD_OTHERWISE
    return NoticeKind.NEEDS_YOU if action.kind is ActionKind.STOPPED and not is_told else None


def _available(offer: Offer, running: str) -> Iterator[News]:
    security = ", a security release," if offer.security else ""
    yield News(
        kind=NoticeKind.AVAILABLE,
        version=offer.version,
        text=f"{offer.version}{security} is available; {running} runs",
        detail={"runs": running, "security": offer.security},
    )


def _decided(kind: NoticeKind, action: Action, outlook: Outlook) -> Iterator[News]:
    is_waiting = kind is NoticeKind.WAITING
    yield News(
        kind=kind,
        version=action.target or outlook.running,
        text=f"the next update {action.line}" if is_waiting else _no_further(action),
        detail={
            "runs": outlook.running,
            "reason": action.reason,
            "cause": action.why,
            "until": written(action.until) if action.until else None,
            "way_out": action.way_out,
        },
    )


def _no_further(action: Action) -> str:
    way_out = f"; {action.way_out}" if action.way_out else ""
    return f"no further update begins by itself: {action.why}{way_out}"


def _alarmed(forecast: Forecast) -> Iterator[News]:
    running = forecast.outlook.running
    yield News(
        kind=NoticeKind.NEEDS_YOU,
        version=running,
        text=forecast.alarm,
        detail={
            "runs": running,
            "reason": _WITHDRAWN,
            "cause": forecast.outlook.withdrawn,
            "until": None,
            "way_out": "",
        },
    )


def _alarm(forecast: Forecast, told: Told) -> str:
    """Keep an alarm while nobody knows whether it still holds."""
    return forecast.alarm if forecast.outlook.feed.is_read else told.alarm
