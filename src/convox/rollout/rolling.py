"""Which instances to launch, retire and end. Pure.

An instance of another image, or one too many, retires only when as many others are ready as there
should be. Its processes then move, as the strategy of their services allows, and it ends when
nothing runs on it any more. While something on it only drains, or runs to its own end, it waits
without holding up the others, until the time to drain is over. Then, as for all that is in the way
of a roll, no further instance is taken into it.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from convox.engine.engine import InstanceId, InstanceState
from convox.rollout.action import InstanceStep, Launch, PassCordon
from convox.rollout.blockers import blockers
from convox.rollout.canary import batch, soaking
from convox.rollout.desired import DesiredInstances
from convox.rollout.instance import UP, Instance, InstanceEvent, InstancePhase
from convox.rollout.process import Process
from convox.rollout.situation import Situation

_BOOT = timedelta(seconds=60)  # to become ready in
_SILENCE = timedelta(seconds=3)  # for which an instance may fail to answer


def next_instance_actions(situation: Situation) -> list[Launch | InstanceStep | PassCordon]:
    """Return what the instances need now."""
    happened = {
        instance.id: InstanceStep(instance=instance, event=event)
        for instance in situation.instances.values()
        if (event := _event(instance, situation)) is not None
    }
    unwanted = [item for item in _unwanted(situation) if _may_retire(item, happened)]
    for item in unwanted:
        happened.pop(item.id, None)
    returning = [item for item in _wanted_again(situation) if item.id not in happened]
    return [
        *happened.values(),
        *(InstanceStep(instance=item, event=InstanceEvent.UNWANTED) for item in unwanted),
        *(InstanceStep(instance=item, event=InstanceEvent.WANTED) for item in returning),
        *_heirs(situation, unwanted),
        *[Launch(image=situation.image)] * _missing(situation, len(returning)),
    ]


def _may_retire(instance: Instance, happened: Mapping[InstanceId, InstanceStep]) -> bool:
    """Say whether nothing else has happened to it; that it is ready now is no reason to use it."""
    step = happened.get(instance.id)
    return step is None or step.event is InstanceEvent.BOOTED


def rests(situation: Situation) -> bool:
    """Say whether no further instance is taken into the roll now."""
    is_held = situation.desired.instances.held
    return is_held or bool(blockers(situation)) or bool(soaking(situation))


def rolled(
    desired: DesiredInstances, instances: Collection[Instance], processes: Collection[Process]
) -> bool:
    """Say whether everything that should run does so on as many instances of the image as wanted.

    What only drains, or runs to its own end, may still be elsewhere.
    """
    up = [instance for instance in instances if instance.phase in UP]
    ready = {item.id for item in up if item.phase is InstancePhase.READY}
    return (
        len(up) == len(ready) == desired.count
        and all(instance.image == desired.image for instance in up)
        and all(item.instance in ready for item in processes if item.has_to_move)
    )


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
    is_told = situation.traffic is not None  # while not, requests go on to what may well live
    is_silent = is_told and situation.now - instance.since > _SILENCE
    return InstanceEvent.GIVEN_UP if instance.observed is None or is_silent else None


def _is_missed(instance: Instance) -> bool:
    if instance.observed is None:  # one that is launching is about to be launched
        return instance.phase is not InstancePhase.LAUNCHING
    return instance.observed.state is InstanceState.LOST


def _unwanted(situation: Situation) -> list[Instance]:
    """Return which instances should retire now: all that are too many, at once.

    One after the other, processes would move onto instances that retire next. In a roll no more
    are too many than a batch, since no more are launched; while it rests, as many stay as new ones
    are ready.
    """
    wanted, image = situation.desired.instances, situation.image
    there = situation.instances.values()
    stale = sum(item.image != image for item in situation.ready)
    new = len(situation.ready) - stale
    resting = min(wanted.batch, stale, new) if rests(situation) else 0
    booting = [item for item in there if item.phase is InstancePhase.LAUNCHING]
    in_vain = max(0, _fresh(situation) - wanted.count) if situation.open else 0
    return [
        *(item for item in booting if item.image != image),
        *[item for item in booting if item.image == image][::-1][:in_vain],
        *_surplus(situation, len(situation.ready) - wanted.count - resting),
    ]


def _surplus(situation: Situation, number: int) -> list[Instance]:
    """Return so many of the instances that are up: old ones first, then those with least to move.

    Of the old ones those that a person cordoned come last, of the others first. One that is open
    to processes stays in any case, or those that move would have nowhere to go.
    """
    load = _occupants(situation)

    def rank(item: Instance) -> tuple[bool, bool, int, float]:
        is_fresh = item.image == situation.image
        is_late = item.cordoned is not is_fresh
        return (is_fresh, is_late, load[item.id], -item.created.timestamp())

    found: list[Instance] = []
    still_open = len(situation.open)
    for item in sorted(situation.ready, key=rank):
        if len(found) >= number:
            break
        if item.is_open and still_open == 1:
            continue
        still_open -= item.is_open
        found.append(item)
    return found


def _heirs(situation: Situation, unwanted: Sequence[Instance]) -> list[PassCordon]:
    """Return whom the cordons of those that a roll replaces pass to: the emptiest new ones.

    One stays open, or what moves would have nowhere to go.
    """
    image, load, leaving = situation.image, _occupants(situation), {item.id for item in unwanted}
    left = [item for item in unwanted if item.is_ready and item.cordoned and item.image != image]
    staying = [item for item in situation.open if item.id not in leaving]
    fresh = sorted(
        (item for item in staying if item.image == image),
        key=lambda item: (load[item.id], -item.created.timestamp()),
    )
    heirs = fresh[: max(0, len(staying) - 1)]
    return [PassCordon(instance=item, heir=heir) for item, heir in zip(left, heirs, strict=False)]


def _wanted_again(situation: Situation) -> list[Instance]:
    """Return which instances need not end after all, those with most to move first.

    One has what a new one would have: what still runs on it need not move. One that a person
    cordoned has not: nothing could move there, and what retired for its sake would go on to.
    """
    wanted, load = situation.desired.instances, _occupants(situation)
    back = [
        instance
        for instance in situation.instances.values()
        if instance.phase is InstancePhase.RETIRING
        and instance.image == wanted.image
        and instance.is_answering
        and not instance.dismissed
        and not instance.cordoned
        and instance.id in situation.occupied
    ]
    back.sort(key=lambda item: (-load[item.id], item.id))
    return back[: max(0, wanted.count - _fresh(situation))]


def _missing(situation: Situation, returning: int) -> int:
    """Return how many instances to launch: up to the count, with a batch more during a roll.

    One from which something still has to move counts as well, but never keeps the rack below its
    count: what has to move would have nowhere to go. ``returning`` are those wanted again.
    """
    wanted = situation.desired.instances
    fresh = _fresh(situation) + returning
    if fresh >= wanted.count:
        return 0
    up = sum(item.phase in UP for item in situation.instances.values()) + returning
    surge = 0 if rests(situation) else max(0, batch(situation) - len(_occupied(situation)))
    missing = min(wanted.count - fresh, wanted.count + surge - up, _may_launch(situation))
    return max(0, missing)


def _may_launch(situation: Situation) -> int:
    """Return how many may be launched: within the limit, and of an image that fails one by one."""
    wanted, there = situation.desired.instances, situation.instances
    free = wanted.limit - len(there) if wanted.limit else wanted.count + wanted.batch
    failed = situation.failed_boots.get(wanted.image)
    if failed is None:
        return free
    is_trying = any(
        item.phase is InstancePhase.LAUNCHING and item.image == wanted.image
        for item in there.values()
    )
    return 0 if is_trying or situation.now < failed.again else min(free, 1)


def _fresh(situation: Situation) -> int:
    return sum(
        item.phase in UP and item.image == situation.image for item in situation.instances.values()
    )


def _occupants(situation: Situation) -> Counter[InstanceId]:
    return Counter(item.instance for item in situation.processes if item.has_to_move)


def _occupied(situation: Situation) -> list[Instance]:
    """Return the retiring instances from which something still has to move."""
    load = _occupants(situation)
    return [
        instance
        for instance in situation.instances.values()
        if instance.phase is InstancePhase.RETIRING and load[instance.id]
    ]
