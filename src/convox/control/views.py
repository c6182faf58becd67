"""What the use-cases answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from convox.control.automatic.forecast import Forecast


class AppStatus(StrEnum):
    """How an app is doing."""

    RUNNING = "running"
    UPDATING = "updating"
    ROLLBACK = "rollback"
    DELETING = "deleting"


@dataclass(frozen=True, slots=True, kw_only=True)
class GainView:
    """What an app gains by being deployed again, since the rack runs ``version``, and why."""

    version: str
    feature: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AppView:
    """An app; ``release`` is the one that was last in effect as a whole."""

    name: str
    status: AppStatus
    release: str | None
    router: str
    """The host names of its services end so."""
    is_locked: bool
    parameters: Mapping[str, str]
    gains: tuple[GainView, ...] = ()


class BuildStatus(StrEnum):
    """How a build is doing."""

    RUNNING = "running"
    COMPLETE = "complete"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildView:
    """A build; ``reason`` says why it failed."""

    id: str
    app: str
    status: BuildStatus
    description: str
    manifest: str
    release: str | None
    reason: str
    git_sha: str
    started: datetime
    ended: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseView:
    """A release; ``environment`` are its ``K=V`` lines."""

    id: str
    app: str
    build: str | None
    environment: str
    manifest: str
    description: str
    created: datetime


class ProcessStatus(StrEnum):
    """How a process is doing."""

    PENDING = "pending"
    """Not up yet."""
    RUNNING = "running"
    UNHEALTHY = "unhealthy"
    STOPPING = "stopping"
    CRASHED = "crashed"
    """Waits to be started again."""
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessView:
    """A process; ``address`` is ``host:port`` where it serves one.

    ``cpu`` and ``memory`` are shares of the machine, 1 being all of it.
    """

    id: str
    app: str
    service: str
    release: str
    status: ProcessStatus
    instance: str
    command: str
    address: str | None
    started: datetime | None
    cpu: float = 0.0
    memory: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceView:
    """A service as it should run: CPU in 1/1024, memory in MiB; ``port`` is the app's side."""

    name: str
    count: int
    cpu: int
    memory: int
    domain: str
    port: int | None
    balancer_ports: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceView:
    """A resource of an app."""

    name: str
    type: str
    url: str
    status: str
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceView:
    """An instance; ``cpu`` and ``memory`` are the shares of the machine that its processes use."""

    id: str
    status: str
    address: str
    processes: int
    started: datetime
    cpu: float = 0.0
    memory: float = 0.0


class RackStatus(StrEnum):
    """How the rack is doing."""

    RUNNING = "running"
    UPDATING = "updating"
    ROLLBACK = "rollback"
    CONVERGING = "converging"
    """Its instances are not yet as they should be."""
    FAILED = "failed"
    """An update could not be undone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RackView:
    """The rack; ``count`` is how many instances it should have.

    ``update`` says in a line where its update stands, or how that ended where nobody has seen it.
    ``forecast`` is what it does next by itself.
    """

    name: str
    status: RackStatus
    update: str
    version: str
    count: int
    domain: str
    api: str
    """``host:port`` of its API."""
    forecast: Forecast
    parameters: Mapping[str, str] = field(default_factory=dict)
    trouble: str = ""
    """What keeps the rack from being changed; mostly nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RackReleaseView:
    """A version of the rack that ran; ``update`` brought it."""

    version: str
    created: datetime
    update: str | None
