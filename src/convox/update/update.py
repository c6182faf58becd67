"""The states of an update and of its steps, and which move comes next. Pure.

An update walks its steps in order. Each step is announced in the journal before its first effect,
and confirmed after it was verified; a control plane that starts finds from these records alone what
to do. When a step fails, or a person calls the update off, the steps done since the last commit are
undone in reverse. ``commit`` is the last step of a hop: what lies before it is never undone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from convox.plan.estimate import INSTANCES

HANDOFF = "handoff"
COMMIT = "commit"


class UpdateState(StrEnum):
    """Where an update stands."""

    UPDATING = "updating"
    PAUSED = "paused"
    """A person holds it: the step that is under way ends, and no other begins."""
    ROLLBACK = "rollback"
    DONE = "done"
    """The target runs, committed."""
    UNDONE = "undone"
    """Everything since the last commit was undone; ``cause`` says why."""
    FAILED = "failed"
    """A step cannot be undone; a person should act, and meanwhile it is tried again."""


class UpdateEvent(StrEnum):
    """What happens to an update."""

    STEP_FAILED = "step failed"
    PAUSED = "paused"
    RESUMED = "resumed"
    CALLED_OFF = "called off"
    """A person wants back what was before."""
    ALL_DONE = "all done"
    ALL_UNDONE = "all undone"
    UNDO_FAILED = "undo failed"
    UNDO_MENDED = "undo mended"
    """What could not be undone was undone after all."""


class StepState(StrEnum):
    """Where a step stands."""

    PENDING = "pending"
    DOING = "doing"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


class StepEvent(StrEnum):
    """What happens to a step."""

    BEGUN = "begun"
    VERIFIED = "verified"
    REVERSED = "reversed"
    """Its undo has begun."""
    RESTORED = "restored"
    """Its undo has ended."""


UPDATE_TRANSITIONS: Mapping[UpdateState, Mapping[UpdateEvent, UpdateState]] = {
    UpdateState.UPDATING: {
        UpdateEvent.STEP_FAILED: UpdateState.ROLLBACK,
        UpdateEvent.CALLED_OFF: UpdateState.ROLLBACK,
        UpdateEvent.PAUSED: UpdateState.PAUSED,
        UpdateEvent.ALL_DONE: UpdateState.DONE,
    },
    UpdateState.PAUSED: {
        UpdateEvent.RESUMED: UpdateState.UPDATING,
        UpdateEvent.CALLED_OFF: UpdateState.ROLLBACK,
        UpdateEvent.STEP_FAILED: UpdateState.ROLLBACK,
        UpdateEvent.ALL_DONE: UpdateState.DONE,
    },
    UpdateState.ROLLBACK: {
        # The step that was under way when the update was called off may fail as well.
        UpdateEvent.STEP_FAILED: UpdateState.ROLLBACK,
        UpdateEvent.ALL_UNDONE: UpdateState.UNDONE,
        UpdateEvent.UNDO_FAILED: UpdateState.FAILED,
    },
    UpdateState.DONE: {},
    UpdateState.UNDONE: {},
    UpdateState.FAILED: {UpdateEvent.UNDO_MENDED: UpdateState.ROLLBACK},
}

STEP_TRANSITIONS: Mapping[StepState, Mapping[StepEvent, StepState]] = {
    StepState.PENDING: {StepEvent.BEGUN: StepState.DOING},
    StepState.DOING: {
        StepEvent.VERIFIED: StepState.DONE,
        StepEvent.REVERSED: StepState.UNDOING,
    },
    StepState.DONE: {StepEvent.REVERSED: StepState.UNDOING},
    StepState.UNDOING: {StepEvent.RESTORED: StepState.UNDONE},
    StepState.UNDONE: {},
}

FORWARD = frozenset({UpdateState.UPDATING, UpdateState.PAUSED})
"""The states in which steps are done, not undone."""

ACTIVE = FORWARD | {UpdateState.ROLLBACK, UpdateState.FAILED}
"""The states in which there is something to do or to undo."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """A step of an update, as the journal has it.

    ``facts`` is what its undo needs to know, as it was before the step's first effect.
    """

    position: int
    name: str
    hop: int
    state: StepState = StepState.PENDING
    facts: Mapping[str, Any] = field(default_factory=dict)
    started: datetime | None = None
    ended: datetime | None = None

    @property
    def is_under_way(self) -> bool:
        """It is being done or undone."""
        return self.state in {StepState.DOING, StepState.UNDOING}

    def after(self, event: StepEvent) -> "StepRecord":
        """Return the step after the event; an event that cannot happen now is our own mistake."""
        following = STEP_TRANSITIONS[self.state].get(event)
        if following is None:
            raise RuntimeError(f"step {self.name} is {self.state}: it cannot be {event}")
        return replace(self, state=following)


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """A plan that is being carried out, or was."""

    id: str
    origin: str
    target: str
    plan: Mapping[str, Any]
    """As the planner stored it; an update never plans again."""
    state: UpdateState
    cause: str
    created: datetime
    ended: datetime | None
    asked_by: str
    acknowledged: bool
    """A person has seen how it ended."""
    steps: Sequence[StepRecord]

    @property
    def is_active(self) -> bool:
        """It still has something to do or to undo."""
        return self.state in ACTIVE

    @property
    def was_called_off(self) -> bool:
        """A person turned it back, whatever befell it then."""
        return self.cause.startswith(called_off_by(""))

    @property
    def under_way(self) -> StepRecord | None:
        """The step that is being done or undone."""
        return next((step for step in self.steps if step.is_under_way), None)

    @property
    def is_rolling(self) -> bool:
        """The instances are being replaced, there or back."""
        return self.under_way is not None and self.under_way.name == INSTANCES

    @property
    def is_committing(self) -> bool:
        """The commit of the hop under way has begun, so nothing is left that could be undone."""
        begun = any(step.name == COMMIT and step.state is StepState.DOING for step in self.steps)
        return begun or all(step.state is StepState.DONE for step in self.steps)

    @property
    def returns_to(self) -> str:
        """The version that is left when what is not committed is undone."""
        committed = [step.hop for step in self.steps[: _committed(self.steps)]]
        if not committed:
            return self.origin
        version: str = self.plan["hops"][committed[-1]]["target"]
        return version

    def after(self, event: UpdateEvent) -> UpdateState:
        """Return the state after the event; an event that cannot happen now is our own mistake."""
        following = UPDATE_TRANSITIONS[self.state].get(event)
        if following is None:
            raise RuntimeError(f"update {self.id} is {self.state}: {event} cannot happen")
        return following


@dataclass(frozen=True, slots=True, kw_only=True)
class Do:
    """Do this step next, again if it was begun before."""

    step: StepRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """Undo this step next."""

    step: StepRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Do nothing until a person asks for something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle:
    """Nothing is left to do: the update has come to its end."""

    event: UpdateEvent


Move = Do | Undo | Wait | Settle

_DONE = StepState.DONE
_TO_UNDO = frozenset({StepState.DOING, StepState.DONE, StepState.UNDOING})


def called_off_by(who: str) -> str:
    """Return the cause of an update that a person turns back."""
    return f"{UpdateEvent.CALLED_OFF} by {who}"


def next_move(update: Update) -> Move:
    """Return what an active update has to do next."""
    if update.state in FORWARD:
        step = next((step for step in update.steps if step.state is not StepState.DONE), None)
        if step is None:
            return Settle(event=UpdateEvent.ALL_DONE)
        is_held = update.state is UpdateState.PAUSED and step.state is StepState.PENDING
        return Wait() if is_held else Do(step=step)
    for step in reversed(update.steps[_committed(update.steps) :]):
        if step.state in _TO_UNDO:
            return Undo(step=step)
    return Settle(event=UpdateEvent.ALL_UNDONE)


def is_displaced(update: Update, version: str) -> bool:
    """Say whether ``version`` finds itself running an update that another one should drive.

    From ``handoff`` on, the target drives. When the origin runs again, the keeper has fallen back
    to it, because the target did not stay up.
    """
    if update.state not in FORWARD:
        return False
    handed_over = [step for step in update.steps if step.name == HANDOFF and step.state is _DONE]
    if not handed_over:
        return False
    hop = handed_over[-1].hop
    committed = any(
        step.name == COMMIT and step.hop == hop and step.state is _DONE for step in update.steps
    )
    return not committed and update.plan["hops"][hop]["target"] != version


def _committed(steps: Sequence[StepRecord]) -> int:
    """Return how many steps, from the first, lie behind the last commit."""
    for index in range(len(steps), 0, -1):
        if steps[index - 1].name == COMMIT and steps[index - 1].state is StepState.DONE:
            return index
    return 0
