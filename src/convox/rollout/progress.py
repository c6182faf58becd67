"""How far a roll of the instances is, by the records. Pure."""

from collections.abc import Collection
from dataclasses import dataclass

from convox.rollout.desired import DesiredInstances
from convox.rollout.instance import Instance, InstancePhase
from convox.rollout.process import Phase, Process
from convox.rollout.rolling import holds, rolled


@dataclass(frozen=True, slots=True, kw_only=True)
class Roll:
    """``ready`` of ``wanted`` instances have the image; ``blocker`` is what is waited for."""

    ready: int
    wanted: int
    is_done: bool
    blocker: str


def roll(
    desired: DesiredInstances, instances: Collection[Instance], processes: Collection[Process]
) -> Roll:
    """Return how far the instances are on their way to the wanted image."""
    fresh = {
        instance.id
        for instance in instances
        if instance.phase is InstancePhase.READY and instance.image == desired.image
    }
    is_done = rolled(desired, instances, processes)
    return Roll(
        ready=len(fresh),
        wanted=desired.count,
        is_done=is_done,
        blocker="" if is_done else _blocker(instances, processes, fresh),
    )


def _blocker(
    instances: Collection[Instance], processes: Collection[Process], fresh: Collection[str]
) -> str:
    for process in processes:
        if process.phase is Phase.STARTING and process.instance in fresh and holds(process):
            return f"{process.id} of {process.app} is not healthy on {process.instance} yet"
    for instance in instances:
        if instance.phase is InstancePhase.LAUNCHING:
            return f"instance {instance.id} is not ready yet"
    for process in processes:
        if process.instance not in fresh and holds(process):
            return f"{process.id} of {process.app} still runs on {process.instance}"
    return "instances are being replaced"
