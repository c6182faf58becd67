"""What should be running. Pure nouns; who computes them is no concern of the rollout."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from convox.engine.engine import HealthCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredService:
    """A service of an app as it should run.

    ``fingerprint`` changes whenever a running process must be replaced: another release, another
    environment, a restart. ``minimum`` and ``maximum`` are percentages of ``count``. ``drain`` and
    ``grace`` in seconds. ``hosts`` are the names it is reached by.
    """

    app: str
    service: str
    release: str
    fingerprint: str
    count: int
    command: tuple[str, ...]
    directory: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    scheme: str | None = None
    health: HealthCheck = field(default_factory=HealthCheck)
    memory: int = 0
    minimum: int = 50
    maximum: int = 200
    singleton: bool = False
    agent: bool = False
    drain: float = 30
    grace: float = 30
    hosts: tuple[str, ...] = ()
    sticky: bool = False

    @property
    def name(self) -> str:
        """The name of its processes and of its route."""
        return f"{self.app}/{self.service}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredInstances:
    """The instances as they should be; ``batch`` of them may be replaced at a time.

    There are never more than ``limit``, those that still end included; 0 is no limit. While the
    roll is ``held``, what is in motion finishes and no further instance is replaced. What it moves
    first has to prove itself for ``canary`` seconds before the rest follows.
    """

    image: str
    count: int
    batch: int = 1
    limit: int = 0
    held: bool = False
    canary: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired:
    """All that should run."""

    services: tuple[DesiredService, ...]
    instances: DesiredInstances
