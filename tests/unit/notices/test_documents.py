"""What docs/notifications.md says is what is sent: its examples are made again, its code is run."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.scenarios.automatic.test_decide import outlook

from convox.control.automatic.decide import decide
from convox.control.automatic.forecast import Forecast
from convox.control.automatic.notifying import notify
from convox.control.notifications import TEST_TEXT
from convox.notices import outbox, receivers
from convox.notices.notice import Notice, NoticeKind, compose, to_json
from convox.notices.receiver import Receiver, ReceiverForm
from convox.notices.signing import headers
from convox.state import facts, lease, migrate
from convox.state.database import Database
from convox.update import journal, told
from convox.update.update import UpdateEvent

TEXT = Path("docs/notifications.md").read_text()
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def records(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'rack.db'}")
    migrate.expand(database)
    ops = Receiver(name="ops", form=ReceiverForm.WEBHOOK, address="https://example.com")
    with database.begin() as connection:
        facts.put(connection, "name", "dev")
        receivers.add(connection, ops, now=NOW)
    yield database
    database.close()


def begin(connection: sa.Connection, name: str) -> None:
    hop = {"origin": "20260101000001", "target": "20260101000002"}
    journal.begin(
        connection,
        id=name,
        **hop,
        plan={"hops": [hop]},
        steps=[(0, "soak")],
        now=NOW,
        asked_by="convox (ann@desk)",
    )


def happen(connection: sa.Connection, event: UpdateEvent, cause: str = "") -> None:
    update = journal.active(connection)
    journal.record_update(connection, update, event, now=NOW, cause=cause)


def sent(database: Database) -> list[str]:
    """Return every kind of notice as a receiver gets it, in the order of the document."""
    held = lease.take(database, "test")
    seen = outlook("B5!")
    notify(held, Forecast(outlook=seen, action=decide(seen)))
    cause = "service shop/web has 1 of 2 processes healthy"
    with held.fenced() as connection:
        begin(connection, "UABCDEFGHIJ")
        blocker = "web-a1b2c3 of app shop is in use since 11:50:00 UTC; end what uses it"
        told.held_up(connection, journal.active(connection), now=NOW, blocker=blocker)
        happen(connection, UpdateEvent.ALL_DONE)
        begin(connection, "UKLMNOPQRST")
        happen(connection, UpdateEvent.STEP_FAILED, f"soak: {cause}")
        happen(connection, UpdateEvent.ALL_UNDONE)
        found = outbox.due(connection, NOW.replace(hour=13))
    test = compose(
        kind=NoticeKind.TEST, time=NOW, rack="dev", version="20260101000001", text=TEST_TEXT
    )
    first = {each.notice.kind: each.notice for each in reversed(found)} | {NoticeKind.TEST: test}
    return [_pretty(first[kind]) for kind in NoticeKind]


def _pretty(notice: Notice) -> str:
    return json.dumps(json.loads(to_json(notice)), indent=2, ensure_ascii=False) + "\n"


def test_the_document_shows_each_kind_as_it_is_sent(records):
    assert [text for language, text in BLOCK.findall(TEXT) if language == "json"][:8] == sent(
        records
    )


def test_the_code_that_verifies_takes_what_is_sent_and_nothing_else():
    [code] = [text for language, text in BLOCK.findall(TEXT) if language == "python"]
    names = {}
    exec(compile(code, "docs/notifications.md", "exec"), names)
    verify, body = names["verify"], b'{"kind": "done"}'
    made = headers(SECRET, id="n1", now=NOW, body=body)
    now = NOW.timestamp()
    assert verify(SECRET, made, body, now=now + 10)
    assert not verify(SECRET, made, body + b" ", now=now)
    assert not verify(SECRET, made, body, now=now + 301)
    assert not verify(SECRET, made, body, now=now - 301)
    assert not verify("whsec_AAAA", made, body, now=now)
    assert not verify(SECRET, {**made, "webhook-id": "n2"}, body, now=now)
    assert not verify(SECRET, {}, body, now=now)


def test_the_document_names_every_kind():
    named = re.findall(r"^\| `([\w-]+)` \|", TEXT, re.MULTILINE)
    assert [kind for kind in NoticeKind if kind not in named] == []
