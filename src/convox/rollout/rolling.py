"""Which instances to launch, retire and end. Pure.

An instance of another image, or one too many, retires only when as many others are ready as there
should be. Its processes then move, as the strategy of their services allows, and it ends when
nothing runs on it any more. While something on it only drains, or runs to its own end, it waits
without holding up the others.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from convox.engine.engine import InstanceId, InstanceState
from convox.rollout.action import InstanceStep, Launch
from convox.rollout.desired import DesiredInstances, DesiredService
from convox.rollout.instance import Instance, InstanceEvent, InstancePhase
from convox.rollout.process import Process
from convox.rollout.situation import Situation

_BOOT = timedelta(seconds=60)  # to become ready in
_SILENCE = timedelta(seconds=3)  # for which an instance may fail to answer

_UP = frozenset({InstancePhase.LAUNCHING, InstancePhase.READY})


def next_instance_actions(situation: Situation) -> list[Launch | InstanceStep]:
    """Return what the instances need now."""
    happened = {
        instance.id: InstanceStep(instance=instance, event=event)
        for instance in situation.instances.values()
        if (event := _event(instance, situation)) is not None
    }
    unwanted = [
        InstanceStep(instance=instance, event=InstanceEvent.UNWANTED)
        for instance in _unwanted(situation)
        if instance.id not in happened
    ]
    launches = [Launch(image=situation.image)] * _missing(situation)
    return [*happened.values(), *unwanted, *launches]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a roll of all instances would meet: why it cannot be done, and whom it interrupts."""

    obstacles: tuple[str, ...]
    interruptions: tuple[str, ...]
    """The services, as ``app/service``, that must stop before they start elsewhere."""


def outlook(desired: DesiredInstances, services: Sequence[DesiredService]) -> Outlook:
    """Say before a roll what it would meet. With room for one more, every order of moves works."""
    obstacles = []
    if desired.count < 1:
        obstacles.append("there are no instances to move to: set InstanceCount to 1 or more")
    if desired.batch < 1:
        obstacles.append("no instance may be replaced: set InstanceUpdateBatchSize to 1 or more")
    interrupted = [item for item in services if item.singleton and item.count]
    return Outlook(
        obstacles=tuple(obstacles),
        interruptions=tuple(item.name for item in interrupted),
    )


def rolled(
    desired: DesiredInstances, instances: Collection[Instance], processes: Collection[Process]
) -> bool:
    """Say whether everything that should run does so on as many instances of the image as wanted.

    What only drains, or runs to its own end, may still be elsewhere.
    """
    up = [instance for instance in instances if instance.phase in _UP]
    ready = {item.id for item in up if item.phase is InstancePhase.READY}
    return (
        len(up) == len(ready) == desired.count
        and all(instance.image == desired.image for instance in up)
        and all(item.instance in ready for item in processes if holds(item))
    )


def holds(process: Process) -> bool:
    """Say whether a process has to move before its instance can end."""
    return process.is_active and not process.one_off


def _event(instance: Instance, situation: Situation) -> InstanceEvent | None:
    """Return what has happened to an instance, whatever the others do."""
    match instance.phase:
        case InstancePhase.LAUNCHING if instance.is_answering:
            return InstanceEvent.BOOTED
        case InstancePhase.LAUNCHING if situation.now - instance.since > _BOOT:
            return InstanceEvent.GIVEN_UP
        case InstancePhase.RETIRING if instance.id not in situation.occupied:
            return InstanceEvent.EMPTIED
        case InstancePhase.LOST:
            return _event_while_lost(instance, situation)
        case InstancePhase.TERMINATING:
            return InstanceEvent.ENDED if instance.observed is None else None
        case _:
            return InstanceEvent.MISSED if _is_missed(instance) else None


def _event_while_lost(instance: Instance, situation: Situation) -> InstanceEvent | None:
    if instance.is_answering:
        return InstanceEvent.RETURNED
    is_over = instance.observed is None or situation.now - instance.since > _SILENCE
    return InstanceEvent.GIVEN_UP if is_over else None


def _is_missed(instance: Instance) -> bool:
    if instance.observed is None:  # one that is launching is about to be launched
        return instance.phase is not InstancePhase.LAUNCHING
    return instance.observed.state is InstanceState.LOST


def _unwanted(situation: Situation) -> list[Instance]:
    """Return which instances should retire now: all that are too many, at once.

    One after the other, processes would move onto instances that retire next. In a roll no more
    are too many than a batch, since no more are launched.
    """
    wanted, image = situation.desired.instances, situation.image
    there = situation.instances.values()
    booting = [instance for instance in there if instance.phase is InstancePhase.LAUNCHING]
    stale = [instance for instance in booting if instance.image != image]
    ready = [instance for instance in there if instance.is_ready]
    load = _occupants(situation)
    order = sorted(
        ready,
        key=lambda item: (item.image == image, load[item.id], -item.created.timestamp()),
    )
    return [*stale, *order[: max(0, len(ready) - wanted.count)]]


def _missing(situation: Situation) -> int:
    """Return how many instances to launch: up to the count, with a batch more during a roll.

    One from which something still has to move counts as well, but never keeps the rack below its
    count: what has to move would have nowhere to go.
    """
    wanted = situation.desired.instances
    up = [instance for instance in situation.instances.values() if instance.phase in _UP]
    fresh = sum(instance.image == wanted.image for instance in up)
    if fresh >= wanted.count:
        return 0
    surge = max(0, wanted.batch - len(_occupied(situation)))
    return max(0, min(wanted.count - fresh, wanted.count + surge - len(up)))


def _occupants(situation: Situation) -> Counter[InstanceId]:
    return Counter(item.instance for item in situation.processes if holds(item))


def _occupied(situation: Situation) -> list[Instance]:
    """Return the retiring instances from which something still has to move."""
    load = _occupants(situation)
    return [
        instance
        for instance in situation.instances.values()
        if instance.phase is InstancePhase.RETIRING and load[instance.id]
    ]
