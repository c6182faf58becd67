"""What a roll moves first, and the time in which that has to prove itself before the rest. Pure.

First one instance is up for that time with nothing on it, then one process of each service serves
on a new instance for as long. Meanwhile no further instance is taken into the roll, and no further
process of that service moves. What is missing for another reason does not wait.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from convox.rollout.blockers import Blocker, is_rolling
from convox.rollout.desired import DesiredService
from convox.rollout.instance import Instance, InstancePhase
from convox.rollout.process import Process
from convox.rollout.situation import Situation


def soaking(situation: Situation) -> tuple[Blocker, ...]:
    """Return what the rest of the roll waits for, the instance first."""
    if not situation.desired.instances.canary or not is_rolling(situation):
        return ()
    return (*_instance(situation), *_processes(situation))


def proves(situation: Situation) -> bool:
    """Say whether all that soaks does its work meanwhile, so that its time comes to an end."""
    serving = {process.id for process in situation.processes if process.is_serving}
    found = soaking(situation)
    return bool(found) and all(item.process in serving for item in found if item.process)


def batch(situation: Situation) -> int:
    """Return how many instances may be taken into the roll at a time: one before one has soaked."""
    wanted = situation.desired.instances
    fresh = [item for item in situation.ready if item.image == situation.image]
    if wanted.canary and not any(_has_soaked(item, situation) for item in fresh):
        return 1
    return wanted.batch


def may_start(service: DesiredService, situation: Situation) -> int | None:
    """Return how many processes of a service may start now; ``None`` where that is not limited."""
    copies = situation.of(service)
    moved = _moved(service, situation)
    if (
        not situation.desired.instances.canary
        or any(_has_soaked(item, situation) for item in moved)
        or any(item.is_active and item.fingerprint != service.fingerprint for item in copies)
    ):
        return None
    leaving = [item for item in copies if item.is_active and _leaves(item, situation)]
    staying = [item for item in copies if situation.is_current(item, service)]
    missing = service.count - len(staying) - len(leaving)
    return max(0, missing) + max(0, 1 - len(moved)) if leaving else None


def _instance(situation: Situation) -> Iterator[Blocker]:
    fresh = [item for item in situation.ready if item.image == situation.image]
    if fresh and not any(_has_soaked(item, situation) for item in fresh):
        first = min(fresh, key=lambda item: (item.since, item.id))
        yield Blocker(
            what=f"instance {first.id} is the first of {first.image} and has to be up for"
            f" {situation.desired.instances.canary:g} s",
            since=first.since,
            remedy="wait for it",
            instance=first.id,
        )


def _processes(situation: Situation) -> Iterator[Blocker]:
    for service in situation.desired.services:
        moved = _moved(service, situation)
        if not moved or any(_has_soaked(item, situation) for item in moved):
            continue
        if not any(_is_left(item, situation) for item in situation.of(service)):
            continue
        first = min(moved, key=lambda item: (item.created, item.id))
        yield Blocker(
            what=f"{first.id} of app {first.app} is the first on a new instance and has to serve"
            f" for {situation.desired.instances.canary:g} s",
            since=first.since,
            remedy="wait for it",
            process=first.id,
            app=first.app,
            instance=first.instance,
        )


def _moved(service: DesiredService, situation: Situation) -> Sequence[Process]:
    """Return the processes of a service that are where they should be after the roll."""
    return [
        item
        for item in situation.of(service)
        if situation.is_current(item, service)
        and situation.instances[item.instance].image == situation.image
    ]


def _is_left(process: Process, situation: Situation) -> bool:
    """Say whether a process has still to move."""
    instance = situation.instances.get(process.instance)
    return process.has_to_move and instance is not None and instance.image != situation.image


def _leaves(process: Process, situation: Situation) -> bool:
    instance = situation.instances.get(process.instance)
    is_retiring = instance is not None and instance.phase is InstancePhase.RETIRING
    return is_retiring and _is_left(process, situation)


def _has_soaked(item: Instance | Process, situation: Situation) -> bool:
    well = item.is_serving if isinstance(item, Process) else item.is_ready
    soaked = timedelta(seconds=situation.desired.instances.canary)
    return well and situation.now - item.since >= soaked
