"""Processes that a person or a build starts, and that run to their own end."""

from collections import Counter
from datetime import datetime

import sqlalchemy as sa

from convox.engine.engine import InstanceId, ProcessId
from convox.errors import EngineError, Refused
from convox.rollout import records
from convox.rollout.instance import InstancePhase
from convox.rollout.process import Phase, Process


def place_one_off(
    connection: sa.Connection,
    *,
    process: ProcessId,
    app: str,
    service: str,
    release: str,
    image: str,
    now: datetime,
) -> InstanceId:
    """Record a one-off process and return the instance to start it on, with ``restart=False``.

    ``image`` is the one that instances should have, so that the process is not in the way of a
    roll. Whoever calls starts it after this transaction; once it has exited it is forgotten within
    seconds. ``EngineError`` where no instance is ready.
    """
    load = Counter(item.instance for item in records.processes(connection) if item.is_active)
    ready = [item for item in records.instances(connection) if item.phase is InstancePhase.READY]
    if not ready:
        raise EngineError(f"cannot run a process of {app}: no instance is ready; try again soon")
    free = [item for item in ready if not item.cordoned]
    if not free:
        raise Refused(
            f"cannot run a process of {app}: all instances are cordoned; open one by"
            f" `convox instances uncordon {ready[0].id}`"
        )
    best = min(free, key=lambda item: (item.image != image, load[item.id], item.id))
    one_off = Process(
        id=process,
        app=app,
        service=service,
        release=release,
        fingerprint="",
        instance=best.id,
        phase=Phase.STARTING,
        since=now,
        created=now,
        one_off=True,
        moves=0,
    )
    records.add_processes(connection, [one_off])
    return best.id
