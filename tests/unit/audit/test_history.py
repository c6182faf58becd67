"""The history in both kinds of database."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from convox import audit
from convox.audit import history
from convox.audit.entry import EMPTY, GENESIS, Head, Kind
from convox.state import facts, migrate

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
STATEMENTS = {
    "changed": "UPDATE audit SET who = 'nobody' WHERE number = 2",
    "renumbered": "UPDATE audit SET number = 9 WHERE number = 3",
    "removed": "DELETE FROM audit WHERE number = 3",
    "inserted": "INSERT INTO audit SELECT 9, time, kind, who, text, detail, previous, digest"
    " FROM audit WHERE number = 2",
}


@pytest.fixture
def rack(database):
    migrate.expand(database)
    return database


def add(database, *texts, kind=Kind.ASKED, **detail):
    with database.begin() as connection:
        return [
            audit.append(
                connection,
                now=NOON + timedelta(minutes=number),
                kind=kind,
                who="convox (root@here)",
                text=text,
                detail=detail,
            )
            for number, text in enumerate(texts)
        ]


def test_an_entry_is_read_as_it_was_written_and_follows_the_one_before(rack):
    first, second = add(rack, "one", "two", version="2", share=0.1, list=["ä", None])
    with rack.look() as connection:
        assert history.entries(connection) == [first, second]
        assert history.newest(connection) == Head(number=2, digest=second.digest)
    assert (first.number, first.previous) == (1, GENESIS)
    assert (second.number, second.previous) == (2, first.digest)
    assert second.is_sealed


def test_a_history_without_entries_has_a_head(rack):
    with rack.look() as connection:
        assert history.newest(connection) == EMPTY


def test_an_entry_goes_with_what_it_tells_of(rack):
    def fail():
        with rack.begin() as connection:
            facts.put(connection, "version", "2")
            audit.append(connection, now=NOON, kind=Kind.DONE, who="rack", text="updated")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with rack.look() as connection:
        assert history.entries(connection) == []


def test_entries_are_found_by_time_and_kind_and_the_newest_are_kept(rack):
    add(rack, "one", "two", "three")
    add(rack, "four", kind=Kind.DONE)

    def texts(**wanted):
        with rack.look() as connection:
            return [entry.text for entry in history.entries(connection, **wanted)]

    assert texts(limit=2) == ["three", "four"]
    assert texts(kind="done") == ["four"]
    assert texts(since=NOON + timedelta(minutes=1)) == ["two", "three"]
    assert texts(after=2) == ["three", "four"]


def test_what_no_database_can_keep_does_not_fail_what_is_told_of(rack):
    (entry,) = add(rack, "zero \0 and half \ud800", name="\0\ud800")
    assert entry.text == "zero ? and half ?"
    with rack.look() as connection:
        assert history.entries(connection) == [entry]


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_the_database_refuses_to_edit(rack, statement):
    before = add(rack, "one", "two", "three")

    def edit():
        with rack.begin() as connection:
            connection.execute(sa.text(statement))

    with pytest.raises(sa.exc.DBAPIError, match="cannot edit the history"):
        edit()
    with rack.look() as connection:
        assert history.entries(connection) == before


def test_sqlite_refuses_to_replace_and_postgresql_to_truncate(rack):
    before = add(rack, "one", "two")
    statement = (
        "INSERT OR REPLACE INTO audit SELECT 1, time, kind, who, 'other', detail, previous, digest"
        " FROM audit WHERE number = 1"
        if rack.dialect == "sqlite"
        else "TRUNCATE audit"
    )

    def edit():
        with rack.begin() as connection:
            connection.execute(sa.text(statement))

    with pytest.raises(sa.exc.DBAPIError, match="cannot edit the history"):
        edit()
    with rack.look() as connection:
        assert history.entries(connection) == before


def test_samples_that_say_the_same_are_kept_once_for_each_update(rack):
    well, ill = {"ailments": []}, {"ailments": ["web"]}
    with rack.begin() as connection:
        kept = [
            history.append_sample(
                connection, now=NOON, who="rack", text="", detail={"update": update, **sample}
            )
            for update, sample in (
                ("U1", well), ("U1", well), ("U1", ill), ("U1", ill), ("U1", well), ("U2", well),
            )
        ]  # fmt: skip
    assert [entry is not None for entry in kept] == [True, False, True, False, True, True]
