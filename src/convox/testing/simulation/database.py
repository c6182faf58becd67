"""A database in memory with one connection, which is never given back."""

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.engine import IteratorResult

from convox.state.database import Database
from convox.testing.simulation.statements import Given, Prepared, Query, Writing, prepare, query


class MemoryConnection:
    """Executes what SQLAlchemy's connection does, and remembers what it has made and found.

    A statement that comes again is not compiled again, and what a query has found is not looked for
    again until one of its tables is written to. All writes have to come this way.
    """

    def __init__(self, plain: sa.Connection) -> None:
        self.raw: Any = plain.connection.dbapi_connection
        self.writes: Counter[str] = Counter()
        """How often each table was written to."""
        self._plain = plain
        # By statement; one that came once has nothing yet, as it may never come again.
        self._queries: WeakKeyDictionary[sa.Select[Any], Query | None] = WeakKeyDictionary()
        self._writings: WeakKeyDictionary[Writing, dict[frozenset[str], Prepared]]
        self._writings = WeakKeyDictionary()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plain, name)

    def execute(self, statement: Any, given: Any = None) -> Any:
        """Return what is found, or what tells how many rows were written."""
        if isinstance(statement, sa.Select):
            return self._read(statement, given or {})
        if isinstance(statement, Writing):
            if not self.raw.in_transaction:
                self.raw.execute("BEGIN")
            table: Any = statement.table
            self.writes[table.name] += 1
            return self._write(statement, given or {})
        return self._plain.execute(statement, given)

    def forget(self) -> None:
        """Look for everything again."""
        self.writes.update(dict.fromkeys(self.writes, 1))

    def written(self, tables: Sequence[str]) -> Hashable:
        """Return what stays the same as long as none of these tables is written to."""
        return tuple([self.writes[table] for table in tables])

    def _read(self, statement: sa.Select[Any], given: Given) -> Any:
        known = self._queries.get(statement)
        if known is None:
            if statement not in self._queries:
                self._queries[statement] = None
                return self._plain.execute(statement, given)
            known = self._queries[statement] = query(statement, self._plain.dialect)
        bound, moment = known.prepared.bound(given), self.written(known.tables)
        found = known.found.get(bound)
        if found is None or found[0] != moment:
            rows = self.raw.execute(known.prepared.text, bound).fetchall()
            found = known.found[bound] = moment, known.read(rows)
        return IteratorResult(known.columns, iter(found[1]))

    def _write(self, statement: Writing, given: Given | list[Given]) -> Any:
        known = self._writings.get(statement)
        if known is None:
            self._writings[statement] = {}
            return self._plain.execute(statement, given)
        rows = given if isinstance(given, list) else [given]
        keys = frozenset(rows[0])
        made = known.get(keys)
        if made is None:
            made = known[keys] = prepare(statement, keys, self._plain.dialect)
        return self.raw.executemany(made.text, map(made.bound, rows))


class MemoryDatabase(Database):
    """A transaction begins with what it writes first: nobody else can write meanwhile."""

    def __init__(self) -> None:
        super().__init__("sqlite://")
        plain = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        plain.exec_driver_sql("SELECT 1")
        self.only = MemoryConnection(plain)
        self.raw = self.only.raw
        self.raw.execute("COMMIT")

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """Open a transaction."""
        try:
            yield cast("sa.Connection", self.only)
        except BaseException:
            if self.raw.in_transaction:
                self.raw.execute("ROLLBACK")
                self.only.forget()
            raise
        if self.raw.in_transaction:
            self.raw.execute("COMMIT")

    @contextmanager
    def look(self) -> Iterator[sa.Connection]:
        """Open a transaction that only reads."""
        yield cast("sa.Connection", self.only)

    def moment(self, connection: sa.Connection) -> Hashable:
        """Return what names the moment."""
        return self.only.writes.total()
