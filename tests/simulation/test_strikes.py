"""Every failpoint of every step, struck in every way there is: the whole table, not a sample."""

import random
from collections.abc import Callable, Sequence

import pytest
from tests.simulation.playing import Tally
from tests.simulation.script import EFFECTS, provoked, reachable, read
from tests.simulation.test_updates import report

from convox.plan.plan import STEPS
from convox.rollout.progress import Roll
from convox.state import lease
from convox.testing.simulation.feed import release
from convox.testing.simulation.rack import SimulatedRack
from convox.testing.simulation.records import Records
from convox.testing.simulation.steps import Updating
from convox.testing.simulation.strikes import Kind, Strike
from convox.testing.simulation.virtual import VirtualClock
from convox.update.failpoints import failpoints
from convox.update.steps.step import Step


def test_the_table_names_what_the_steps_do() -> None:
    steps = _steps()
    assert {step.name: tuple(each.name for each in step.effects) for step in steps} == EFFECTS
    assert tuple(EFFECTS) == STEPS
    every = {str(point) for point in failpoints(steps)}
    never = every - set(reachable())
    assert set(reachable()) < every
    assert {point.split(".")[0] for point in never} == {"commit"}, "a commit is not undone"


def _steps() -> Sequence[Step]:
    rack = SimulatedRack(Records(), release("20260101000000"), [])
    return Updating(
        ground=rack.ground,
        lease=lease.take(rack.ground.database, "nobody"),
        clock=VirtualClock(),
        slot="20260101000000",
        progress=lambda: Roll(ready=0, wanted=0, is_done=True, blocker=""),
        wake=lambda: None,
        narrate=print,
    ).steps()


@pytest.mark.parametrize("step", STEPS)
def test_an_update_ends_right_wherever_it_is_struck(
    step: str, record_property: Callable[[str, object], None]
) -> None:
    tally, missed = Tally(), []
    for number, point in enumerate(each for each in reachable() if each.startswith(f"{step}.")):
        for kind in Kind:
            cause = [str(event) for event in provoked(point, random.Random(number))]
            after = "update" if kind is Kind.CRASH else "resume"
            told = [f"0 strike {point} {kind}", *cause, "1 update", f"240 {after}"]
            tally.play(number, read("; ".join(told)))
            if not tally.struck[Strike(point, kind)]:
                missed.append(f"{point} {kind}")
    report(tally, record_property)
    assert missed == []
