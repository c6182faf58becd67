"""The head file: when it moves on, and when it must not."""

import itertools
import json
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from convox import audit
from convox.audit.anchor import Anchor
from convox.audit.entry import EMPTY, Head
from convox.state import migrate
from convox.state.database import Database

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
_texts = itertools.count()


@pytest.fixture
def rack(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'rack.db'}")
    migrate.expand(database)
    yield database
    database.close()


@pytest.fixture
def said():
    return []


@pytest.fixture
def anchor(rack, tmp_path, said):
    return Anchor(tmp_path / "audit.head", rack, said.append)


def add(database, count=1):
    """Add entries and return the head."""
    with database.begin() as connection:
        for _ in range(count):
            entry = audit.append(
                connection, now=NOON, kind=audit.Kind.ASKED, who="rack", text=f"{next(_texts)}"
            )
    return Head(number=entry.number, digest=entry.digest)


def edit(database, *statements):
    with database.begin() as connection:
        for name in ("insert", "update", "delete"):
            connection.execute(sa.text(f"DROP TRIGGER IF EXISTS audit_{name}"))
        for statement in statements:
            connection.execute(sa.text(statement))


def test_the_head_moves_on_with_the_history_from_its_beginning(rack, anchor, said):
    assert anchor.read() is None
    anchor.keep()
    assert anchor.read() == EMPTY
    head = add(rack, 3)
    anchor.keep()
    assert anchor.read() == head
    anchor.keep()
    assert (anchor.read(), said) == (head, [])


def test_a_lost_head_is_not_made_anew(rack, anchor, said, tmp_path):
    add(rack)
    for content in (None, "", "[]", '{"number": "x", "digest": "y"}', '{"number": 1}'):
        if content is not None:
            (tmp_path / "audit.head").write_text(content)
        anchor.keep()
        assert anchor.read() is None
    assert said == ["the head of the history is lost; see `convox rack audit verify`"]


@pytest.mark.parametrize(
    ("statement", "grows"),
    [
        ("DELETE FROM audit WHERE number = 3", False),
        ("DELETE FROM audit WHERE number = 3", True),
        ("DELETE FROM audit", True),
        ("UPDATE audit SET who = 'nobody' WHERE number = 4", True),
        ("UPDATE audit SET previous = digest WHERE number = 4", True),
    ],
)
def test_the_head_stays_where_the_history_was_tampered_with(rack, anchor, said, statement, grows):
    anchor.keep()
    head = add(rack, 3)
    anchor.keep()
    if "4" in statement:
        add(rack)
    edit(rack, statement)
    if grows:
        add(rack, 2)
    for _ in range(2):
        anchor.keep()
        assert anchor.read() == head
    assert said == ["the history is not what it was; see `convox rack audit verify`"]


def test_a_disk_that_takes_nothing_leaves_the_head_for_the_next_time(rack, said, tmp_path):
    directory = tmp_path / "away"
    anchor = Anchor(directory / "audit.head", rack, said.append)
    anchor.keep()
    anchor.keep()
    assert len(said) == 1
    assert said[0].startswith("cannot keep the head of the history: ")
    directory.mkdir()
    anchor.keep()
    assert anchor.read() == EMPTY


def test_only_the_owner_reads_the_head(anchor, tmp_path):
    anchor.keep()
    path = tmp_path / "audit.head"
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text()) == {"number": 0, "digest": EMPTY.digest}
