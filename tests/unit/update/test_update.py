"""Who drives an update, by its records alone."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from convox.plan.plan import STEPS
from convox.update.limits import LIMITS
from convox.update.update import StepRecord, StepState, Update, UpdateState, is_displaced

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOPS = {"hops": [{"origin": "1", "target": "2"}, {"origin": "2", "target": "3"}]}
NAMES = ("fetch", "handoff", "soak", "commit")

# The version that runs, how many steps are done, and whether somebody else should drive.
CASES = {
    "the origin drives before the handoff": ("1", 1, False),
    "the origin came back after the handoff": ("1", 2, True),
    "the target drives after the handoff": ("2", 3, False),
    "the hop was committed": ("2", 4, False),
    "the next hop is not handed over yet": ("2", 5, False),
    "the origin of the next hop came back": ("2", 6, True),
    "the target of the next hop drives": ("3", 7, False),
}


def update(done: int, state: UpdateState = UpdateState.UPDATING) -> Update:
    names = [(hop, name) for hop in range(2) for name in NAMES]
    steps = [
        StepRecord(
            position=position,
            name=name,
            hop=hop,
            state=StepState.DONE if position < done else StepState.PENDING,
        )
        for position, (hop, name) in enumerate(names)
    ]
    return Update(
        id="U1",
        origin="1",
        target="3",
        plan=HOPS,
        state=state,
        cause="",
        created=NOW,
        ended=None,
        asked_by="ann",
        acknowledged=False,
        steps=steps,
    )


@pytest.mark.parametrize(("version", "done", "displaced"), CASES.values(), ids=CASES)
def test_whoever_is_displaced_knows(version, done, displaced):
    assert is_displaced(update(done), version) is displaced


def test_an_update_that_turns_back_is_driven_by_whoever_runs():
    assert not is_displaced(update(2, UpdateState.ROLLBACK), "1")


@pytest.mark.parametrize("state", StepState)
def test_it_rolls_while_instances_are_replaced_there_or_back(state):
    def at(name: str) -> Update:
        step = StepRecord(position=0, name=name, hop=0, state=state)
        return replace(update(0), steps=[step])

    assert at("instances").is_rolling is (state in {StepState.DOING, StepState.UNDOING})
    assert not at("soak").is_rolling


def test_every_step_has_a_limit():
    assert tuple(LIMITS) == STEPS
