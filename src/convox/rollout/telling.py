"""What a person is told about each action. Pure."""

from collections.abc import Mapping

from convox.rollout.action import (
    Action,
    DeploymentStep,
    InstanceStep,
    Launch,
    PassCordon,
    Start,
    Step,
)
from convox.rollout.deployment import DeploymentEvent, DeploymentState
from convox.rollout.instance import InstanceEvent
from convox.rollout.process import ProcessEvent
from convox.rollout.situation import Traffic

RACK = ""
"""Stands for the rack where an app's name is expected."""

_PROCESS_WORDS: Mapping[ProcessEvent, str] = {
    ProcessEvent.HEALTHY: "is healthy",
    ProcessEvent.MISSED: "is not seen",
    ProcessEvent.UNWANTED: "drains",
    ProcessEvent.DRAINED: "stops",
    ProcessEvent.ENDED: "has stopped",
    ProcessEvent.LOST: "is lost with its instance",
}

_INSTANCE_WORDS: Mapping[InstanceEvent, str] = {
    InstanceEvent.BOOTED: "is ready",
    InstanceEvent.UNWANTED: "retires",
    InstanceEvent.MISSED: "does not answer",
    InstanceEvent.RETURNED: "answers again",
    InstanceEvent.EMPTIED: "is empty and ends",
    InstanceEvent.WANTED: "is kept after all",
    InstanceEvent.GIVEN_UP: "is given up",
    InstanceEvent.ENDED: "has ended",
}


def told(action: Action, traffic: Traffic | None) -> tuple[str, str]:
    """Return whom it concerns, an app's name or ``RACK``, and the words."""
    match action:
        case Start(service=service, instance=instance):
            text = f"{service.service} of release {service.release} starts on {instance}"
            return service.app, text
        case Step(process=process, event=event):
            left = traffic.open.get(process.id, 0) if traffic else 0
            return process.app, f"{process.id} {_words(event, left)}"
        case Launch(image=image):
            return RACK, f"an instance of {image} is launched"
        case InstanceStep(instance=instance, event=event):
            return RACK, f"instance {instance.id} {_INSTANCE_WORDS[event]}"
        case PassCordon(instance=instance, heir=heir):
            return RACK, f"instance {heir.id} is cordoned in place of {instance.id}"
        case DeploymentStep():
            return action.deployment.app, _end(action)


def _words(event: ProcessEvent, open_requests: int) -> str:
    if event is ProcessEvent.DRAINED and open_requests:
        return f"stops with {open_requests} requests open after its drain time"
    return _PROCESS_WORDS[event]


def _end(step: DeploymentStep) -> str:
    deployment = step.deployment
    if step.event is DeploymentEvent.FAILED and deployment.state is DeploymentState.REVERTING:
        back = deployment.previous
        now = f"release {back} is in effect and not well" if back else "no release is in effect"
        return f"{now}: {step.cause}"
    if step.event is DeploymentEvent.FAILED:
        back = f"back to {deployment.previous}" if deployment.previous else "stopping it"
        return f"release {deployment.release} failed: {step.cause}; {back}"
    if deployment.state is DeploymentState.ROLLING:
        return f"release {deployment.release} is deployed"
    if deployment.previous is None:
        return "no release is in effect, as before"
    return f"release {deployment.previous} is in effect again"
