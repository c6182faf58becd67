"""Look into the records."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from convox.control.automatic.policy import CHANNEL
from convox.errors import RackError
from convox.feed.index import STABLE
from convox.installer.doctor.facts import Records
from convox.state import facts, wanted
from convox.state.database import Database
from convox.state.schema import (
    audit,
    builds,
    deployments,
    instances,
    lease,
    processes,
    rack_releases,
    updates,
)
from convox.update import journal

_MOMENTS: tuple[Any, ...] = (
    *(audit.c.time, builds.c.started, deployments.c.started, instances.c.since),
    *(processes.c.since, rack_releases.c.created, updates.c.created),
)


def records(url: str) -> Records | None:
    """Return what they say; ``None`` where they cannot be read, or are another release's."""
    database = Database(url)
    try:
        with database.look() as connection:
            return Records(
                version=str(facts.get(connection, "version")),
                holder=connection.execute(sa.select(lease.c.holder)).scalar() or "",
                newest=_newest(connection),
                update=journal.latest(connection),
                components=wanted.components(connection),
                channel=facts.parameter(connection, CHANNEL, STABLE),
            )
    except (sa.exc.SQLAlchemyError, RackError, ValueError):
        return None
    finally:
        database.close()


def _newest(connection: sa.Connection) -> datetime | None:
    found = (connection.execute(sa.select(sa.func.max(column))).scalar() for column in _MOMENTS)
    moments = [_moment(each) for each in found if each]
    return max(moments, default=None)


def _moment(stored: Any) -> datetime:
    return stored if isinstance(stored, datetime) else datetime.fromisoformat(stored)
