"""A paused update holds the roll of the instances."""

from datetime import UTC, datetime

from convox.control.desired import desired_instances
from convox.state import migrate, wanted
from convox.update import journal
from convox.update.update import UpdateEvent

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_the_roll_is_held_as_long_as_the_update_is_paused(database):
    migrate.expand(database)
    held = []
    with database.begin() as connection:
        wanted.want_image(connection, "img-1")
        held.append(desired_instances(connection).held)
        update = journal.begin(
            connection,
            id="U1",
            origin="1",
            target="2",
            plan={"hops": [{"origin": "1", "target": "2"}]},
            steps=[(0, "instances")],
            now=NOW,
            asked_by="ann",
        )
        for event in (UpdateEvent.PAUSED, UpdateEvent.RESUMED):
            held.append(desired_instances(connection).held)
            journal.record_update(connection, update, event, now=NOW)
            update = journal.load(connection, update.id)
            held.append(desired_instances(connection).held)
    assert held == [False, False, True, True, False]
