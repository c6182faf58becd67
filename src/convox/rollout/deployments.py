"""The records of deployments: the latest one of each app."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from convox.rollout.deployment import Deployment, DeploymentEvent, DeploymentState
from convox.state.schema import deployments

# Made once: to make a statement takes longer than to run it.
_EVERY = sa.select(deployments).order_by(deployments.c.app)
_OF_APP = sa.select(deployments).where(deployments.c.app == sa.bindparam("of_app"))
_ADD = deployments.insert()
_DROP = deployments.delete().where(deployments.c.app == sa.bindparam("of_app"))
_RECORD = deployments.update().where(
    deployments.c.app == sa.bindparam("of_app"),
    deployments.c.release == sa.bindparam("of_release"),
    deployments.c.state == sa.bindparam("was"),
    deployments.c.started == sa.bindparam("at"),
)


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
    connection.execute(_DROP, {"of_app": app})
    begun = Deployment(
        app=app,
        release=release,
        previous=previous,
        state=DeploymentState.ROLLING,
        started=now,
        deadline=deadline,
        cause="",
    )
    connection.execute(_ADD, asdict(begun))
    return begun


def latest(connection: sa.Connection, app: str) -> Deployment | None:
    """Return the app's latest deployment; ``None`` where it never had one."""
    row = connection.execute(_OF_APP, {"of_app": app}).one_or_none()
    return None if row is None else _deployment(row)


def every(connection: sa.Connection) -> Sequence[Deployment]:
    """Return the latest deployment of every app."""
    return [_deployment(row) for row in connection.execute(_EVERY)]


def deploying(connection: sa.Connection) -> Sequence[str]:
    """Return the apps whose deployment has not come to its end."""
    return [found.app for found in every(connection) if found.is_active]


def record(
    connection: sa.Connection, deployment: Deployment, event: DeploymentEvent, cause: str
) -> None:
    """Record what happened, unless another deployment has begun meanwhile; a cause is kept."""
    which = {
        "of_app": deployment.app,
        "of_release": deployment.release,
        "was": deployment.state,
        "at": deployment.started,
    }
    following = {"state": deployment.after(event), "cause": cause or deployment.cause}
    connection.execute(_RECORD, {**which, **following})


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
