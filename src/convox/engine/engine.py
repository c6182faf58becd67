"""The seam between what should run and what runs.

An engine starts, stops and lists; it never decides. Every call may be repeated: starting what
runs and stopping what is gone change nothing. One contract suite runs against every engine.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import NewType, Protocol

ProcessId = NewType("ProcessId", str)
InstanceId = NewType("InstanceId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """How a process with a port is found healthy: an HTTP GET that answers 200 to 399.

    Times in seconds. ``grace`` passes after the start before a failed check counts; a process
    without a port has only ``grace``: it is healthy when it has stayed up for that long.
    """

    path: str = "/"
    interval: float = 5
    timeout: float = 4
    grace: float = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSpec:
    """One copy of a program, as it is to run."""

    id: ProcessId
    app: str
    service: str
    release: str
    command: tuple[str, ...]
    """What is executed, as words."""
    directory: Path
    """Where it starts: the app's slug, which it may read and not write."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Its whole environment but for PORT, HOST, HOME, PATH and TMPDIR, which the engine sets."""
    scheme: str | None = None
    """``http`` or ``https`` where it serves a port, which the engine picks; ``None`` without."""
    health: HealthCheck = HealthCheck()
    restart: bool = True
    """Started again, ever more slowly, when it ends; a one-off process is not."""
    memory: int = 0
    """Mebibytes it is expected to use; 0 where nobody said."""


class ProcessState(StrEnum):
    """What an engine sees of a process."""

    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    CRASHED = "crashed"
    """Ended by itself; waits to be started again."""
    EXITED = "exited"
    """Ended, and is not started again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedProcess:
    """A process as its engine sees it now."""

    id: ProcessId
    app: str
    service: str
    release: str
    instance: InstanceId
    state: ProcessState
    healthy: bool
    address: str | None
    """``host:port`` where it serves one."""
    scheme: str | None
    command: tuple[str, ...]
    started: datetime
    restarts: int
    """How often it has ended by itself."""
    exit_status: int | None
    reason: str
    """Why it is not healthy, for a person; empty when it is."""
    pid: int | None


class InstanceState(StrEnum):
    """What an engine sees of an instance."""

    STARTING = "starting"
    READY = "ready"
    LOST = "lost"
    """It does not answer, or is gone without having been terminated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceSpec:
    """An instance as it is to be."""

    id: InstanceId
    image: str
    """The id of the image it boots from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedInstance:
    """An instance as its engine sees it now."""

    id: InstanceId
    image: str
    address: str
    state: InstanceState
    started: datetime
    processes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalSize:
    """A person's terminal, in characters."""

    height: int
    width: int


class Streams(Protocol):
    """The two ends of a program that a person has attached to."""

    def input(self) -> AsyncIterator[bytes]:
        """Yield what the person types; ends when they close their input."""
        ...

    async def output(self, data: bytes) -> None:
        """Show the person what the program wrote."""
        ...


class Engine(Protocol):
    """What runs processes and instances."""

    async def start(self, spec: ProcessSpec, *, instance: InstanceId) -> None:
        """Start a process on an instance, and keep it running until it is stopped."""
        ...

    async def stop(self, process: ProcessId, *, grace: float) -> None:
        """Ask a process to end (TERM), end it (KILL) after ``grace`` seconds, and forget it.

        Returns at once; the process is listed as ``stopping`` until it has gone.
        """
        ...

    async def processes(self) -> Sequence[ObservedProcess]:
        """Return all processes on the instances that answer."""
        ...

    def watch(self) -> AsyncIterator[None]:
        """Yield whenever something may have changed; several changes may be one yield."""
        ...

    async def execute(
        self,
        process: ProcessId,
        command: Sequence[str],
        streams: Streams,
        *,
        terminal: TerminalSize | None,
    ) -> int:
        """Run a command beside a process, in its directory and environment; return its status."""
        ...

    def logs(self, app: str, *, since: datetime, follow: bool) -> AsyncIterator[str]:
        """Yield an app's log lines in order: ``<RFC 3339 UTC seconds>Z service/NAME/ID text``."""
        ...

    async def instances(self) -> Sequence[ObservedInstance]:
        """Return all instances that were launched and not terminated."""
        ...

    async def launch(self, spec: InstanceSpec) -> None:
        """Boot an instance; returns at once, it is ``ready`` later."""
        ...

    async def terminate(self, instance: InstanceId) -> None:
        """End an instance and all that still runs on it."""
        ...
