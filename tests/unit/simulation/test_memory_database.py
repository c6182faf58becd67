"""The simulation's own connection does what SQLAlchemy's does, whatever it remembers."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from convox.state import facts
from convox.state.database import Database
from convox.state.schema import facts as facts_table
from convox.state.schema import metadata, rack_releases, update_steps
from convox.testing.simulation.database import MemoryDatabase

_NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
_ADD = update_steps.insert()
_CHANGE = update_steps.update().where(update_steps.c.position == sa.bindparam("at"))
_DROP = update_steps.delete().where(update_steps.c.position > 1)
_STEPS = sa.select(update_steps).order_by(update_steps.c.position)
_ONE = sa.select(update_steps.c.facts).where(update_steps.c.position == sa.bindparam("at"))
_COUNT = sa.select(sa.func.max(update_steps.c.position))


def _step(position: int) -> dict[str, object]:
    return {
        "update": "U",
        "position": position,
        "name": f"step {position}",
        "state": "pending",
        "facts": {"hop": position, "old": [1, None]},
    }


def _story(database: Database) -> list[object]:
    """Return what is found while all kinds of statements are executed, each more than once."""
    told: list[object] = []
    with database.begin() as connection:
        metadata.create_all(connection)

    def look() -> None:
        with database.look() as connection:
            told.append([tuple(row) for row in connection.execute(_STEPS)])
            told.append(connection.execute(_ONE, {"at": 1}).scalar())
            told.append(connection.execute(_ONE, {"at": 7}).first())
            told.append(connection.execute(_COUNT).scalar_one())
            told.extend(row.started for row in connection.execute(_STEPS))

    look()
    for first in (0, 2):
        with database.begin() as connection:
            connection.execute(_ADD, [_step(first), _step(first + 1)])
        look()
    for at in (1, 2, 1):
        with database.begin() as connection:
            changed = connection.execute(_CHANGE, {"at": at, "state": "doing", "started": _NOW})
            told.append(changed.rowcount)
            connection.execute(_CHANGE, {"at": at, "facts": {"hop": at}})
        look()
    for _ in range(2):
        with database.begin() as connection:
            told.append(connection.execute(_DROP).rowcount)
        look()
    return told


def test_it_finds_and_writes_what_sqlalchemys_does():
    assert _story(MemoryDatabase()) == _story(Database("sqlite://"))


@pytest.fixture
def database() -> MemoryDatabase:
    opened = MemoryDatabase()
    with opened.begin() as connection:
        metadata.create_all(connection)
    return opened


def _fail_after(database: MemoryDatabase) -> None:
    with database.begin() as connection:
        facts.put(connection, "name", "after")
        assert facts.get(connection, "name") == "after"
        raise RuntimeError


def _fact(database: MemoryDatabase) -> object:
    with database.look() as connection:
        return facts.get(connection, "name")


def test_what_was_written_and_taken_back_is_not_found(database):
    with database.begin() as connection:
        facts.put(connection, "name", "before")
    with pytest.raises(RuntimeError):
        _fail_after(database)
    assert _fact(database) == "before"


def test_a_query_is_not_asked_again_for_what_is_written_elsewhere(database):
    with database.begin() as connection:
        facts.put(connection, "name", "known")
    assert [_fact(database), _fact(database)] == ["known", "known"]
    database.raw.execute("UPDATE facts SET value = '\"behind its back\"'")
    with database.begin() as connection:
        connection.execute(rack_releases.insert().values(version="1", created=_NOW))
    assert _fact(database) == "known"
    with database.begin() as connection:
        facts.put(connection, "other", 1)
    assert _fact(database) == "behind its back"


def test_a_value_that_is_missing_is_not_taken_for_none(database):
    for _ in range(3):
        with pytest.raises((KeyError, sa.exc.StatementError)), database.look() as connection:
            connection.execute(_ONE)


def test_a_statement_of_any_number_of_values_is_refused(database):
    some = sa.select(facts_table.c.value).where(facts_table.c.key.in_(["a", "b"]))
    with database.look() as connection:
        connection.execute(some)
        with pytest.raises(ValueError, match="so many values"):
            connection.execute(some)
