"""How long steps took, learnt from the journal."""

from datetime import UTC, datetime, timedelta

from convox.state import migrate
from convox.update import journal
from convox.update.update import StepEvent, UpdateEvent

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LASTS = {"stage": 4.0, "instances": 30.0, "soak": 5.0}  # seconds


def carry_out(connection, number: int, *, machines: int) -> None:
    """Record an update of which all but the last step was done."""
    begun = NOW + timedelta(hours=number)
    plan = {"hops": [{"origin": "1", "target": "2"}], "machines": machines}
    update = journal.begin(
        connection,
        id=f"U{number}",
        origin="1",
        target="2",
        plan=plan,
        steps=[(0, name) for name in LASTS],
        now=begun,
        asked_by="ann",
    )
    for step in update.steps:
        under_way = journal.record_step(connection, update, step, StepEvent.BEGUN, now=begun)
        if step.name != "soak":
            ended = begun + timedelta(seconds=LASTS[step.name] + number)
            journal.record_step(connection, update, under_way, StepEvent.VERIFIED, now=ended)
    journal.record_update(connection, update, UpdateEvent.ALL_DONE, now=begun)


def test_the_newest_runs_are_learnt_from_and_a_roll_by_the_machine(database):
    migrate.expand(database)
    with database.begin() as connection:
        for number, machines in enumerate((3, 3, 0)):
            carry_out(connection, number, machines=machines)
        past = journal.past_durations(connection, limit=2)
    assert past == {"stage": [6.0, 5.0], "instances": [32.0, 31.0 / 3]}
