"""What is remembered of processes and instances; all SQL about them stands here.

A step is recorded only where the record still has the phase that the decision was made from.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from convox.engine.engine import InstanceId, ProcessId
from convox.rollout.action import InstanceStep, PassCordon, Step
from convox.rollout.boots import FailedBoots, one_more
from convox.rollout.instance import UP, Instance, InstanceEvent, InstancePhase
from convox.rollout.process import Phase, Process, ProcessEvent
from convox.state.schema import failed_boots as failed_boots_table
from convox.state.schema import instances as instances_table
from convox.state.schema import processes as processes_table

# Statements made once: to make one takes longer than to run it.
_PROCESSES = sa.select(processes_table).order_by(processes_table.c.created, processes_table.c.id)
_INSTANCES = sa.select(instances_table).order_by(instances_table.c.created, instances_table.c.id)
_FAILED_BOOTS = sa.select(failed_boots_table)

_DISCARDED = {
    Phase.STARTING: ProcessEvent.UNWANTED,
    Phase.SERVING: ProcessEvent.UNWANTED,
    Phase.DRAINING: ProcessEvent.DRAINED,
}
"""What happens to a process that a person stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Steps:
    """How the phase of a record changes, and how a record goes."""

    change: sa.Update
    forget: sa.Delete


def _steps(table: sa.Table) -> _Steps:
    is_it = sa.and_(table.c.id == sa.bindparam("record"), table.c.phase == sa.bindparam("was"))
    following: dict[str, Any] = {"phase": sa.bindparam("following"), "since": sa.bindparam("now")}
    return _Steps(
        change=table.update().where(is_it).values(following), forget=table.delete().where(is_it)
    )


_PROCESS_STEPS = _steps(processes_table)
_INSTANCE_STEPS = _steps(instances_table)


def processes(connection: sa.Connection) -> Sequence[Process]:
    """Return all processes that are not gone, the oldest first."""
    return [_process(row) for row in connection.execute(_PROCESSES)]


def instances(connection: sa.Connection) -> Sequence[Instance]:
    """Return all instances that are not gone, the oldest first."""
    return [_instance(row) for row in connection.execute(_INSTANCES)]


def booted(connection: sa.Connection) -> Mapping[str, str]:
    """Return the image of every instance that is not gone, by its id."""
    return {instance.id: instance.image for instance in instances(connection)}


def add_processes(connection: sa.Connection, added: Iterable[Process]) -> None:
    """Record processes that are to be started."""
    rows = [
        {
            "id": process.id,
            "app": process.app,
            "service": process.service,
            "release": process.release,
            "fingerprint": process.fingerprint,
            "instance": process.instance,
            "phase": process.phase,
            "since": process.since,
            "created": process.created,
            "one_off": process.one_off,
            "moves": process.moves,
        }
        for process in added
    ]
    _execute(connection, processes_table.insert(), rows)


def add_instances(connection: sa.Connection, added: Iterable[Instance]) -> None:
    """Record instances that are to be launched."""
    rows = [
        {
            "id": instance.id,
            "image": instance.image,
            "phase": instance.phase,
            "since": instance.since,
            "created": instance.created,
            "cordoned": instance.cordoned,
            "dismissed": instance.dismissed,
        }
        for instance in added
    ]
    _execute(connection, instances_table.insert(), rows)


def step_processes(connection: sa.Connection, steps: Iterable[Step], now: datetime) -> None:
    """Record what happened to processes; those that are gone are forgotten."""
    changed, gone = [], []
    for step in steps:
        process, following = step.process, step.process.after(step.event)
        record = {"record": process.id, "was": process.phase}
        if following is Phase.GONE:
            gone.append(record)
        else:
            changed.append({**record, "following": following, "now": now})
    _execute(connection, _PROCESS_STEPS.change, changed)
    _execute(connection, _PROCESS_STEPS.forget, gone)


