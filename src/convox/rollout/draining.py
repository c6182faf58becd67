"""How long a process that drains may still finish what it has. Pure."""

import math

from convox.rollout.instance import InstancePhase
from convox.rollout.process import Process
from convox.rollout.situation import Situation

_DRAIN = 30.0  # seconds for a process whose service is not wanted any more


def drain_time(process: Process, situation: Situation) -> float:
    """Return the seconds after which what is still open on a process is cut.

    A person who deploys or scales has said by the service's ``drain`` how long that may be. On a
    process that only changes the instance nothing is ever cut: the roll waits instead. But a
    singleton would keep its own successor waiting, and nobody would answer meanwhile.
    """
    service = situation.services.get(process.name)
    if service is None:
        return _DRAIN
    instance = situation.instances.get(process.instance)
    only_moves = (
        service.count > 0
        and not service.singleton
        and process.fingerprint == service.fingerprint
        and instance is not None
        and instance.phase is InstancePhase.RETIRING
    )
    return math.inf if only_moves else service.drain
