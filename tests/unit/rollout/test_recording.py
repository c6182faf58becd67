"""What is decided becomes durable, each new thing under a name of its own."""

from datetime import UTC, datetime

from convox.engine.engine import InstanceId
from convox.rollout import records
from convox.rollout.action import Launch, Start
from convox.rollout.recording import record
from convox.state import migrate
from convox.state.database import Database
from convox.testing.rollout import service

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Repeating:
    """Draws the same words again and again before another one comes."""

    def __init__(self) -> None:
        self._drawn = 0

    def new(self, alphabet: str, length: int) -> str:
        self._drawn += 1
        return alphabet[self._drawn // 4] * length


def test_no_two_get_the_same_id_when_the_same_is_drawn_twice():
    database, ids = Database("sqlite:///:memory:"), Repeating()
    migrate.expand(database)
    start = Start(service=service("web"), instance=InstanceId("i-1"))
    with database.begin() as connection:
        record(connection, [start, start], now=NOW, ids=ids, taken=["web-aaaaaa"])
        record(connection, [Launch(image="img-1")] * 3, now=NOW, ids=ids, taken=[])
        started = [process.id for process in records.processes(connection)]
        launched = [instance.id for instance in records.instances(connection)]
    assert len({*started, "web-aaaaaa"}) == 3
    assert len(set(launched)) == 3
