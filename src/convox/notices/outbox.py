"""Notices on their way, in the database: put there with what they tell of, and taken out."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from convox.notices import receivers
from convox.notices.delivery import LONGEST_PAUSE, Delivery, Verdict
from convox.notices.notice import Notice, NoticeKind, compose
from convox.notices.receiver import Receiver
from convox.notices.receivers import IS_KNOWN, receiver_of
from convox.state import facts
from convox.state.schema import notice_deliveries, notice_receivers, notices

_NOTHING: Mapping[str, Any] = {}
_FIELDS = tuple(each.name for each in fields(Notice))
"""Each has its column."""

# Made once: to make a statement takes longer than to run it.
_KNOWN = sa.select(notices.c.id).where(notices.c.id == sa.bindparam("id"))
_ADD, _DELIVER = notices.insert(), notice_deliveries.insert()
_DUE = (
    sa.select(
        notice_receivers,
        *(notices.c[name] for name in _FIELDS),
        notice_deliveries.c.attempts,
    )
    .join(notice_deliveries, notice_deliveries.c.notice == notices.c.id)
    .join(notice_receivers, notice_receivers.c.name == notice_deliveries.c.receiver)
    .where(
        IS_KNOWN,
        # Where the clock was set back, what is due in a long time was due long ago.
        sa.or_(
            notice_deliveries.c.due <= sa.bindparam("now"),
            notice_deliveries.c.due > sa.bindparam("beyond"),
        ),
    )
    .order_by(notice_deliveries.c.due, notices.c.time)
)
_THIS = sa.and_(
    notice_deliveries.c.notice == sa.bindparam("of_notice"),
    notice_deliveries.c.receiver == sa.bindparam("of_receiver"),
)
_POSTPONE = notice_deliveries.update().where(_THIS)
_TAKE_OUT = notice_deliveries.delete().where(_THIS)
_RECALL = notice_deliveries.delete().where(
    notice_deliveries.c.receiver == sa.bindparam("of_receiver")
)
_FORGET = notices.delete().where(~sa.exists().where(notice_deliveries.c.notice == notices.c.id))


def put(
    connection: sa.Connection,
    *,
    kind: NoticeKind,
    now: datetime,
    version: str,
    text: str,
    detail: Mapping[str, Any] = _NOTHING,
) -> None:
    """Tell every receiver that wants it, in the caller's transaction; ``detail`` as in the docs.

    Where nobody wants it, nothing is kept.
    """
    wanting = [each for each in receivers.every(connection) if each.wants(kind)]
    if wanting:
        notice = compose(
            kind=kind,
            time=now,
            rack=facts.get(connection, "name") or "",
            version=version,
            text=text,
            detail=detail,
        )
        _send(connection, notice, wanting)


def _send(connection: sa.Connection, notice: Notice, wanting: Sequence[Receiver]) -> None:
    if connection.execute(_KNOWN, {"id": notice.id}).first():
        return
    connection.execute(_ADD, _row(notice))
    new = {"notice": notice.id, "attempts": 0, "due": notice.time}
    connection.execute(_DELIVER, [{**new, "receiver": each.name} for each in wanting])


def due(connection: sa.Connection, now: datetime) -> Sequence[Delivery]:
    """Return what is to be attempted now, what has waited longest first."""
    found = connection.execute(_DUE, {"now": now, "beyond": now + LONGEST_PAUSE})
    return [
        Delivery(notice=_notice(row), receiver=receiver_of(row), attempts=row.attempts)
        for row in found
    ]


def settle(connection: sa.Connection, delivery: Delivery, verdict: Verdict) -> None:
    """Take a delivery out, or let it wait for its next attempt."""
    which = {"of_notice": delivery.notice.id, "of_receiver": delivery.receiver.name}
    if verdict.due is None:
        connection.execute(_TAKE_OUT, which)
        connection.execute(_FORGET)
    else:
        values = {"attempts": delivery.attempts + 1, "due": verdict.due}
        connection.execute(_POSTPONE, {**which, **values})


def recall(connection: sa.Connection, receiver: Receiver) -> None:
    """Take out all that is on its way to a receiver."""
    connection.execute(_RECALL, {"of_receiver": receiver.name})
    connection.execute(_FORGET)


def _row(notice: Notice) -> Mapping[str, Any]:
    return {name: getattr(notice, name) for name in _FIELDS}


def _notice(row: sa.Row[Any]) -> Notice:
    return Notice(**{name: getattr(row, name) for name in _FIELDS})
