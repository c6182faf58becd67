"""A process as it is to run, in the form in which it travels and is stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """How a process with a port is checked; times in seconds."""

    path: str = "/"
    interval: float = 5
    timeout: float = 4
    grace: float = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """One copy of a program. ``scheme`` is ``http``, ``https`` or, without a port, ``None``."""

    id: str
    app: str
    service: str
    release: str
    command: tuple[str, ...]
    directory: str
    environment: Mapping[str, str] = field(default_factory=dict)
    scheme: str | None = None
    health: HealthCheck = HealthCheck()
    restart: bool = True


def parse(facts: Mapping[str, Any]) -> Spec:
    """Read a spec; what is not known is ignored, what is missing is a ``KeyError``."""
    health = facts["health"]
    return Spec(
        id=facts["id"],
        app=facts["app"],
        service=facts["service"],
        release=facts["release"],
        command=tuple(facts["command"]),
        directory=facts["directory"],
        environment=dict(facts["environment"]),
        scheme=facts["scheme"],
        health=HealthCheck(
            path=health["path"],
            interval=health["interval"],
            timeout=health["timeout"],
            grace=health["grace"],
        ),
        restart=facts["restart"],
    )
