"""The nouns of ``convox.yml``, after defaults. The rules are Convox's (generation 2)."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a service is found healthy; times in seconds."""

    path: str = "/"
    interval: int = 5
    timeout: int = 4
    grace: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """The port a service serves; ``number`` is the balancer's side of it."""

    number: int
    scheme: str = "http"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How many processes, and what each may use (CPU in 1/1024, memory in MiB).

    ``memory`` is ``None`` where the manifest says nothing of it.
    """

    count: int = 1
    cpu: int = 256
    memory: int | None = None

    @property
    def shown_memory(self) -> int:
        """What a client is shown, which knows no other answer than Convox's default."""
        return 512 if self.memory is None else self.memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """The limits of a rollout in percent of the desired count."""

    minimum: int = 50
    maximum: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A named part of an app.

    ``command`` is empty where the manifest has none; ``("sh", "-c", text)`` for a text.
    ``environment`` holds the names the process receives, with their default or ``None``; the name
    ``*`` stands for every variable of the release. Times in seconds.
    """

    name: str
    build: str | None = "."
    dockerfile: str | None = None
    image: str | None = None
    command: tuple[str, ...] = ()
    port: Port | None = None
    health: Health = Health()
    scale: Scale = Scale()
    deployment: Deployment = Deployment()
    environment: Mapping[str, str | None] = field(default_factory=dict)
    domains: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    agent: bool = False
    singleton: bool = False
    internal: bool = False
    sticky: bool = True
    drain: int = 30
    grace: int = 30
    test: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A database, cache, ... that the rack runs for the app."""

    name: str
    type: str
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """A command at certain times: five fields of cron, or six with a year."""

    name: str
    schedule: str
    command: str
    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """All that an app says of itself."""

    services: Mapping[str, Service]
    resources: Mapping[str, Resource] = field(default_factory=dict)
    timers: Mapping[str, Timer] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
