"""The records of a simulated rack: one database in memory, and what is written to it by whom."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pysqlite3.dbapi2
import sqlalchemy as sa

from convox.state import migrate
from convox.state.database import Database
from convox.state.lease import Lease
from convox.state.schema import lease as lease_table
from convox.testing.simulation.machine import Disk

T = TypeVar("T")


class Records:
    """A database that is made once, and put back to how it was for each rack."""

    def __init__(self) -> None:
        self.database = Database("sqlite://")
        migrate.expand(self.database)
        self._form = pysqlite3.dbapi2.connect(":memory:")
        with self.database.look() as connection:
            self._raw = _raw(connection)  # the only one: it stays open when it is given back
        self._raw.backup(self._form)
        self._read: dict[str, tuple[int, Any]] = {}

    def fresh(self) -> Database:
        """Return the database as it was made."""
        self._form.backup(self._raw)
        self._read.clear()
        return self.database

    def read(self, what: str, look: Callable[[sa.Connection], T]) -> T:
        """Return what is found in the records; it is looked for again when a row was written."""
        found = self._read.get(what)
        if found is None or found[0] != self._raw.total_changes:
            with self.database.look() as connection:
                found = self._read[what] = (self._raw.total_changes, look(connection))
        value: T = found[1]
        return value

    def forget(self) -> None:
        """Look for everything again: what was found depends on more than the records."""
        self._read.clear()


@dataclass(slots=True, kw_only=True)
class Ledger:
    """Sees every fenced write. ``changes`` counts all that has happened to the rack."""

    disk: Disk
    changes: int = 0
    newest: int = 0
    """The highest token that has written."""
    violations: list[str] = field(default_factory=list)

    def note(self, token: int) -> None:
        """Note a write with this token; fails while the disk is full."""
        self.disk.write()
        self.changes += 1
        if token < self.newest:
            self.violations.append(f"token {token} wrote after token {self.newest}")
        self.newest = max(self.newest, token)


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedLease(Lease):
    """A lease whose writes are seen."""

    ledger: Ledger
    records: Records

    def check(self) -> None:
        """Fail with ``LeaseLost`` when another has taken over."""
        if not self.is_held():
            Lease.check(self)

    def is_held(self) -> bool:
        """Say whether no other has taken over; the records are asked when they have changed."""
        return self.records.read("lease", _newest) == self.token

    @contextmanager
    def fenced(self) -> Iterator[sa.Connection]:
        """Open a transaction as the lease does."""
        with Lease.fenced(self) as connection:
            before = _raw(connection).total_changes
            yield connection
            if _raw(connection).total_changes != before:
                self.ledger.note(self.token)


def watched(lease: Lease, ledger: Ledger, records: Records) -> WatchedLease:
    """Return the lease, seen by the ledger."""
    ledger.note(lease.token)
    return WatchedLease(
        database=lease.database,
        holder=lease.holder,
        token=lease.token,
        ledger=ledger,
        records=records,
    )


def _newest(connection: sa.Connection) -> int:
    found: int = connection.execute(sa.select(lease_table.c.token)).scalar_one()
    return found


def _raw(connection: sa.Connection) -> Any:
    return connection.connection.dbapi_connection
