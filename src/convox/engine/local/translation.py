"""Processes in the form in which agents speak of them. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from convox.engine.engine import (
    InstanceId,
    ObservedProcess,
    ProcessId,
    ProcessSpec,
    ProcessState,
    TerminalSize,
)


def to_agent(spec: ProcessSpec) -> dict[str, Any]:
    """Return a spec as an agent reads it."""
    health = spec.health
    return {
        "id": spec.id,
        "app": spec.app,
        "service": spec.service,
        "release": spec.release,
        "command": list(spec.command),
        "directory": str(spec.directory),
        "environment": dict(spec.environment),
        "scheme": spec.scheme,
        "health": {
            "path": health.path,
            "interval": health.interval,
            "timeout": health.timeout,
            "grace": health.grace,
        },
        "restart": spec.restart,
    }


def from_agent(facts: Mapping[str, Any], *, instance: InstanceId, address: str) -> ObservedProcess:
    """Return a process that an agent speaks of."""
    port = facts["port"]
    return ObservedProcess(
        id=ProcessId(facts["id"]),
        app=facts["app"],
        service=facts["service"],
        release=facts["release"],
        instance=instance,
        state=ProcessState(facts["state"]),
        healthy=facts["healthy"],
        address=f"{address}:{port}" if port else None,
        scheme=facts["scheme"],
        command=tuple(facts["command"]),
        started=datetime.fromtimestamp(facts["started"], UTC),
        restarts=facts["restarts"],
        exit_status=facts["exit_status"],
        reason=facts["reason"],
        pid=facts["pid"],
    )


def terminal_to_agent(terminal: TerminalSize | None) -> dict[str, int] | None:
    """Return a terminal's size as an agent reads it."""
    return {"height": terminal.height, "width": terminal.width} if terminal else None
