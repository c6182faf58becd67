"""Do a step's effects, or undo them, and announce each place where that can be cut off."""

from convox.update.failpoints import Failpoint, Reach
from convox.update.steps.step import Facts, HopInHand, Step


async def perform(step: Step, hop: HopInHand, facts: Facts, reach: Reach) -> None:
    """Do the effects in order, then see that they are there."""
    for effect in step.effects:
        await reach(Failpoint(step.name, effect.name, "do", "before"))
        await effect.do(hop, facts)
        await reach(Failpoint(step.name, effect.name, "do", "after"))
    await step.verify(hop, facts)


async def take_back(step: Step, hop: HopInHand, facts: Facts, reach: Reach) -> None:
    """Undo the effects in reverse order."""
    for effect in reversed(step.effects):
        await reach(Failpoint(step.name, effect.name, "undo", "before"))
        await effect.undo(hop, facts)
        await reach(Failpoint(step.name, effect.name, "undo", "after"))
