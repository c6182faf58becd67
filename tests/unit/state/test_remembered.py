"""What was read is read again when, and only when, it may have changed; on both databases."""

import pytest

from convox.state import facts, migrate
from convox.state.database import Database
from convox.state.remembered import Remembered


class Reader:
    """Reads one fact, and counts how often."""

    def __init__(self, database):
        self.database, self.reads = database, 0
        self.remembered = Remembered(database, self.read)

    def read(self, connection):
        self.reads += 1
        return facts.get(connection, "fact")

    def look(self):
        with self.database.look() as connection:
            return self.remembered(connection)


@pytest.fixture
def reader(database):
    migrate.expand(database)
    return Reader(database)


def write(database, value):
    with database.begin() as connection:
        facts.put(connection, "fact", value)


def test_what_nobody_has_changed_is_read_once(reader):
    with reader.database.begin() as connection:
        reader.remembered(connection)
    assert [reader.look() for _ in range(3)] == [None, None, None]
    assert reader.reads == 1


def test_what_was_written_is_read_whoever_wrote_it(reader):
    found = []
    for value, database in enumerate([reader.database, Database(reader.database.url)] * 2):
        write(database, value)
        found.append(reader.look())
    assert found == [0, 1, 2, 3]


def test_what_a_transaction_writes_itself_is_read_in_it(reader):
    with reader.database.begin() as connection:
        reader.remembered(connection)
        facts.put(connection, "fact", "written")
        assert reader.remembered(connection) == "written"
    assert reader.look() == "written"


def test_what_was_taken_back_is_not_remembered(reader):
    write(reader.database, "before")
    assert reader.look() == "before"

    def fail():
        with reader.database.begin() as connection:
            facts.put(connection, "fact", "never")
            reader.remembered(connection)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert reader.look() == "before"
