"""An update's status in one line, and what it is made of."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from convox.control.moves import moves
from convox.control.update_status import update_status
from convox.plan.plan import Move
from convox.rollout.desired import Desired, DesiredInstances, DesiredService
from convox.update.update import StepRecord, StepState, Update, UpdateState

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PAST = {"stage": [4.0] * 9, "soak": [5.0] * 9, "commit": [1.0] * 9}
NAMES = ("stage", "soak", "commit")


def update(
    state: UpdateState, *states: StepState, cause: str = "", acknowledged=False, target="2"
) -> Update:
    steps = [
        StepRecord(position=position, name=name, hop=0, state=each, started=NOW)
        for position, (name, each) in enumerate(zip(NAMES, states, strict=True))
    ]
    return Update(
        id="U1",
        origin="1",
        target=target,
        plan={"machines": 3, "hops": [{"origin": "1", "target": "2"}]},
        state=state,
        cause=cause,
        created=NOW,
        ended=None,
        asked_by="ann",
        acknowledged=acknowledged,
        steps=steps,
    )


def status(found: Update, *, after: float = 0.0, waits_for: str = ""):
    now = NOW + timedelta(seconds=after)
    return update_status(found, now=now, waits_for=waits_for, past=PAST, soak=5.0)


P, D, V, U, X = (
    StepState.PENDING,
    StepState.DOING,
    StepState.DONE,
    StepState.UNDOING,
    StepState.UNDONE,
)
GO_ON = "go on with `convox rack update resume`, or `convox rack update cancel`"
MEND = "mend that, the undo is tried again; `convox rack doctor` may name more"
THEN = "after `convox rack update acknowledge` the rack may by itself"
KNOWN = "`convox rack update acknowledge` says that you know"
LINES = {
    "a step is done": (
        update(UpdateState.UPDATING, V, D, P),
        "to 2 updating at soak (1 of 3 steps done)",
    ),
    "held before a step": (
        update(UpdateState.PAUSED, V, P, P),
        f"to 2 paused at soak (1 of 3 steps done); {GO_ON}",
    ),
    "turned back": (
        update(UpdateState.ROLLBACK, V, U, P, cause="soak: ill"),
        "to 2 rollback at soak (1 of 3 steps done); soak: ill",
    ),
    "undone": (
        update(UpdateState.UNDONE, X, X, P, cause="soak: ill"),
        "to 2 undone; soak: ill; when that is mended, update again with `convox rack update`",
    ),
    "called off": (
        update(UpdateState.UNDONE, X, P, P, cause="called off by ann; x: y"),
        f"to 2 undone; called off by ann; x: y; update again with `convox rack update`; {THEN}",
    ),
    "a way back that was undone": (
        update(UpdateState.UNDONE, X, X, P, cause="soak: ill", target="0"),
        "to 0 undone; soak: ill; when that is mended, go back with `convox rack update 0`",
    ),
    "a way back that was called off": (
        update(UpdateState.UNDONE, X, X, P, cause="called off by ann", target="0"),
        f"to 0 undone; called off by ann; go back with `convox rack update 0`; {KNOWN}",
    ),
    "an undo fails": (
        update(UpdateState.FAILED, V, U, P, cause="undo of soak: full"),
        f"to 2 failed at soak (1 of 3 steps done); undo of soak: full; {MEND}",
    ),
    "done": (update(UpdateState.DONE, V, V, V), "to 2 done"),
}


@pytest.mark.parametrize(("found", "line"), LINES.values(), ids=LINES)
def test_the_line_of_an_update(found, line):
    assert status(found).line == line


def test_what_holds_it_up_is_in_the_line():
    found = status(update(UpdateState.UPDATING, D, P, P), waits_for="p1 is not healthy")
    assert found.line == "to 2 updating at stage (0 of 3 steps done); waits: p1 is not healthy"


def test_what_is_left_shrinks_with_time_and_never_below_the_steps_to_come():
    found = update(UpdateState.UPDATING, D, P, P)
    assert (status(found).left.low, status(found).left.high) == (10.0, 11.5)
    assert status(found, after=3).left.low == 7.0
    assert status(found, after=1000).left.low == 6.0


@pytest.mark.parametrize("state", sorted(set(UpdateState) - {UpdateState.UPDATING}))
def test_nothing_is_promised_of_what_does_not_go_on(state):
    assert status(update(state, V, P, P)).left is None


def test_an_end_that_nobody_has_seen_wants_attention():
    undone = update(UpdateState.UNDONE, X, X, X)
    seen = update(UpdateState.UNDONE, X, X, X, acknowledged=True)
    assert [status(each).wants_attention for each in (undone, seen)] == [True, False]
    assert not status(update(UpdateState.DONE, V, V, V)).wants_attention
    assert status(update(UpdateState.FAILED, V, U, P)).wants_attention


def service(name: str, count: int, **settings) -> DesiredService:
    return DesiredService(
        app="hello",
        service=name,
        release="R1",
        fingerprint="R1",
        count=count,
        command=("run",),
        directory=Path("/slug"),
        **settings,
    )


def test_only_what_must_end_first_is_interrupted_by_a_roll():
    desired = Desired(
        services=(
            service("web", 2),
            service("none", 0),
            service("job", 1, singleton=True),
            service("log", 1, agent=True),
        ),
        instances=DesiredInstances(image="x", count=3),
    )
    assert moves(desired) == (
        Move(
            app="hello",
            service="job",
            processes=1,
            seconds=6,
            why="a singleton: it ends before it starts elsewhere",
        ),
        Move(
            app="hello",
            service="log",
            processes=3,
            seconds=6,
            why="an agent: each instance has its own, which ends with it",
        ),
        Move(app="hello", service="web", processes=2),
    )
