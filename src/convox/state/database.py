"""Transactions on SQLite or PostgreSQL, the same for both."""

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

_PATIENCE = 10  # seconds for another's transaction to end
_LOOKS = "convox_looks"
_SELF = "convox_self"

# What SQLite's BEGIN IMMEDIATE does, on PostgreSQL: statements after this one see all that whoever
# held the lock before has committed, since each statement sees the moment that it begins.
_ALONE = "SELECT pg_advisory_xact_lock(4053776254)"
_SNAPSHOT = "SELECT pg_current_snapshot()::text, pg_current_xact_id_if_assigned()::text"
_ONE_MOMENT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"


class Instant(TypeDecorator[datetime]):
    """A UTC time to the microsecond, stored as text that sorts like the times."""

    impl = sa.String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> str | None:
        if value is None:
            return None
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


class Database:
    """A rack's records. ``url`` is ``sqlite:///PATH`` or ``postgresql://...``."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = _sqlite(url) if url.startswith("sqlite:") else _postgresql(url)

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._engine.dialect.name

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """Open a transaction; it commits, durably, when the block ends without an error.

        Only one is open at a time, whoever opens it, so what was read still holds when something is
        written because of it, and none ever has to be repeated.
        """
        with self._engine.begin() as connection:
            yield connection

    @contextmanager
    def look(self) -> Iterator[sa.Connection]:
        """Open a transaction that only reads: it sees one moment, and waits for nobody."""
        with self._engine.connect() as connection:
            yield connection.execution_options(**{_LOOKS: True})

    def moment(self, connection: sa.Connection) -> Hashable:
        """Return what names the moment that a transaction sees.

        Where two are the same, so are all records, unless the transaction has itself written in
        between: whoever remembers what it read then need not read it again.
        """
        if self.dialect == "sqlite":
            return _moment_of_sqlite(connection)
        return tuple(connection.exec_driver_sql(_SNAPSHOT).one())

    def vacuum_into(self, path: Path) -> None:
        """Copy a SQLite database, as of one moment, into a file that is not there yet."""
        connection = self._engine.raw_connection()
        try:
            connection.cursor().execute("VACUUM INTO ?", [str(path)])
        finally:
            connection.close()

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()


def _sqlite(url: str) -> sa.Engine:
    import pysqlite3.dbapi2

    engine = sa.create_engine(
        url,
        module=pysqlite3.dbapi2,
        connect_args={"timeout": _PATIENCE, "check_same_thread": False},
    )

    @sa.event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        looks = connection.get_execution_options().get(_LOOKS)
        connection.exec_driver_sql("BEGIN" if looks else "BEGIN IMMEDIATE")

    @sa.event.listens_for(engine, "rollback")
    def rollback(connection: sa.Connection) -> None:
        # What it wrote stays counted, and is not there.
        if not connection.get_execution_options().get(_LOOKS):
            connection.info.pop(_SELF, None)

    return engine


def _moment_of_sqlite(connection: sa.Connection) -> Hashable:
    """Return which connection it is, how much it has written, and whether others have."""
    raw: Any = connection.connection.driver_connection
    (others,) = raw.execute("PRAGMA data_version").fetchone()
    return connection.info.setdefault(_SELF, object()), raw.total_changes, others


def _postgresql(url: str) -> sa.Engine:
    engine = sa.create_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        isolation_level="READ COMMITTED",
        connect_args={"options": f"-c lock_timeout={_PATIENCE}s"},
        pool_pre_ping=True,
    )

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        looks = connection.get_execution_options().get(_LOOKS)
        connection.exec_driver_sql(_ONE_MOMENT if looks else _ALONE)

    return engine
