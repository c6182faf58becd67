"""What is remembered of processes and instances; all SQL about them stands here.

A step is recorded only where the record still has the phase that the decision was made from.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from convox.engine.engine import InstanceId, ProcessId
from convox.rollout.action import InstanceStep, Step
from convox.rollout.instance import Instance, InstanceEvent, InstancePhase
from convox.rollout.process import Phase, Process, ProcessEvent
from convox.state.schema import instances as instances_table
from convox.state.schema import processes as processes_table


def processes(connection: sa.Connection) -> Sequence[Process]:
    """Return all processes that are not gone, the oldest first."""
    columns = processes_table.c
    query = sa.select(processes_table).order_by(columns.created, columns.id)
    return [_process(row) for row in connection.execute(query)]


def instances(connection: sa.Connection) -> Sequence[Instance]:
    """Return all instances that are not gone, the oldest first."""
    columns = instances_table.c
    query = sa.select(instances_table).order_by(columns.created, columns.id)
    return [_instance(row) for row in connection.execute(query)]


def add_process(connection: sa.Connection, process: Process) -> None:
    """Record a process that is to be started."""
    connection.execute(
        processes_table.insert().values(
            id=process.id,
            app=process.app,
            service=process.service,
            release=process.release,
            fingerprint=process.fingerprint,
            instance=process.instance,
            phase=process.phase,
            since=process.since,
            created=process.created,
            one_off=process.one_off,
            moves=process.moves,
        )
    )


def add_instance(connection: sa.Connection, instance: Instance) -> None:
    """Record an instance that is to be launched."""
    connection.execute(
        instances_table.insert().values(
            id=instance.id,
            image=instance.image,
            phase=instance.phase,
            since=instance.since,
            created=instance.created,
        )
    )


def step_process(connection: sa.Connection, step: Step, now: datetime) -> None:
    """Record what happened to a process; one that is gone is forgotten."""
    table, process, following = processes_table, step.process, step.process.after(step.event)
    is_it = sa.and_(table.c.id == process.id, table.c.phase == process.phase)
    if following is Phase.GONE:
        connection.execute(table.delete().where(is_it))
    else:
        connection.execute(table.update().where(is_it).values(phase=following, since=now))


def step_instance(connection: sa.Connection, step: InstanceStep, now: datetime) -> None:
    """Record what happened to an instance; one that is gone is forgotten."""
    table, instance, following = instances_table, step.instance, step.instance.after(step.event)
    is_it = sa.and_(table.c.id == instance.id, table.c.phase == instance.phase)
    if following is InstancePhase.GONE:
        connection.execute(table.delete().where(is_it))
    else:
        connection.execute(table.update().where(is_it).values(phase=following, since=now))


def discard_process(connection: sa.Connection, process: str, now: datetime) -> bool:
    """Let a process drain and stop because a person says so; ``False`` where none runs.

    A service that is then one short gets another.
    """
    for found in processes(connection):
        if found.id == process and found.is_active:
            step_process(connection, Step(process=found, event=ProcessEvent.UNWANTED), now)
            return True
    return False


def retire_instance(connection: sa.Connection, instance: str, now: datetime) -> bool:
    """Let an instance retire because a person says so; ``False`` where none is up.

    Its processes move and another instance takes its place.
    """
    for found in instances(connection):
        if found.id == instance and found.phase in {InstancePhase.LAUNCHING, InstancePhase.READY}:
            step = InstanceStep(instance=found, event=InstanceEvent.UNWANTED)
            step_instance(connection, step, now)
            return True
    return False


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
    )
