"""A deployment: an app on its way from one release to another, or back. With its record.

What an app should run follows from its latest deployment alone, so no second record can disagree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from convox.state.schema import deployments


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
    DeploymentState.REVERTING: {DeploymentEvent.CONVERGED: DeploymentState.REVERTED},
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


def wanted_release(deployment: Deployment | sa.Row[Any]) -> str | None:
    """Return the release that should run, or ``None`` where nothing should."""
    release: str | None = (
        deployment.release if deployment.state in _FORWARD else deployment.previous
    )
    return release


def active_release(deployment: Deployment | sa.Row[Any]) -> str | None:
    """Return the release that was last in effect as a whole; ``None`` where none ever was."""
    is_done = deployment.state == DeploymentState.DONE
    release: str | None = deployment.release if is_done else deployment.previous
    return release


def begin(
    connection: sa.Connection,
    *,
    app: str,
    release: str,
    previous: str | None,
    now: datetime,
    deadline: datetime,
) -> Deployment:
    """Record that an app moves to a release, in place of any deployment before.

    ``previous`` is what ``active_release`` says of the one before; when ``deadline`` passes first,
    the app goes back to it.
    """
    connection.execute(deployments.delete().where(deployments.c.app == app))
    connection.execute(
        deployments.insert().values(
            app=app,
            release=release,
            previous=previous,
            state=DeploymentState.ROLLING,
            started=now,
            deadline=deadline,
            cause="",
        )
    )
    return Deployment(
        app=app,
        release=release,
        previous=previous,
        state=DeploymentState.ROLLING,
        started=now,
        deadline=deadline,
        cause="",
    )


def latest(connection: sa.Connection, app: str) -> Deployment | None:
    """Return the app's latest deployment; ``None`` where it never had one."""
    row = connection.execute(sa.select(deployments).where(deployments.c.app == app)).one_or_none()
    return None if row is None else _deployment(row)


def every(connection: sa.Connection) -> Sequence[Deployment]:
    """Return the latest deployment of every app."""
    rows = connection.execute(sa.select(deployments).order_by(deployments.c.app))
    return [_deployment(row) for row in rows]


def record(
    connection: sa.Connection, deployment: Deployment, event: DeploymentEvent, cause: str
) -> None:
    """Record what happened, unless another deployment has begun meanwhile; a cause is kept."""
    connection.execute(
        deployments.update()
        .where(
            deployments.c.app == deployment.app,
            deployments.c.release == deployment.release,
            deployments.c.state == deployment.state,
            deployments.c.started == deployment.started,
        )
        .values(state=deployment.after(event), cause=cause or deployment.cause)
    )


def _deployment(row: sa.Row[Any]) -> Deployment:
    return Deployment(
        app=row.app,
        release=row.release,
        previous=row.previous,
        state=DeploymentState(row.state),
        started=row.started,
        deadline=row.deadline,
        cause=row.cause,
    )
