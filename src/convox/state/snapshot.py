"""A consistent copy of a database, always as one SQLite file."""

from pathlib import Path

import sqlalchemy as sa

from convox.errors import StateError
from convox.host.files import sync_file
from convox.state.database import Database


def take(database: Database, path: Path) -> None:
    """Copy every table into a new SQLite file at ``path``, as of one moment.

    From SQLite everything is copied, so that the copy may take the original's place.
    """
    path.unlink(missing_ok=True)
    if database.dialect == "sqlite":
        database.vacuum_into(path)
        sync_file(path)
    else:
        _copy_tables(database, path)


def _copy_tables(database: Database, path: Path) -> None:
    copy = Database(f"sqlite:///{path}")
    metadata = sa.MetaData()
    try:
        with database.begin() as source, copy.begin() as target:
            metadata.reflect(source)
            _make_portable(metadata)
            metadata.create_all(target)
            for table in metadata.sorted_tables:
                rows = [row._asdict() for row in source.execute(sa.select(table))]
                if rows:
                    target.execute(table.insert(), rows)
    finally:
        copy.close()


def check(database: Database, path: Path) -> None:
    """Fail with ``StateError`` unless the copy is sound and has the database's tables."""
    copy = Database(f"sqlite:///{path}")
    try:
        with database.begin() as source, copy.begin() as target:
            damage = target.exec_driver_sql("PRAGMA integrity_check").scalar()
            missing = set(_tables(source)) - set(_tables(target))
    finally:
        copy.close()
    if damage != "ok" or missing:
        raise StateError(f"cannot use the snapshot {path}: {damage}, missing {sorted(missing)}")


def _make_portable(metadata: sa.MetaData) -> None:
    """Drop what only the database that was copied understands."""
    for table in metadata.tables.values():
        for column in table.columns:
            column.server_default = None
            column.type = column.type.as_generic()


def _tables(connection: sa.Connection) -> list[str]:
    return sa.inspect(connection).get_table_names()
