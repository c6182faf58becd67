"""What may be decided: steps of processes, instances and deployments, and new ones. Pure."""

from dataclasses import dataclass

from convox.engine.engine import InstanceId
from convox.rollout.deployment import Deployment, DeploymentEvent
from convox.rollout.desired import DesiredService
from convox.rollout.instance import Instance, InstanceEvent
from convox.rollout.process import Process, ProcessEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A new process; ``moves`` counts those before it that differed in the instance alone."""

    service: DesiredService
    instance: InstanceId
    moves: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An event in the life of a process."""

    process: Process
    event: ProcessEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """A new instance."""

    image: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceStep:
    """An event in the life of an instance."""

    instance: Instance
    event: InstanceEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class PassCordon:
    """A cordoned instance is replaced, and another one is cordoned in its place."""

    instance: Instance
    heir: Instance


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentStep:
    """An event in the life of a deployment; a failure has a cause."""

    deployment: Deployment
    event: DeploymentEvent
    cause: str = ""


Action = Start | Step | Launch | InstanceStep | PassCordon | DeploymentStep
