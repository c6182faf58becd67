"""When a deployment has come to its end, or has to turn back. Pure."""

from collections.abc import Sequence

from convox.rollout.action import DeploymentStep
from convox.rollout.deployment import (
    Deployment,
    DeploymentEvent,
    DeploymentState,
    wanted_release,
)
from convox.rollout.desired import DesiredService
from convox.rollout.process import Process
from convox.rollout.situation import Situation
from convox.rollout.strategy import converged, target

_CRASHES = 3  # of one new process, after which waiting on is no use


def next_deployment_steps(situation: Situation) -> list[DeploymentStep]:
    """Return what has happened to the deployments that are under way."""
    steps = (_step(item, situation) for item in situation.deployments if item.is_active)
    return [step for step in steps if step is not None]


def shortcoming(service: DesiredService, situation: Situation) -> str:
    """Return why the service has not converged, as words for a person."""
    new = [item for item in situation.of(service) if situation.is_current(item, service)]
    for process in sorted(new, key=_restarts, reverse=True):
        if not process.is_healthy and process.observed is not None and process.observed.reason:
            return process.observed.reason
    if not situation.ready:
        return "no instance is ready to run it"
    if not situation.open and not service.agent:
        return "no instance is open to it: all are cordoned"
    healthy = sum(process.is_healthy for process in new)
    wanted = target(service, situation)
    if healthy < wanted:
        return f"{healthy} of {wanted} processes are healthy"
    return "processes of another release still run"


def _step(deployment: Deployment, situation: Situation) -> DeploymentStep | None:
    release = wanted_release(deployment)
    services = situation.services_of(deployment.app)
    if any(service.release != release for service in services):
        return None  # the records have moved on since they were read
    if all(converged(service, situation) for service in services) and not _left_over(
        deployment, services, situation
    ):
        return DeploymentStep(deployment=deployment, event=DeploymentEvent.CONVERGED)
    look = _failure if deployment.state is DeploymentState.ROLLING else _failure_to_turn_back
    cause = look(deployment, services, situation)
    if not cause:
        return None
    return DeploymentStep(deployment=deployment, event=DeploymentEvent.FAILED, cause=cause)


def _left_over(
    deployment: Deployment, services: Sequence[DesiredService], situation: Situation
) -> bool:
    """Say whether services still run that the release does not have."""
    names = {service.service for service in services}
    return any(
        process.is_active and process.service not in names
        for process in situation.processes_of(deployment.app)
    )


def _failure(
    deployment: Deployment, services: Sequence[DesiredService], situation: Situation
) -> str:
    """Return why the deployment cannot succeed any more; empty while it can."""
    for service in services:
        crashes = _crashes(service, situation)
        if crashes:
            return f"{service.service}: {crashes}"
    if situation.now < deployment.deadline:
        return ""
    return _unfinished(services, situation)


def _failure_to_turn_back(
    deployment: Deployment, services: Sequence[DesiredService], situation: Situation
) -> str:
    """Return why it is not waited for any longer that the way back ends; empty while it is.

    It may take as long again as the way there. What is wanted stays the same after it, and only
    the next deployment is not held up by it.
    """
    if situation.now < deployment.deadline + (deployment.deadline - deployment.started):
        return ""
    return f"{deployment.cause}; turned back, and {_unfinished(services, situation)}"


def _unfinished(services: Sequence[DesiredService], situation: Situation) -> str:
    for service in services:
        if not converged(service, situation):
            return f"{service.service}: not healthy in time: {shortcoming(service, situation)}"
    return "not finished in time"


def _crashes(service: DesiredService, situation: Situation) -> str:
    """Return how a new process of the service crashes; empty where none does repeatedly."""
    for process in situation.of(service):
        seen = process.observed
        is_new = situation.is_current(process, service)
        if seen and is_new and not seen.healthy and seen.restarts >= _CRASHES:
            return f"crashed {seen.restarts} times: {seen.reason}"
    return ""


def _restarts(process: Process) -> int:
    return process.observed.restarts if process.observed else 0
