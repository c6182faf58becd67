"""A deployment: an app on its way from one release to another, or back. Pure.

What an app should run follows from its latest deployment alone, so no second record can disagree.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DeploymentState(StrEnum):
    """Where a deployment is."""

    ROLLING = "rolling"
    DONE = "done"
    REVERTING = "reverting"
    REVERTED = "reverted"


class DeploymentEvent(StrEnum):
    """What happens to a deployment."""

    CONVERGED = "converged"
    """Every service runs as it should."""
    FAILED = "failed"


TRANSITIONS: Mapping[DeploymentState, Mapping[DeploymentEvent, DeploymentState]] = {
    DeploymentState.ROLLING: {
        DeploymentEvent.CONVERGED: DeploymentState.DONE,
        DeploymentEvent.FAILED: DeploymentState.REVERTING,
    },
    DeploymentState.DONE: {},
    DeploymentState.REVERTING: {
        DeploymentEvent.CONVERGED: DeploymentState.REVERTED,
        DeploymentEvent.FAILED: DeploymentState.REVERTED,
    },
    DeploymentState.REVERTED: {},
}

_FORWARD = frozenset({DeploymentState.ROLLING, DeploymentState.DONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """The latest deployment of an app; ``previous`` is what it goes back to."""

    app: str
    release: str
    previous: str | None
    state: DeploymentState
    started: datetime
    deadline: datetime
    cause: str

    @property
    def is_active(self) -> bool:
        """It has not come to its end."""
        return bool(TRANSITIONS[self.state])

    def after(self, event: DeploymentEvent) -> DeploymentState:
        """Return the state after the event; an event that cannot happen now is our own mistake."""
        following = TRANSITIONS[self.state].get(event)
        if following is None:
            raise RuntimeError(f"the deployment of {self.app} is {self.state}: not {event}")
        return following


def wanted_release(deployment: Deployment) -> str | None:
    """Return the release that should run, or ``None`` where nothing should."""
    return deployment.release if deployment.state in _FORWARD else deployment.previous


def active_release(deployment: Deployment) -> str | None:
    """Return the release that was last in effect as a whole; ``None`` where none ever was."""
    is_done = deployment.state is DeploymentState.DONE
    return deployment.release if is_done else deployment.previous
