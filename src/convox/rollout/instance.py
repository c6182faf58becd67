"""The phases of an instance, and the only steps between them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from convox.engine.engine import InstanceId, InstanceState, ObservedInstance


class InstancePhase(StrEnum):
    """Where an instance is in its life."""

    LAUNCHING = "launching"
    READY = "ready"
    RETIRING = "retiring"
    """Gets no new process; those on it move away."""
    LOST = "lost"
    """Did not answer when last asked."""
    TERMINATING = "terminating"
    GONE = "gone"
    """No record is kept of these."""


class InstanceEvent(StrEnum):
    """What happens to an instance."""

    BOOTED = "booted"
    UNWANTED = "unwanted"
    MISSED = "missed"
    RETURNED = "returned"
    EMPTIED = "emptied"
    WANTED = "wanted"
    """Once more, before it had ended."""
    GIVEN_UP = "given up"
    ENDED = "ended"


TRANSITIONS: Mapping[InstancePhase, Mapping[InstanceEvent, InstancePhase]] = {
    InstancePhase.LAUNCHING: {
        InstanceEvent.BOOTED: InstancePhase.READY,
        InstanceEvent.UNWANTED: InstancePhase.RETIRING,
        InstanceEvent.MISSED: InstancePhase.LOST,
        InstanceEvent.GIVEN_UP: InstancePhase.TERMINATING,
    },
    InstancePhase.READY: {
        InstanceEvent.UNWANTED: InstancePhase.RETIRING,
        InstanceEvent.MISSED: InstancePhase.LOST,
    },
    InstancePhase.RETIRING: {
        InstanceEvent.WANTED: InstancePhase.READY,
        InstanceEvent.MISSED: InstancePhase.LOST,
        InstanceEvent.EMPTIED: InstancePhase.TERMINATING,
    },
    InstancePhase.LOST: {
        InstanceEvent.RETURNED: InstancePhase.READY,
        InstanceEvent.GIVEN_UP: InstancePhase.TERMINATING,
    },
    InstancePhase.TERMINATING: {InstanceEvent.ENDED: InstancePhase.GONE},
    InstancePhase.GONE: {},
}


UP = frozenset({InstancePhase.LAUNCHING, InstancePhase.READY})
"""The phases of an instance that is meant to stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """An instance as it is recorded, and as its engine sees it: ``None`` where it is not there.

    On one that a person ``cordoned`` no process is placed; one that they ``dismissed`` never comes
    back.
    """

    id: InstanceId
    image: str
    phase: InstancePhase
    since: datetime
    created: datetime
    cordoned: bool = False
    dismissed: bool = False
    observed: ObservedInstance | None = None

    @property
    def is_answering(self) -> bool:
        """It says what runs on it."""
        return self.observed is not None and self.observed.state is InstanceState.READY

    @property
    def is_ready(self) -> bool:
        """It is up, and stays."""
        return self.phase is InstancePhase.READY and self.is_answering

    @property
    def is_open(self) -> bool:
        """New processes may be placed on it."""
        return self.is_ready and not self.cordoned

    @property
    def has_vanished(self) -> bool:
        """It was there, or should end, and its engine does not know it any more."""
        return self.observed is None and self.phase in _VANISHING

    def after(self, event: InstanceEvent) -> InstancePhase:
        """Return the phase after the event; an event that cannot happen now is our own mistake."""
        following = TRANSITIONS[self.phase].get(event)
        if following is None:
            raise RuntimeError(f"instance {self.id} is {self.phase}: it cannot be {event}")
        return following


_VANISHING = frozenset({InstancePhase.LOST, InstancePhase.TERMINATING})
