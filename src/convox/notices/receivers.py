"""The receivers that people have added, in the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from convox.errors import NotFound
from convox.notices.receiver import Receiver, ReceiverForm
from convox.state.schema import notice_receivers

IS_KNOWN = sa.or_(*(notice_receivers.c.form == form for form in ReceiverForm))
"""A newer release may have left receivers of a form that this one cannot send to."""

# Made once: to make a statement takes longer than to run it.
_EVERY = sa.select(notice_receivers).where(IS_KNOWN).order_by(notice_receivers.c.name)
_ADD = notice_receivers.insert()
_REMOVE = notice_receivers.delete().where(notice_receivers.c.name == sa.bindparam("of_name"))


def every(connection: sa.Connection) -> Sequence[Receiver]:
    """Return all receivers by their names."""
    return [receiver_of(row) for row in connection.execute(_EVERY)]


def find(connection: sa.Connection, name: str) -> Receiver:
    """Return the receiver of this name."""
    known = every(connection)
    found = next((each for each in known if each.name == name), None)
    if found is None:
        names = ", ".join(each.name for each in known) or "none; add one first"
        raise NotFound(
            f"cannot find receiver {name[:60]!r}: there is no such one; there is {names}"
        )
    return found


def add(connection: sa.Connection, receiver: Receiver, *, now: datetime) -> None:
    """Remember a receiver: it gets what is told from now on."""
    connection.execute(
        _ADD,
        {
            "name": receiver.name,
            "form": receiver.form,
            "address": receiver.address,
            "kinds": sorted(receiver.kinds),
            "secret": receiver.secret,
            "server": receiver.server,
            "created": now,
        },
    )


def remove(connection: sa.Connection, receiver: Receiver) -> None:
    """Forget a receiver."""
    connection.execute(_REMOVE, {"of_name": receiver.name})


def receiver_of(row: sa.Row[Any]) -> Receiver:
    """Return the receiver of a row that has its columns."""
    return Receiver(
        name=row.name,
        form=ReceiverForm(row.form),
        address=row.address,
        kinds=frozenset(row.kinds),
        secret=row.secret,
        server=row.server,
    )
