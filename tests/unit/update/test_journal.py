"""What an update did, as the journal has it."""

from datetime import UTC, datetime, timedelta

import pytest

from convox.state import migrate
from convox.update import journal
from convox.update.update import StepEvent, Update, UpdateEvent

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LASTS = {"stage": 4.0, "instances": 30.0, "soak": 5.0}  # seconds


def begin(connection, number: int, *, machines: int = 0) -> Update:
    return journal.begin(
        connection,
        id=f"U{number}",
        origin="1",
        target="2",
        plan={"hops": [{"origin": "1", "target": "2"}], "machines": machines},
        steps=[(0, name) for name in LASTS],
        now=NOW + timedelta(hours=number),
        asked_by="ann",
    )


def carry_out(connection, number: int, *, machines: int) -> None:
    """Record an update of which all but the last step was done."""
    update = begin(connection, number, machines=machines)
    for step in update.steps:
        begun = update.created
        under_way = journal.record_step(connection, update, step, StepEvent.BEGUN, now=begun)
        if step.name != "soak":
            ended = begun + timedelta(seconds=LASTS[step.name] + number)
            journal.record_step(connection, update, under_way, StepEvent.VERIFIED, now=ended)
    journal.record_update(connection, update, UpdateEvent.ALL_DONE, now=update.created)


def test_the_newest_runs_are_learnt_from_and_a_roll_by_the_machine(database):
    migrate.expand(database)
    with database.begin() as connection:
        for number, machines in enumerate((3, 3, 0)):
            carry_out(connection, number, machines=machines)
        past = journal.past_durations(connection, limit=2)
    assert past == {"stage": [6.0, 5.0], "instances": [32.0, 31.0 / 3]}


@pytest.mark.parametrize(("name", "took"), [("instances", 20.0), ("soak", 50.0)])
def test_the_time_for_which_a_roll_is_held_is_not_learnt_from(database, name, took):
    """Another step goes on to its end, whoever pauses the update."""

    def after(seconds: float) -> datetime:
        return NOW + timedelta(seconds=seconds)

    migrate.expand(database)
    with database.begin() as connection:
        found = begin(connection, 1)
        step = next(each for each in found.steps if each.name == name)
        step = journal.record_step(connection, found, step, StepEvent.BEGUN, now=NOW)
        for event, seconds in ((UpdateEvent.PAUSED, 10), (UpdateEvent.RESUMED, 40)):
            journal.record_update(
                connection, journal.load(connection, found.id), event, now=after(seconds)
            )
        journal.record_step(connection, found, step, StepEvent.VERIFIED, now=after(50))
        assert journal.past_durations(connection, limit=2) == {name: [took]}


def test_no_step_begins_in_an_update_that_was_called_off_meanwhile(database):
    migrate.expand(database)
    with database.begin() as connection:
        seen = begin(connection, 1)
        journal.record_update(connection, seen, UpdateEvent.CALLED_OFF, now=NOW)
        with pytest.raises(journal.CalledOff):
            journal.record_step(connection, seen, seen.steps[0], StepEvent.BEGUN, now=NOW)
        assert journal.load(connection, seen.id).steps == seen.steps
