"""The log of attempts to deliver, in the database: the newest are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from convox.notices.delivery import Answer, Delivery, Verdict
from convox.state.schema import notice_attempts

KEPT = 500

# Made once: to make a statement takes longer than to run it.
_ADD = notice_attempts.insert()
_PRUNE = notice_attempts.delete().where(
    notice_attempts.c.number
    <= sa.select(sa.func.max(notice_attempts.c.number) - KEPT).scalar_subquery()
)
_NEWEST = (
    sa.select(notice_attempts).order_by(notice_attempts.c.number.desc()).limit(sa.bindparam("most"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What came of one attempt; ``due`` is the next one."""

    time: datetime
    notice: str
    """Its id."""
    kind: str
    version: str
    receiver: str
    result: str
    status: int | None
    error: str
    due: datetime | None


def attempt(delivery: Delivery, answer: Answer, verdict: Verdict, now: datetime) -> Attempt:
    """Return an attempt as it is logged."""
    return Attempt(
        time=now,
        notice=delivery.notice.id,
        kind=delivery.notice.kind,
        version=delivery.notice.version,
        receiver=delivery.receiver.name,
        result=verdict.result,
        status=answer.status,
        error=answer.error,
        due=verdict.due,
    )


def log(connection: sa.Connection, made: Attempt) -> None:
    """Keep an attempt, in place of the oldest."""
    connection.execute(
        _ADD,
        {
            "time": made.time,
            "notice": made.notice,
            "kind": made.kind,
            "version": made.version,
            "receiver": made.receiver,
            "result": made.result,
            "status": made.status,
            "error": made.error,
            "due": made.due,
        },
    )
    connection.execute(_PRUNE)


def newest(connection: sa.Connection, *, limit: int) -> Sequence[Attempt]:
    """Return the newest attempts, the newest first."""
    return [
        Attempt(
            time=row.time,
            notice=row.notice,
            kind=row.kind,
            version=row.version,
            receiver=row.receiver,
            result=row.result,
            status=row.status,
            error=row.error,
            due=row.due,
        )
        for row in connection.execute(_NEWEST, {"most": limit})
    ]
