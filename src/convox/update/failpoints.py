"""The places at which an update can be struck, taken from the steps themselves. Pure.

Whoever carries an update out announces each place as it comes there. A rack at work lets it pass;
a simulation and the crash matrix strike at it, and so reach every gap between two effects.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import NamedTuple

from convox.update.steps.step import Step
from convox.update.update import StepEvent

JOURNAL = "journal"
_MOMENTS = ("before", "after")


class Failpoint(NamedTuple):
    """Before or after an effect is done or undone, or an event of the step is recorded."""

    step: str
    effect: str
    act: str
    moment: str

    def __str__(self) -> str:
        return ".".join(self)


Reach = Callable[[Failpoint], Awaitable[None]]


async def pass_by(point: Failpoint) -> None:
    """Let nothing happen."""


def failpoints(steps: Iterable[Step]) -> tuple[Failpoint, ...]:
    """Return every failpoint of these steps."""
    return tuple(
        Failpoint(step.name, effect, act, moment)
        for step in steps
        for effect, act in _acts(step)
        for moment in _MOMENTS
    )


def _acts(step: Step) -> Iterator[tuple[str, str]]:
    for effect in step.effects:
        yield effect.name, "do"
        yield effect.name, "undo"
    for event in StepEvent:
        yield JOURNAL, event.value
