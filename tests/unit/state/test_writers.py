"""Two who write at once, on both kinds of database."""

import threading

import sqlalchemy as sa

from convox.errors import LeaseLost
from convox.state import facts, lease, migrate
from convox.state.database import Database

ROUNDS = 50


def in_turns(*acts):
    """Run all at once, each in a thread of its own, and return what went wrong."""
    failures = []

    def run(act):
        try:
            act()
        except Exception as error:  # noqa: BLE001 - it is asserted on
            failures.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_nobody_overwrites_what_another_has_just_counted(database):
    migrate.expand(database)
    other = Database(database.url)

    def count(by):
        for _ in range(ROUNDS):
            with by.begin() as connection:
                facts.put(connection, "count", (facts.get(connection, "count") or 0) + 1)

    assert in_turns(lambda: count(database), lambda: count(other)) == []
    with other.look() as connection:
        assert facts.get(connection, "count") == 2 * ROUNDS
    other.close()


def test_nothing_is_written_after_the_lease_was_lost(database):
    migrate.expand(database)
    other = Database(database.url)
    older = lease.take(database, "older")
    losses = []

    def write():
        try:
            while True:
                with older.fenced() as connection:
                    facts.put(connection, "writer", "older")
        except LeaseLost as lost:
            losses.append(lost)

    def take_over():
        newer = lease.take(other, "newer")
        with newer.fenced() as connection:
            facts.put(connection, "writer", "newer")

    assert in_turns(write, take_over) == []
    assert len(losses) == 1
    with other.look() as connection:
        assert facts.get(connection, "writer") == "newer"
    other.close()


def test_whoever_looks_sees_one_moment_and_waits_for_no_writer(database):
    migrate.expand(database)
    other = Database(database.url)
    with database.begin() as connection:
        facts.put(connection, "version", "1")
    with other.look() as before:
        assert facts.get(before, "version") == "1"
        with database.begin() as connection:
            facts.put(connection, "version", "2")
            assert facts.get(before, "version") == "1"
        assert facts.get(before, "version") == "1"
    with other.look() as after:
        assert facts.get(after, "version") == "2"
    other.close()


def test_a_connection_that_looked_can_write_again(database):
    migrate.expand(database)
    with database.look() as connection:
        assert connection.execute(sa.text("SELECT 1")).scalar() == 1
    with database.begin() as connection:
        facts.put(connection, "version", "1")
    with database.look() as connection:
        assert facts.get(connection, "version") == "1"
