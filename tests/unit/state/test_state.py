"""What is remembered, on both kinds of database."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from convox.errors import LeaseLost, StateError
from convox.state import epochs, facts, lease, migrate, schema, snapshot
from convox.state.database import Database

STATE_1 = {"state": frozenset({1})}
STATE_1_2 = {"state": frozenset({1, 2})}
STATE_2 = {"state": frozenset({2})}


@pytest.fixture
def rack(database):
    migrate.expand(database)
    return database


def test_migrations_make_the_present_form(database):
    migrate.expand(database)
    migrate.contract(database)
    made = sa.MetaData()
    with database.begin() as connection:
        made.reflect(connection)
    made_form = {table.name: {column.name for column in table.c} for table in made.tables.values()}
    form = {t.name: {column.name for column in t.c} for t in schema.metadata.tables.values()}
    assert {name: made_form.get(name) for name in form} == form


def test_expanding_twice_changes_nothing(rack):
    assert migrate.expand(rack) == []


def test_an_empty_database_is_refused(database):
    with pytest.raises(StateError, match="it is empty"):
        migrate.check_readable(database, reads={1})


def test_a_database_is_refused_where_it_is_kept_in_no_form_that_is_read(rack):
    migrate.check_readable(rack, reads={1})
    with rack.begin() as connection:
        epochs.move_forward(connection, before=STATE_1, after=STATE_1_2)
    migrate.check_readable(rack, reads={1})
    with rack.begin() as connection:
        epochs.move_forward(connection, before=STATE_1_2, after=STATE_2)
    migrate.check_readable(rack, reads={1, 2})
    with pytest.raises(StateError, match="it is kept in form 2, and this release reads up to 1"):
        migrate.check_readable(rack, reads={1})


def test_a_form_that_a_newer_release_dropped_is_gone_whoever_comes_back(rack):
    with rack.begin() as connection:
        epochs.move_forward(connection, before=STATE_1, after=STATE_1_2)
        assert epochs.gone(connection) == {"state": frozenset()}
        epochs.move_forward(connection, before=STATE_1_2, after=STATE_2)
        epochs.move_back(connection, after=STATE_1_2)
        assert epochs.gone(connection) == {"state": frozenset({1})}
        assert epochs.written(connection) == STATE_1_2


def test_a_form_that_is_begun_anew_is_not_gone_any_more(rack):
    with rack.begin() as connection:
        epochs.move_forward(connection, before=STATE_1_2, after=STATE_1)
        assert epochs.gone(connection) == {"state": frozenset({2})}
        epochs.move_forward(connection, before=STATE_1, after=STATE_1_2)
        assert epochs.gone(connection) == {"state": frozenset()}


def test_what_a_newer_release_does_not_keep_at_all_is_not_gone(rack):
    with rack.begin() as connection:
        before = {**STATE_1, "usage": frozenset({1})}
        epochs.move_forward(connection, before=before, after=STATE_1)
        assert epochs.gone(connection) == {"state": frozenset(), "usage": frozenset()}


def test_a_form_that_an_older_release_does_not_know_comes_back_with_the_newer_one(rack):
    with rack.begin() as connection:
        epochs.move_forward(connection, before=STATE_1, after=STATE_1_2)
        epochs.move_back(connection, after=STATE_1)
        epochs.move_forward(connection, before=STATE_1, after=STATE_1_2)
        assert epochs.gone(connection) == {"state": frozenset()}


def test_instants_keep_their_moment_and_sort_by_it(rack):
    east = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=9)))
    with rack.begin() as connection:
        for name, created in (("late", east + timedelta(microseconds=1)), ("early", east)):
            values = {"name": name, "created": created, "locked": False, "parameters": {}}
            connection.execute(schema.apps.insert().values(**values))
        rows = connection.execute(sa.select(schema.apps).order_by(schema.apps.c.created)).all()
    assert [row.name for row in rows] == ["early", "late"]
    assert rows[0].created == east
    assert rows[0].created.tzinfo == UTC


def test_a_transaction_that_fails_leaves_nothing(rack):
    def fail() -> None:
        with rack.begin() as connection:
            facts.put(connection, "name", "dev")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with rack.begin() as connection:
        assert facts.get(connection, "name") is None


def test_only_the_newest_lease_may_write(rack):
    older = lease.take(rack, "older")
    with older.fenced() as connection:
        facts.put(connection, "version", "1")
    newer = lease.take(rack, "newer")
    with pytest.raises(LeaseLost, match="newer has taken over"), older.fenced() as connection:
        facts.put(connection, "version", "2")
    assert newer.token == older.token + 1
    assert newer.is_held()
    assert not older.is_held()
    with rack.begin() as connection:
        assert facts.get(connection, "version") == "1"


def test_a_snapshot_is_whole_and_can_be_opened(rack, tmp_path):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with rack.begin() as connection:
        facts.put(connection, "components", ["meter-1"])
        values = {"name": "hello", "created": now, "locked": True, "parameters": {"a": "b"}}
        connection.execute(schema.apps.insert().values(**values))
    path = tmp_path / "snapshot.db"
    snapshot.take(rack, path)
    snapshot.check(rack, path)
    copy = Database(f"sqlite:///{path}")
    migrate.check_readable(copy, reads={1})
    with copy.begin() as connection:
        assert facts.get(connection, "components") == ["meter-1"]
        assert connection.execute(sa.select(schema.apps.c.created)).scalar_one() == now
    copy.close()


def test_a_snapshot_that_lacks_a_table_is_refused(rack, tmp_path):
    path = tmp_path / "snapshot.db"
    snapshot.take(rack, path)
    copy = Database(f"sqlite:///{path}")
    with copy.begin() as connection:
        connection.execute(sa.text("DROP TABLE apps"))
    copy.close()
    with pytest.raises(StateError, match="missing \\['apps'\\]"):
        snapshot.check(rack, path)