def step_instances(connection: sa.Connection, steps: Sequence[InstanceStep], now: datetime) -> None:
    """Record what happened to instances; those that are gone are forgotten."""
    changed, gone = [], []
    for step in steps:
        instance, following = step.instance, step.instance.after(step.event)
        record = {"record": instance.id, "was": instance.phase}
        if following is InstancePhase.GONE:
            gone.append(record)
        else:
            changed.append({**record, "following": following, "now": now})
    _execute(connection, _INSTANCE_STEPS.change, changed)
    _execute(connection, _INSTANCE_STEPS.forget, gone)
    _note_boots(connection, [step for step in steps if _ends_boot(step)], now)


def _ends_boot(step: InstanceStep) -> bool:
    ends = {InstanceEvent.BOOTED, InstanceEvent.GIVEN_UP}
    return step.instance.phase is InstancePhase.LAUNCHING and step.event in ends


def _note_boots(connection: sa.Connection, ended: Sequence[InstanceStep], now: datetime) -> None:
    """Count the instances that never were ready, by their image; one that is ends the count."""
    if not ended:
        return
    before = failed_boots(connection)
    after = dict(before)
    for step in ended:
        image = step.instance.image
        if step.event is InstanceEvent.GIVEN_UP:
            after[image] = one_more(after.get(image), now)
        else:
            after.pop(image, None)
    if after == before:
        return
    connection.execute(failed_boots_table.delete())
    rows = [
        {"image": image, "number": found.number, "first": found.first, "last": found.last}
        for image, found in after.items()
    ]
    _execute(connection, failed_boots_table.insert(), rows)


def failed_boots(connection: sa.Connection) -> Mapping[str, FailedBoots]:
    """Return by image how many instances in a row did not become ready."""
    return {
        row.image: FailedBoots(number=row.number, first=row.first, last=row.last)
        for row in connection.execute(_FAILED_BOOTS)
    }


def discard_process(connection: sa.Connection, process: str, now: datetime) -> bool:
    """Let a process drain and stop because a person says so; ``False`` where none runs.

    One that drains already stops now, with whatever is still open on it. A service that is then
    one short gets another.
    """
    for found in processes(connection):
        if found.id == process and found.phase in _DISCARDED:
            event = _DISCARDED[found.phase]
            step_processes(connection, [Step(process=found, event=event)], now)
            return True
    return False


def retire_instance(connection: sa.Connection, instance: str, now: datetime) -> bool:
    """Let an instance go for good because a person says so; ``False`` where there is none.

    Its processes move and another instance takes its place.
    """
    for found in instances(connection):
        if found.id == instance:
            is_it = instances_table.c.id == instance
            connection.execute(instances_table.update().where(is_it).values(dismissed=True))
            if found.phase in UP:
                step = InstanceStep(instance=found, event=InstanceEvent.UNWANTED)
                step_instances(connection, [step], now)
            return True
    return False


def cordon_instance(connection: sa.Connection, instance: str, *, cordoned: bool) -> bool:
    """Have no process placed on an instance, or some again; ``False`` where there is none."""
    is_it = instances_table.c.id == instance
    changed = connection.execute(instances_table.update().where(is_it).values(cordoned=cordoned))
    return changed.rowcount > 0


def pass_cordon(connection: sa.Connection, passing: PassCordon) -> None:
    """Let another instance be cordoned in place of one that retires."""
    cordon_instance(connection, passing.instance.id, cordoned=False)
    cordon_instance(connection, passing.heir.id, cordoned=True)


def _execute(
    connection: sa.Connection, statement: sa.Executable, rows: Sequence[Mapping[str, Any]]
) -> None:
    if rows:
        connection.execute(statement, rows)


def _process(row: sa.Row[Any]) -> Process:
    return Process(
        id=ProcessId(row.id),
        app=row.app,
        service=row.service,
        release=row.release,
        fingerprint=row.fingerprint,
        instance=InstanceId(row.instance),
        phase=Phase(row.phase),
        since=row.since,
        created=row.created,
        one_off=row.one_off,
        moves=row.moves,
    )


def _instance(row: sa.Row[Any]) -> Instance:
    return Instance(
        id=InstanceId(row.id),
        image=row.image,
        phase=InstancePhase(row.phase),
        since=row.since,
        created=row.created,
        cordoned=bool(row.cordoned),
        dismissed=bool(row.dismissed),
    )
