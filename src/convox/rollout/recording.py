"""Make what was decided durable."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from convox.engine.engine import InstanceId, ProcessId
from convox.host.ids import IdSource, instance_id, process_id
from convox.rollout import deployments, records
from convox.rollout.action import (
    Action,
    DeploymentStep,
    InstanceStep,
    Launch,
    PassCordon,
    Start,
    Step,
)
from convox.rollout.instance import Instance, InstancePhase
from convox.rollout.process import Phase, Process


def record(
    connection: sa.Connection,
    actions: Sequence[Action],
    *,
    now: datetime,
    ids: IdSource,
    taken: Iterable[str],
) -> None:
    """Record actions, those of one kind together.

    New processes and instances get ids here, none that is ``taken``: among tens of thousands, the
    same six letters do come up twice.
    """
    known = set(taken)
    starts = [_process(item, now, ids, known) for item in actions if isinstance(item, Start)]
    launches = [
        _instance(item.image, now, ids, known) for item in actions if isinstance(item, Launch)
    ]
    steps = [item for item in actions if isinstance(item, Step)]
    instance_steps = [item for item in actions if isinstance(item, InstanceStep)]
    records.add_processes(connection, starts)
    records.step_processes(connection, steps, now)
    records.add_instances(connection, launches)
    records.step_instances(connection, instance_steps, now)
    for item in actions:
        if isinstance(item, DeploymentStep):
            deployments.record(connection, item.deployment, item.event, item.cause)
        elif isinstance(item, PassCordon):
            records.pass_cordon(connection, item)


def _process(start: Start, now: datetime, ids: IdSource, known: set[str]) -> Process:
    service = start.service
    return Process(
        id=ProcessId(_another(lambda: process_id(ids, service.service), known)),
        app=service.app,
        service=service.service,
        release=service.release,
        fingerprint=service.fingerprint,
        instance=start.instance,
        phase=Phase.STARTING,
        since=now,
        created=now,
        one_off=False,
        moves=start.moves,
    )


def _instance(image: str, now: datetime, ids: IdSource, known: set[str]) -> Instance:
    return Instance(
        id=InstanceId(_another(lambda: instance_id(ids), known)),
        image=image,
        phase=InstancePhase.LAUNCHING,
        since=now,
        created=now,
    )


def _another(draw: Callable[[], str], known: set[str]) -> str:
    """Return an id that is not known, and know it from then on."""
    while (drawn := draw()) in known:
        pass
    known.add(drawn)
    return drawn
