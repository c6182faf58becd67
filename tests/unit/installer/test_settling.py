"""Records that are gone back to, and their history."""

from datetime import UTC, datetime

import pytest

from convox.audit import Kind, append
from convox.audit.anchor import Anchor
from convox.audit.chain import verify
from convox.audit.history import entries, newest
from convox.feed.document import serialise_release
from convox.feed.layout import kept_document
from convox.feed.release import RackRelease, Surface
from convox.installer.settling import settle
from convox.state import epochs, facts, migrate, rackfile, snapshot
from convox.state.database import Database
from convox.state.rackfile import RackFile
from convox.update import journal
from convox.update.update import UpdateEvent, UpdateState

VERSION = "20260101000000"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def home(tmp_path):
    (tmp_path / "state").mkdir()
    url = f"sqlite:///{tmp_path / 'state' / 'rack.db'}"
    known = RackFile(name="dev", database=url, password="x", feed="feed", domain="dev.test")
    rackfile.save(tmp_path, known)
    return tmp_path


@pytest.fixture
def records(home):
    database = Database(rackfile.load(home).database)
    migrate.expand(database)
    with database.begin() as connection:
        facts.put(connection, "version", VERSION)
    yield database
    database.close()


def add(database, text):
    with database.begin() as connection:
        append(connection, now=NOON, kind=Kind.ASKED, who="rack", text=text)


def test_the_history_says_itself_that_it_went_back_and_what_its_head_was(home, records):
    anchor = Anchor(home / "state" / "audit.head", records, pytest.fail)
    anchor.keep()
    add(records, "before")
    snapshot.take(records, home / "copy.db")
    add(records, "after")
    anchor.keep()
    lost = anchor.read()
    records.close()
    (home / "copy.db").replace(home / "state" / "rack.db")
    settle(home, VERSION, "copy.db")
    with records.look() as connection:
        found, head = entries(connection), newest(connection)
    assert [entry.text for entry in found] == [
        "before",
        "the rack's records were restored from copy.db",
    ]
    assert found[-1].detail == {"head": str(lost)}
    assert "@" in found[-1].who
    assert (anchor.read(), verify(found, anchor.read())) == (head, [])
    assert [finding.fault for finding in verify(found, lost)] == ["changed"]


@pytest.mark.parametrize("ends", [False, True])
def test_no_update_goes_on_that_was_under_way_when_the_copy_was_made(home, records, ends):
    with records.begin() as connection:
        update = journal.begin(
            connection,
            id="U1",
            origin=VERSION,
            target="20260102000000",
            plan={"hops": [{"origin": VERSION, "target": "20260102000000"}]},
            steps=[(0, "fetch")],
            now=NOON,
            asked_by="ann",
        )
        if ends:
            journal.record_update(connection, update, UpdateEvent.ALL_DONE, now=NOON)
    settle(home, VERSION, "copy.db")
    with records.look() as connection:
        found = journal.latest(connection)
    why = "the rack's records were restored from copy.db"
    expected = (UpdateState.DONE, "") if ends else (UpdateState.UNDONE, why)
    assert (found.state, found.cause) == expected


def test_a_copy_of_an_older_version_learns_which_forms_the_running_one_let_go_of(home, records):
    release = RackRelease(
        version=VERSION,
        notes="",
        surfaces={"state": Surface(reads=frozenset({2}), writes=frozenset({2}))},
        images={"local": "img-2"},
        artifacts=(),
    )
    document = home / "feed" / kept_document(VERSION)
    document.parent.mkdir(parents=True)
    document.write_bytes(serialise_release(release))
    with records.begin() as connection:
        facts.put(connection, "version", "20250101000000")
        epochs.move_back(connection, after={"state": frozenset({1, 2})})
    settle(home, VERSION, "copy.db")
    with records.look() as connection:
        assert epochs.written(connection) == {"state": frozenset({2})}
        assert epochs.gone(connection) == {"state": frozenset({1})}
        assert facts.get(connection, "version") == VERSION
