"""The phases of a process, and the only steps between them. Pure.

The phase is what the rollout intends and has seen; it is recorded before anything is done. A
process that should run and does not is started (again), one that stops and still runs is stopped:
whoever reads the record can go on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from convox.engine.engine import InstanceId, ObservedProcess, ProcessId, ProcessState


class Phase(StrEnum):
    """Where a process is in its life."""

    STARTING = "starting"
    """Has not been healthy yet."""
    SERVING = "serving"
    """Gets requests while it is healthy."""
    DRAINING = "draining"
    """Gets no new request, finishes what it has."""
    STOPPING = "stopping"
    """Was told to end."""
    GONE = "gone"
    """No record is kept of these."""


class ProcessEvent(StrEnum):
    """What happens to a process."""

    HEALTHY = "healthy"
    MISSED = "missed"
    """Its instance answers and does not know it."""
    UNWANTED = "unwanted"
    DRAINED = "drained"
    ENDED = "ended"
    LOST = "lost"
    """Its instance is gone."""


TRANSITIONS: Mapping[Phase, Mapping[ProcessEvent, Phase]] = {
    Phase.STARTING: {
        ProcessEvent.HEALTHY: Phase.SERVING,
        ProcessEvent.UNWANTED: Phase.DRAINING,
        ProcessEvent.ENDED: Phase.GONE,
        ProcessEvent.LOST: Phase.GONE,
    },
    Phase.SERVING: {
        ProcessEvent.MISSED: Phase.STARTING,
        ProcessEvent.UNWANTED: Phase.DRAINING,
        ProcessEvent.LOST: Phase.GONE,
    },
    Phase.DRAINING: {
        ProcessEvent.DRAINED: Phase.STOPPING,
        ProcessEvent.LOST: Phase.GONE,
    },
    Phase.STOPPING: {
        ProcessEvent.ENDED: Phase.GONE,
        ProcessEvent.LOST: Phase.GONE,
    },
    Phase.GONE: {},
}

ACTIVE = frozenset({Phase.STARTING, Phase.SERVING})
"""The phases of a process that should run."""

_DEAD = frozenset({ProcessState.CRASHED, ProcessState.EXITED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process as it is recorded, and as its engine sees it: ``None`` where it does not."""

    id: ProcessId
    app: str
    service: str
    release: str
    fingerprint: str
    instance: InstanceId
    phase: Phase
    since: datetime
    created: datetime
    one_off: bool
    moves: int
    observed: ObservedProcess | None = None

    @property
    def name(self) -> str:
        """The name of its service and of its route."""
        return f"{self.app}/{self.service}"

    @property
    def is_active(self) -> bool:
        """It should run."""
        return self.phase in ACTIVE

    @property
    def has_to_move(self) -> bool:
        """It is needed somewhere else before its instance can end."""
        return self.is_active and not self.one_off

    @property
    def is_healthy(self) -> bool:
        """Its engine finds it healthy now."""
        return self.observed is not None and self.observed.healthy

    @property
    def is_serving(self) -> bool:
        """It can answer requests now."""
        return self.phase is Phase.SERVING and self.is_healthy

    @property
    def is_dead(self) -> bool:
        """Its engine says that it has ended; it may start it again."""
        return self.observed is not None and self.observed.state in _DEAD

    def after(self, event: ProcessEvent) -> Phase:
        """Return the phase after the event; an event that cannot happen now is our own mistake."""
        following = TRANSITIONS[self.phase].get(event)
        if following is None:
            raise RuntimeError(f"process {self.id} is {self.phase}: it cannot be {event}")
        return following
