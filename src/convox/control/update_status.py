"""How an update is doing: where it stands, what it waits for, what comes next. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from convox.plan.estimate import Interval, Past, expected
from convox.update.update import FORWARD, StepRecord, StepState, Update, UpdateState

MEND = "mend that, the undo is tried again"
"""What to do about one that cannot be undone yet."""

_REMEDIES = {
    UpdateState.PAUSED: "go on with `convox rack update resume`, or `convox rack update cancel`",
    UpdateState.FAILED: f"{MEND}; `convox rack doctor` may name more",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateStatus:
    """The latest update as it is now.

    ``step`` is the one under way, or the next one while it is paused. ``waits_for`` names what
    holds it up, ``left`` how long it should still take; ``None`` where it does not go on.
    ``remedy`` is what a person may do, empty where nothing is to be done.
    """

    update: Update
    step: StepRecord | None
    waits_for: str
    left: Interval | None
    remedy: str

    @property
    def line(self) -> str:
        """The status in one line: what it is, and why."""
        update = self.update
        words = [f"to {update.target} {update.state}"]
        if self.step is not None:
            done = sum(step.state is StepState.DONE for step in update.steps)
            words[0] += f" at {self.step.name} ({done} of {len(update.steps)} steps done)"
        if self.waits_for:
            words.append(f"waits: {self.waits_for}")
        if update.cause:
            words.append(update.cause)
        if self.remedy:
            words.append(self.remedy)
        return "; ".join(words)

    @property
    def wants_attention(self) -> bool:
        """It goes on, or ended other than it should and nobody has said that they know."""
        update = self.update
        unseen = update.state is UpdateState.UNDONE and not update.acknowledged
        return update.is_active or unseen


def update_status(
    update: Update, *, now: datetime, waits_for: str, past: Past, soak: float
) -> UpdateStatus:
    """Return how an update is doing."""
    step = _step(update)
    return UpdateStatus(
        update=update,
        step=step,
        waits_for=waits_for,
        left=_left(update, step, now=now, past=past, soak=soak),
        remedy=_remedy(update),
    )


def once_undone(update: Update) -> str:
    """Return what a person may do about an update that was undone."""
    is_back = update.target < update.origin
    again = "update again with `convox rack update`"
    if is_back:
        again = f"go back with `convox rack update {update.target}`"
    if not update.was_called_off:
        return f"when that is mended, {again}"
    seen = "`convox rack update acknowledge`"
    then = f"{seen} says that you know" if is_back else f"after {seen} the rack may by itself"
    return f"{again}; {then}"


def _remedy(update: Update) -> str:
    if update.state is UpdateState.UNDONE:
        return once_undone(update)
    return _REMEDIES.get(update.state, "")


def _step(update: Update) -> StepRecord | None:
    if update.under_way is None and update.state in FORWARD:
        return next((step for step in update.steps if step.state is StepState.PENDING), None)
    return update.under_way


def _left(
    update: Update, step: StepRecord | None, *, now: datetime, past: Past, soak: float
) -> Interval | None:
    if update.state is not UpdateState.UPDATING or step is None:
        return None
    machines = int(update.plan.get("machines", 0))
    names: Sequence[str] = [each.name for each in update.steps if each.position > step.position]
    rest = expected(names, past, soak=soak, machines=machines)
    this = expected([step.name], past, soak=soak, machines=machines)
    elapsed = (now - step.started).total_seconds() if step.started else 0.0
    return this.after(elapsed) + rest
