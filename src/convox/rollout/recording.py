"""Make what was decided durable."""

from datetime import datetime

import sqlalchemy as sa

from convox.engine.engine import InstanceId, ProcessId
from convox.host.ids import IdSource, instance_id, process_id
from convox.rollout import deployments, records
from convox.rollout.action import Action, DeploymentStep, InstanceStep, Launch, Start, Step
from convox.rollout.instance import Instance, InstancePhase
from convox.rollout.process import Phase, Process


def record(connection: sa.Connection, action: Action, *, now: datetime, ids: IdSource) -> None:
    """Record one action; new processes and instances get their ids here."""
    match action:
        case Start():
            records.add_process(connection, _process(action, now, ids))
        case Step():
            records.step_process(connection, action, now)
        case Launch(image=image):
            records.add_instance(connection, _instance(image, now, ids))
        case InstanceStep():
            records.step_instance(connection, action, now)
        case DeploymentStep():
            deployments.record(connection, action.deployment, action.event, action.cause)


def _process(start: Start, now: datetime, ids: IdSource) -> Process:
    service = start.service
    return Process(
        id=ProcessId(process_id(ids, service.service)),
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


def _instance(image: str, now: datetime, ids: IdSource) -> Instance:
    return Instance(
        id=InstanceId(instance_id(ids)),
        image=image,
        phase=InstancePhase.LAUNCHING,
        since=now,
        created=now,
    )
