"""The records of deployments: the latest one of each app."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from convox.rollout.deployment import Deployment, DeploymentEvent, DeploymentState
from convox.state.schema import deployments

_EVERY = sa.select(deployments).order_by(deployments.c.app)


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
    return [_deployment(row) for row in connection.execute(_EVERY)]


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
