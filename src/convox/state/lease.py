"""One control plane acts at a time.

A control plane takes the lease and gets a token, higher than every one before. It writes, as a
reconciler or an updater, only in transactions that first check the token: one that was merely slow
finds its token outdated and stops.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from convox.errors import LeaseLost
from convox.state.database import Database
from convox.state.schema import lease

_NAME = "control-plane"
_NEWEST = sa.select(lease.c.token, lease.c.holder)
_TAKE, _TAKE_OVER = lease.insert(), lease.update()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to act, as long as ``token`` is the newest one."""

    database: Database
    holder: str
    token: int

    @contextmanager
    def fenced(self) -> Iterator[sa.Connection]:
        """Open a transaction that fails with ``LeaseLost`` when another has taken over."""
        with self.database.begin() as connection:
            self._check(connection)
            yield connection

    def check(self) -> None:
        """Fail with ``LeaseLost`` when another has taken over."""
        with self.database.look() as connection:
            self._check(connection)

    def is_held(self) -> bool:
        """Say whether no other has taken over."""
        with self.database.look() as connection:
            newest = connection.execute(_NEWEST).one()
        return bool(newest.token == self.token)

    def _check(self, connection: sa.Connection) -> None:
        newest = connection.execute(_NEWEST).one()
        if newest.token != self.token:
            raise LeaseLost(f"cannot act: {newest.holder} has taken over")


def take(database: Database, holder: str) -> Lease:
    """Take the lease over from whoever has it."""
    with database.begin() as connection:
        before = connection.execute(_NEWEST).one_or_none()
        token = 1 if before is None else before.token + 1
        if before is None:
            connection.execute(_TAKE, {"name": _NAME, "holder": holder, "token": token})
        else:
            connection.execute(_TAKE_OVER, {"holder": holder, "token": token})
    return Lease(database=database, holder=holder, token=token)
