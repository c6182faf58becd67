"""What is in the way of a roll, so that no further instance is taken into it. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from convox.rollout.desired import DesiredService
from convox.rollout.draining import drain_time
from convox.rollout.instance import UP, InstancePhase
from convox.rollout.process import Phase, Process
from convox.rollout.situation import Situation

_PATIENCE = 8.0  # seconds for a process to become healthy, unless its service says more
_HOLD = 300.0  # seconds for which one that is in use beyond its time to drain holds a roll up


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """What is waited for, since when, and what a person can do about it.

    ``process``, ``app`` and ``instance`` are empty where it is none of these.
    """

    what: str
    since: datetime
    remedy: str
    process: str = ""
    app: str = ""
    instance: str = ""

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.what} since {self.since:%H:%M:%S} UTC; {self.remedy}"


def blockers(situation: Situation) -> Sequence[Blocker]:
    """Return what a roll that has not ended must wait for, the oldest first."""
    if not is_rolling(situation):
        return ()
    found = [*_unwell(situation), *overdue(situation), *homeless(situation)]
    return sorted(found, key=lambda item: (item.since, item.process, item.instance))


def is_rolling(situation: Situation) -> bool:
    """Say whether an instance still has another image than it should."""
    return any(
        item.image != situation.image and item.phase in {*UP, InstancePhase.RETIRING}
        for item in situation.instances.values()
    )


def _unwell(situation: Situation) -> Iterator[Blocker]:
    """Yield the processes on new instances that are not healthy though others wait for that.

    Where stopping comes first nobody waits any more, and it matters as much.
    """
    for service in situation.desired.services:
        copies = situation.of(service)
        if not (service.singleton or service.agent or any(_leaves(p, situation) for p in copies)):
            continue
        for process in copies:
            if situation.is_current(process, service) and _is_new(process, situation):
                yield from _illness(process, service, situation)


def _leaves(process: Process, situation: Situation) -> bool:
    instance = situation.instances.get(process.instance)
    return (
        process.has_to_move
        and instance is not None
        and instance.phase is InstancePhase.RETIRING
        and instance.image != situation.image
    )


def _is_new(process: Process, situation: Situation) -> bool:
    return situation.instances[process.instance].image == situation.image


def _illness(process: Process, service: DesiredService, situation: Situation) -> Iterator[Blocker]:
    seen = process.observed
    is_ill = process.phase is Phase.STARTING or (seen is not None and not seen.healthy)
    patience = timedelta(seconds=max(_PATIENCE, service.health.grace))
    has_crashed = seen is not None and seen.restarts > 0
    if not is_ill or not (has_crashed or situation.now - process.since > patience):
        return
    reason = f" ({seen.reason})" if seen is not None and seen.reason else ""
    yield Blocker(
        what=f"{process.id} of app {process.app} is not healthy on {process.instance}{reason}",
        since=process.since,
        remedy=f"see `convox logs -a {process.app}`, or have another one started by"
        f" `convox ps stop {process.id} -a {process.app}`",
        process=process.id,
        app=process.app,
        instance=process.instance,
    )


def overdue(situation: Situation) -> Iterator[Blocker]:
    """Yield the processes that have moved and are still in use after their time to drain.

    Such a one holds a roll up for a while. Then the roll goes on around it, and its old instance
    stays for it: a stream that never ends is no reason to wait for ever, nor to turn back.
    """
    for process in situation.processes:
        service = situation.services.get(process.name)
        instance = situation.instances.get(process.instance)
        if (
            service is not None
            and instance is not None
            and process.phase is Phase.DRAINING
            and instance.image != situation.image
            and drain_time(process, situation) > service.drain
            and 0 < (situation.now - process.since).total_seconds() - service.drain <= _HOLD
        ):
            yield in_use(process)


def in_use(process: Process) -> Blocker:
    """Return what keeps a process that drains; how much it is may change from moment to moment."""
    return Blocker(
        what=f"{process.id} of app {process.app} has requests or streams open on"
        f" {process.instance}",
        since=process.since,
        remedy=f"wait for them, or cut them by `convox ps stop {process.id} -a {process.app}`",
        process=process.id,
        app=process.app,
        instance=process.instance,
    )


def homeless(situation: Situation) -> Iterator[Blocker]:
    """Yield the first process that has to move while every instance is cordoned."""
    if situation.open or not situation.ready:
        return
    for process in situation.processes:
        instance = situation.instances.get(process.instance)
        if process.has_to_move and instance and instance.phase is InstancePhase.RETIRING:
            cordoned = situation.ready[0].id
            yield Blocker(
                what=f"{process.id} of app {process.app} has nowhere to go from"
                f" {process.instance}: all other instances are cordoned",
                since=instance.since,
                remedy=f"open one by `convox instances uncordon {cordoned}`",
                process=process.id,
                app=process.app,
                instance=process.instance,
            )
            return
