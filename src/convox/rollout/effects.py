"""What the engine must do so that a situation's records come true. Pure.

Every effect may be repeated; one that is not needed any more is not in the list.
"""

from dataclasses import dataclass

from convox.engine.engine import (
    InstanceId,
    InstanceSpec,
    ProcessId,
    ProcessSpec,
    ProcessState,
)
from convox.rollout.desired import DesiredService
from convox.rollout.instance import Instance, InstancePhase
from convox.rollout.process import Phase, Process
from convox.rollout.situation import Situation

_GRACE = 30.0  # seconds for a process whose service is not wanted any more


@dataclass(frozen=True, slots=True, kw_only=True)
class StartProcess:
    """Start a process that should run and does not."""

    spec: ProcessSpec
    instance: InstanceId


@dataclass(frozen=True, slots=True, kw_only=True)
class StopProcess:
    """Stop a process that should not run; ``grace`` in seconds."""

    process: ProcessId
    app: str
    grace: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchInstance:
    """Launch an instance that is recorded and not there."""

    spec: InstanceSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminateInstance:
    """End an instance that should not be there."""

    instance: InstanceId


Effect = StartProcess | StopProcess | LaunchInstance | TerminateInstance


def effects(situation: Situation) -> list[Effect]:
    """Return what the engine has to do now."""
    found: list[Effect | None] = [
        *(_instance_effect(instance) for instance in situation.instances.values()),
        *(TerminateInstance(instance=item.id) for item in situation.stray_instances),
        *(
            _process_effect(
                process,
                situation.instances.get(process.instance),
                situation.services.get(process.name),
            )
            for process in situation.processes
        ),
        *(
            StopProcess(process=stray.id, app=stray.app, grace=_GRACE)
            for stray in situation.strays
            if stray.state is not ProcessState.STOPPING
        ),
    ]
    return [effect for effect in found if effect is not None]


def spec(service: DesiredService, process: ProcessId) -> ProcessSpec:
    """Return how a process of a service is run."""
    return ProcessSpec(
        id=process,
        app=service.app,
        service=service.service,
        release=service.release,
        command=service.command,
        directory=service.directory,
        environment=service.environment,
        scheme=service.scheme,
        health=service.health,
        memory=service.memory,
    )


def _instance_effect(instance: Instance) -> Effect | None:
    if instance.phase is InstancePhase.LAUNCHING and instance.observed is None:
        return LaunchInstance(spec=InstanceSpec(id=instance.id, image=instance.image))
    if instance.phase is InstancePhase.TERMINATING and instance.observed is not None:
        return TerminateInstance(instance=instance.id)
    return None


def _process_effect(
    process: Process, instance: Instance | None, service: DesiredService | None
) -> Effect | None:
    if process.is_active:
        is_wanted = service is not None and process.fingerprint == service.fingerprint
        if service and is_wanted and instance and instance.is_ready and process.observed is None:
            return StartProcess(spec=spec(service, process.id), instance=process.instance)
        return None
    seen = process.observed
    if process.phase is Phase.STOPPING and seen and seen.state is not ProcessState.STOPPING:
        grace = service.grace if service else _GRACE
        return StopProcess(process=process.id, app=process.app, grace=grace)
    return None
