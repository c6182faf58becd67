"""The states of a process, and which event leads from which to which. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where a process stands."""

    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    CRASHED = "crashed"
    EXITED = "exited"


class Event(StrEnum):
    """What happens to a process."""

    STARTED = "started"
    CONFIRMED = "confirmed"
    """It was found healthy for the first time since its start."""
    ENDED = "ended"
    """It ended by itself and is to be started again."""
    FINISHED = "finished"
    """It ended by itself and is not to be started again."""
    DISMISSED = "dismissed"
    """Somebody wants it to end."""


TRANSITIONS: Mapping[State, Mapping[Event, State]] = {
    State.STARTING: {
        Event.STARTED: State.STARTING,
        Event.CONFIRMED: State.RUNNING,
        Event.ENDED: State.CRASHED,
        Event.FINISHED: State.EXITED,
        Event.DISMISSED: State.STOPPING,
    },
    State.RUNNING: {
        Event.ENDED: State.CRASHED,
        Event.FINISHED: State.EXITED,
        Event.DISMISSED: State.STOPPING,
    },
    State.CRASHED: {
        Event.STARTED: State.STARTING,
        Event.DISMISSED: State.STOPPING,
    },
    State.EXITED: {Event.DISMISSED: State.STOPPING},
    State.STOPPING: {Event.DISMISSED: State.STOPPING},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What can be said of a process now. ``started`` in seconds since 1970.

    ``crash`` is how it last ended by itself; it stays the reason while a new start is uncertain.
    """

    state: State = State.STARTING
    healthy: bool = False
    reason: str = "it is being started"
    crash: str = ""
    started: float = 0
    restarts: int = 0
    exit_status: int | None = None
    pid: int | None = None
