"""How far a roll of the instances is, and what it waits for. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from convox.rollout.blockers import Blocker, blockers, homeless, in_use, overdue
from convox.rollout.canary import proves, soaking
from convox.rollout.instance import Instance, InstancePhase
from convox.rollout.process import Phase
from convox.rollout.rolling import rolled
from convox.rollout.situation import Situation


@dataclass(frozen=True, slots=True, kw_only=True)
class Roll:
    """``ready`` of ``wanted`` instances have the image.

    Until it is done, ``blocker`` says what it waits for. It ``goes_on`` where no further instance
    is taken because of that, and one will after a while in any case. ``lingering`` is what
    instances that retire wait for; it may outlive the roll. ``soaking`` is what moved first and has
    to prove itself.
    """

    ready: int
    wanted: int
    is_done: bool
    blocker: str
    goes_on: bool = False
    lingering: tuple[Blocker, ...] = ()
    soaking: tuple[Blocker, ...] = ()


def roll(situation: Situation) -> Roll:
    """Return how far the instances are on their way to the wanted image."""
    desired, instances = situation.desired.instances, situation.instances.values()
    is_done = rolled(desired, instances, situation.processes)
    in_the_way = () if is_done else blockers(situation)
    waits_for = None if is_done else next(iter(in_the_way), None) or _awaited(situation)
    fresh = [
        instance
        for instance in instances
        if instance.phase is InstancePhase.READY and instance.image == desired.image
    ]
    return Roll(
        ready=len(fresh),
        wanted=desired.count,
        is_done=is_done,
        blocker=str(waits_for or ""),
        goes_on=not is_done and _goes_on(in_the_way, situation),
        lingering=tuple(_lingering(situation)),
        soaking=() if is_done else soaking(situation),
    )


def _goes_on(in_the_way: Sequence[Blocker], situation: Situation) -> bool:
    if in_the_way:
        return set(in_the_way) <= set(overdue(situation))
    return proves(situation)


def _awaited(situation: Situation) -> Blocker:
    """Return what is waited for as it should be."""
    for blocker in (*homeless(situation), *soaking(situation)):
        return blocker
    failed = situation.failed_boots.get(situation.image)
    if failed is not None and situation.boots_again:
        number = "one instance" if failed.number == 1 else f"{failed.number} instances"
        return Blocker(
            what=f"{number} of {situation.image} did not become ready",
            since=failed.first,
            remedy=f"another is tried from {failed.again:%H:%M:%S} UTC on",
        )
    for instance in situation.instances.values():
        if instance.phase is InstancePhase.LAUNCHING:
            return _about(instance, f"instance {instance.id} is not ready yet")
    for process in situation.processes:
        place = situation.instances.get(process.instance)
        if process.phase is Phase.STARTING and place and place.phase is InstancePhase.READY:
            return Blocker(
                what=f"{process.id} of app {process.app} starts on {place.id}",
                since=process.since,
                remedy="wait for it",
                process=process.id,
                app=process.app,
                instance=place.id,
            )
    return _next_to_end(situation)


def _next_to_end(situation: Situation) -> Blocker:
    wanted, there = situation.desired.instances, situation.instances
    leaving = [item for item in there.values() if item.phase is InstancePhase.RETIRING]
    if leaving and wanted.limit and len(there) >= wanted.limit:
        return _about(leaving[0], f"instance {leaving[0].id} has not ended, and no more may be up")
    if leaving:
        return _about(leaving[0], f"instance {leaving[0].id} is being emptied")
    latest = max((item.since for item in there.values()), default=situation.now)
    return Blocker(what="instances are being replaced", since=latest, remedy="wait for it")


def _about(instance: Instance, what: str) -> Blocker:
    return Blocker(what=what, since=instance.since, remedy="wait for it", instance=instance.id)


def _lingering(situation: Situation) -> Iterator[Blocker]:
    for process in situation.processes:
        instance = situation.instances.get(process.instance)
        if instance is None or instance.phase is not InstancePhase.RETIRING:
            continue
        if process.phase is Phase.DRAINING and not process.one_off:
            yield in_use(process)
        elif process.one_off:
            yield Blocker(
                what=f"{process.id} of app {process.app} has not come to its end on {instance.id}",
                since=process.created,
                remedy=f"wait for it, or end it by `convox ps stop {process.id} -a {process.app}`",
                process=process.id,
                app=process.app,
                instance=instance.id,
            )
