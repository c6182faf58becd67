"""When a notice is sent, sent again, and given up. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from convox.notices.notice import Notice
from convox.notices.receiver import Receiver

FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=1)
GIVES_UP_AFTER = timedelta(days=1)


class Result(StrEnum):
    """What came of an attempt."""

    DELIVERED = "delivered"
    MISSED = "missed"
    """It is tried again."""
    GIVEN_UP = "given up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A notice on its way to a receiver, after so many attempts."""

    notice: Notice
    receiver: Receiver
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a receiver said: ``status`` is of HTTP or SMTP, ``error`` blank where it took it.

    It wants to be left alone for ``pause``.
    """

    status: int | None = None
    error: str = ""
    pause: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What an answer means; ``due`` is the next attempt, ``None`` where there is none."""

    result: Result
    due: datetime | None = None


def judge(delivery: Delivery, answer: Answer, now: datetime) -> Verdict:
    """Return what comes after an attempt that was answered now."""
    if not answer.error:
        return Verdict(result=Result.DELIVERED)
    due = now + min(max(pause(delivery.attempts), answer.pause), LONGEST_PAUSE)
    if due > delivery.notice.time + GIVES_UP_AFTER:
        return Verdict(result=Result.GIVEN_UP)
    return Verdict(result=Result.MISSED, due=due)


def pause(attempts: int) -> timedelta:
    """Return how long to wait after the attempt that follows so many: twice as long each time."""
    doublings = min(attempts, 20)
    longer: timedelta = FIRST_PAUSE * 2**doublings
    return min(longer, LONGEST_PAUSE)
