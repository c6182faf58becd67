"""Bring a database to the form that this release writes.

A migration is a module of ``migrations`` named ``m<number>_<what>``. ``expand`` only adds: the
release before reads and writes the result without noticing. ``contract``, where there is one,
removes what only older releases needed; it runs when an update is committed. A release that ships
a contract must follow one that shipped the expand.

A database in a form that this release does not read is refused. Which form that is, the release
that was committed last has recorded (``epochs``).
"""

import importlib
import pkgutil
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from convox.errors import StateError
from convox.state import epochs, migrations
from convox.state.database import Database

_applied = sa.Table(
    "migrations",
    sa.MetaData(),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("phase", sa.String, primary_key=True),
)

_ALL = sa.select(_applied)

Change = Callable[[sa.Connection], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One change of the form, in its two phases."""

    number: int
    name: str
    expand: Change
    contract: Change | None


def known() -> Sequence[Migration]:
    """Return the migrations that this release ships, in order."""
    modules = (
        importlib.import_module(f"{migrations.__name__}.{module.name}")
        for module in pkgutil.iter_modules(migrations.__path__)
    )
    found = [
        Migration(
            number=int(module.__name__.rpartition(".m")[2].partition("_")[0]),
            name=module.__name__.rpartition(".")[2],
            expand=module.expand,
            contract=getattr(module, "contract", None),
        )
        for module in modules
    ]
    return sorted(found, key=lambda migration: migration.number)


def expand(database: Database) -> list[str]:
    """Apply every expansion that is missing; return the names of those."""
    return _apply(database, "expand")


def contract(database: Database) -> list[str]:
    """Apply every contraction that is missing; return the names of those."""
    return _apply(database, "contract")


def check_readable(database: Database, *, reads: Collection[int]) -> None:
    """Refuse a database that nobody has set up, or that is kept in none of the forms read here.

    ``reads`` are the epochs of the surface ``state`` that this release reads.
    """
    with database.begin() as connection:
        if not _done(connection):
            raise StateError("cannot read the rack's state: it is empty; install the rack first")
        kept = epochs.written(connection).get(epochs.STATE)
    if kept and not kept.intersection(reads):
        newest, known = max(kept), max(reads)
        raise StateError(
            f"cannot read the rack's state: it is kept in form {newest}, and this release reads up"
            f" to {known}; start the release that was committed last"
        )


def _apply(database: Database, phase: str) -> list[str]:
    with database.begin() as connection:
        done = _done(connection)
        names = []
        for migration in known():
            change = migration.expand if phase == "expand" else migration.contract
            if change is None or (migration.number, phase) in done:
                continue
            change(connection)
            connection.execute(_applied.insert().values(number=migration.number, phase=phase))
            names.append(migration.name)
        return names


def _done(connection: sa.Connection) -> set[tuple[int, str]]:
    _applied.create(connection, checkfirst=True)
    return {(row.number, row.phase) for row in connection.execute(_ALL)}
