"""Which processes of a service to start, and which have become unwanted. Pure.

The rules, in order:

1. Never more processes than ``most``, so a process that starts to crash is not multiplied.
2. Start first: where there is room for one more, an old process goes only when ``count`` others
   are healthy. Without room, as many old ones go first as the minimum allows.
3. What is dead goes first, then what is unhealthy, then what is healthy.
4. A singleton never runs twice at once, not even while it ends: it stops first. So does an agent,
   of which every instance has one.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from convox.rollout.action import Start, Step
from convox.rollout.canary import may_start
from convox.rollout.desired import DesiredService
from convox.rollout.instance import InstancePhase
from convox.rollout.placement import Room
from convox.rollout.process import Phase, Process, ProcessEvent
from convox.rollout.situation import Situation

_PATIENCE = timedelta(seconds=60)  # with a successor, before what does not work either may go
_FAILED = frozenset({InstancePhase.LOST, InstancePhase.TERMINATING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many processes of a service must be healthy, and how many may run at once."""

    least: int
    most: int


def limits(service: DesiredService) -> Limits:
    """Return the limits of a rollout; a minimum rounds up and a maximum rounds down, as in Convox.

    A single copy may always have a second one beside it. Where the percentages leave no way at
    all, one more may run.
    """
    if service.singleton:
        return Limits(least=0, most=service.count)
    least = math.ceil(service.count * service.minimum / 100)
    most = max(service.count, math.floor(service.count * service.maximum / 100))
    if most == service.count and (
        service.maximum > 100 or service.count == 1 or least >= service.count
    ):
        most += 1
    return Limits(least=least if most == service.count else service.count, most=most)


def next_actions(service: DesiredService, situation: Situation, room: Room) -> list[Start | Step]:
    """Return what the service needs now; its new processes go where there is ``room``."""
    if service.agent:
        return _one_on_each(service, situation)
    if service.count and not situation.open:
        return []
    copies = situation.of(service)
    current = [process for process in copies if situation.is_current(process, service)]
    kept = {process.id for process in current}
    outdated = [item for item in copies if item.is_active and item.id not in kept]
    bounds = limits(service)
    if service.singleton:
        most_starts = service.count - len(copies)
        unwanted = outdated + _beyond_singleton(service, current, situation)
    else:
        most_starts = bounds.most - len(current) - len(outdated)
        unwanted = _may_go(service, situation, current, outdated)
    missing = min(service.count - len(current), most_starts)
    few = None if service.singleton else may_start(service, situation)
    missing = missing if few is None else min(missing, few)
    return [
        *_starts(service, situation, missing, room),
        *(Step(process=process, event=ProcessEvent.UNWANTED) for process in unwanted),
    ]


def target(service: DesiredService, situation: Situation) -> int:
    """Return how many processes the service should have now."""
    if service.agent and service.count:
        return len(situation.ready)
    return service.count


def converged(service: DesiredService, situation: Situation) -> bool:
    """Say whether the service runs as wanted; what only drains does not count.

    An agent that no instance is there to run has yet to show that it can.
    """
    wanted = target(service, situation)
    if service.count and not wanted:
        return False
    active = [process for process in situation.of(service) if process.is_active]
    return len(active) == wanted and all(
        situation.is_current(process, service) and process.is_serving for process in active
    )


def _may_go(
    service: DesiredService,
    situation: Situation,
    current: Sequence[Process],
    outdated: Sequence[Process],
) -> list[Process]:
    """Return those processes too many that are not needed to keep enough healthy ones."""
    bounds = limits(service)
    healthy = sum(process.is_serving for process in (*current, *outdated))
    is_stuck = len(current) < service.count and len(current) + len(outdated) >= bounds.most
    tried = [item for item in current if item.is_serving or _is_overdue(item, situation)]
    bad_may_go = healthy >= bounds.least or is_stuck or len(tried) >= service.count
    spare = max(0, healthy - bounds.least)
    candidates = [*outdated, *_surplus(service, current)]
    dead, bad, good = _sorted_out(candidates, situation)
    return dead + (bad if bad_may_go else []) + good[:spare]


def _sorted_out(
    candidates: Sequence[Process], situation: Situation
) -> tuple[list[Process], list[Process], list[Process]]:
    """Return the dead ones, those that live and do not serve, and those that serve."""
    dead, bad, good = [], [], []
    for process in candidates:
        if process.is_serving:
            good.append(process)
        elif _is_dead(process, situation):
            dead.append(process)
        else:
            bad.append(process)
    return dead, bad, good


def _is_overdue(process: Process, situation: Situation) -> bool:
    return situation.now - process.created > _PATIENCE


def _beyond_singleton(
    service: DesiredService, current: Sequence[Process], situation: Situation
) -> list[Process]:
    """Return the current processes too many, counting what still ends: those not begun go first.

    They were to begin when the count was higher; now they would run beside what ends.
    """
    many = max(0, len(situation.of(service)) - service.count)
    surplus = _surplus(service, current)
    unbegun = [item for item in current[::-1] if item.phase is Phase.STARTING and not item.observed]
    return surplus + [item for item in unbegun[:many] if item not in surplus]


def _surplus(service: DesiredService, current: Sequence[Process]) -> list[Process]:
    """Return the current processes beyond the count: unhealthy, crowded and new ones first."""
    if len(current) <= service.count:
        return []
    own = Counter(process.instance for process in current)
    newest_first = current[::-1]
    worst_first = sorted(newest_first, key=lambda item: (item.is_serving, -own[item.instance]))
    return worst_first[: len(current) - service.count]


def _is_dead(process: Process, situation: Situation) -> bool:
    """Say whether a process surely answers nothing; one that is only not seen may well do."""
    instance = situation.instances.get(process.instance)
    if instance is None or instance.phase in _FAILED:
        return True
    return process.is_dead or (process.observed is None and process.phase is Phase.STARTING)


def _starts(service: DesiredService, situation: Situation, number: int, room: Room) -> list[Start]:
    if number <= 0:
        return []
    copies = situation.of(service)
    own = Counter(item.instance for item in copies if situation.is_current(item, service))
    moves = _moves(service, situation)
    return [
        Start(service=service, instance=instance, moves=moves)
        for instance in room.take(number, own)
    ]


def _moves(service: DesiredService, situation: Situation) -> int:
    """Return how often a process that starts now has moved: those it follows differ in place."""
    left = [
        process.moves
        for process in situation.of(service)
        if process.fingerprint == service.fingerprint
        and not situation.is_current(process, service)
        and not _stays(process, situation)
    ]
    return 1 + max(left) if left else 0


def _stays(process: Process, situation: Situation) -> bool:
    instance = situation.instances.get(process.instance)
    return instance is not None and instance.is_ready


def _one_on_each(service: DesiredService, situation: Situation) -> list[Start | Step]:
    copies = situation.of(service)
    occupied = {process.instance for process in copies}
    free = [item.id for item in situation.ready if service.count and item.id not in occupied]
    unwanted = [
        process
        for process in copies
        if process.is_active and not (service.count and situation.is_current(process, service))
    ]
    return [
        *(Start(service=service, instance=instance) for instance in free),
        *(Step(process=process, event=ProcessEvent.UNWANTED) for process in unwanted),
    ]
