"""What a rack does next by itself, and why. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from convox.control.automatic.words import moment


class ActionKind(StrEnum):
    """All that can come next."""

    UP_TO_DATE = "up to date"
    STARTS = "starts"
    """An update begins now."""
    WAITS = "waits"
    """It goes on by itself, at a time or when something is over."""
    STOPPED = "stopped"
    """It does not go on before somebody does something."""


class Reason(StrEnum):
    """Why that comes next."""

    NEWEST = "newest"
    READY = "ready"
    UNDER_WAY = "update under way"
    STUCK = "update cannot be undone"
    UNASKED = "feed not asked yet"
    UNTRUSTED = "unverifiable feed"
    STALE = "stale feed"
    UNREACHABLE = "feed unreachable"
    OFF = "off"
    UNREAD = "unreadable parameter"
    HELD = "held"
    PINNED = "pinned"
    FAILED = "failed hop"
    CONDITION = "condition"
    COOL_DOWN = "cool-down"
    RAMP = "phased roll-out"
    UNPLANNED = "not planned yet"
    NO_WAY = "no way"
    NO_RETURN = "no way back"
    WINDOW = "window"
    DEPLOY = "deploy under way"
    ROLL = "instances not at rest"
    UNSURVEYED = "not surveyed yet"
    UNHEALTHY = "unhealthy"
    OBJECTION = "objection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What comes next; ``until`` is when, where that is known.

    ``target`` is the release that it is about, ``why`` says the reason to a person, and ``way_out``
    what they may do about it.
    """

    kind: ActionKind
    reason: Reason
    why: str
    target: str = ""
    until: datetime | None = None
    way_out: str = ""

    @property
    def line(self) -> str:
        """All of it in a line."""
        if self.kind is ActionKind.UP_TO_DATE:
            return self.why
        words = f"{self.kind} until {moment(self.until)}" if self.until else str(self.kind)
        out = f"; {self.way_out}" if self.way_out else ""
        return f"{words}: {self.why}{out}"

    @property
    def gist(self) -> tuple[str, str, str]:
        """What it is, whatever the words: as long as this stays, there is no news."""
        return self.kind, self.reason, self.target


def waits(
    reason: Reason, why: str, *, until: datetime | None = None, target: str = "", way_out: str = ""
) -> Action:
    """Return that it goes on by itself."""
    return Action(
        kind=ActionKind.WAITS, reason=reason, why=why, until=until, target=target, way_out=way_out
    )


def stopped(reason: Reason, why: str, way_out: str, *, target: str = "") -> Action:
    """Return that somebody has to do something."""
    return Action(kind=ActionKind.STOPPED, reason=reason, why=why, way_out=way_out, target=target)
