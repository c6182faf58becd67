"""What is recorded keeps its age, also where the machine's clock is set.

A rollout measures time by what is recorded, so that another control plane can go on with it. Where
the clock was set meanwhile, the recorded times are moved along with it, in the transaction that
notes how the clock stands: or a deadline would have passed, a drain be over, an instance be given
up, of which nothing is true.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from convox.host.clock import Clock
from convox.state import facts
from convox.state.lease import Lease
from convox.state.schema import deployments, failed_boots, instances, processes

_SMALL = 2.0  # seconds by which a clock may differ, as one that is slowed down or sped up does
_STANDS = "clock"

_MEASURED = (
    (processes.c.id, (processes.c.since, processes.c.created)),
    (instances.c.id, (instances.c.since, instances.c.created)),
    (deployments.c.app, (deployments.c.started, deployments.c.deadline)),
    (failed_boots.c.image, (failed_boots.c.first, failed_boots.c.last)),
)


@dataclass(slots=True, kw_only=True)
class Timeline:
    """Says what time it is; ``boot`` names the one that the monotonic clock counts from.

    ``moved`` is told by how much what is recorded was moved.
    """

    lease: Lease
    clock: Clock
    boot: str
    moved: Callable[[timedelta], None]
    _ahead: float | None = None
    """Seconds from the monotonic clock to the wall clock, as noted."""

    def now(self) -> datetime:
        """Return the time, after what is recorded was moved along."""
        now = self.clock.now()
        ahead = now.timestamp() - self.clock.monotonic()
        if self._ahead is None or abs(ahead - self._ahead) > _SMALL:
            with self.lease.fenced() as connection:
                by = self._move(connection, ahead)
            self._ahead = ahead
            if by:
                self.moved(by)
        return now

    def _move(self, connection: sa.Connection, ahead: float) -> timedelta:
        before = facts.get(connection, _STANDS)
        is_known = before is not None and before["boot"] == self.boot
        seconds = ahead - before["ahead"] if is_known else 0.0
        by = timedelta(seconds=seconds if abs(seconds) > _SMALL else 0.0)
        if by:
            _move(connection, by)
        if by or not is_known:
            facts.put(connection, _STANDS, {"boot": self.boot, "ahead": ahead})
        return by


def _move(connection: sa.Connection, by: timedelta) -> None:
    for key, columns in _MEASURED:
        names = [f"to_{column.name}" for column in columns]
        values: dict[str, Any] = {
            column.name: sa.bindparam(f"to_{column.name}") for column in columns
        }
        change = key.table.update().where(key == sa.bindparam("record")).values(values)
        moved = [
            {"record": record, **{name: time + by for name, time in zip(names, times, strict=True)}}
            for record, *times in connection.execute(sa.select(key, *columns))
        ]
        if moved:
            connection.execute(change, moved)
