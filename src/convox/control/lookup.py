"""Find what a request names, or say that there is no such thing."""

from typing import Any

import sqlalchemy as sa

from convox.errors import NotFound
from convox.state.schema import apps, builds, releases


def app(connection: sa.Connection, name: str) -> sa.Row[Any]:
    """Return an app's record. Clients know a deleted app by the words ``no such app``."""
    found = connection.execute(sa.select(apps).where(apps.c.name == name)).one_or_none()
    if found is None:
        raise NotFound(f"cannot find app {name}: no such app")
    return found


def build(connection: sa.Connection, app_name: str, id: str) -> sa.Row[Any]:  # noqa: A002 - the column's name
    """Return the record of an app's build."""
    app(connection, app_name)
    query = sa.select(builds).where(builds.c.app == app_name, builds.c.id == id)
    found = connection.execute(query).one_or_none()
    if found is None:
        raise NotFound(f"cannot find build {id}: app {app_name} has no such build")
    return found


def release(connection: sa.Connection, app_name: str, id: str) -> sa.Row[Any]:  # noqa: A002 - the column's name
    """Return the record of an app's release, with its build's ``manifest`` where it has one."""
    app(connection, app_name)
    query = releases_with_manifests().where(releases.c.app == app_name, releases.c.id == id)
    found = connection.execute(query).one_or_none()
    if found is None:
        raise NotFound(f"cannot find release {id}: app {app_name} has no such release")
    return found


def newest_release(connection: sa.Connection, app_name: str) -> sa.Row[Any] | None:
    """Return the record of the app's newest release, promoted or not."""
    query = (
        releases_with_manifests()
        .where(releases.c.app == app_name)
        .order_by(releases.c.created.desc(), releases.c.id.desc())
        .limit(1)
    )
    return connection.execute(query).one_or_none()


def releases_with_manifests() -> sa.Select[Any]:
    """Select releases, each with the manifest of its build; ``None`` where it has no build."""
    return sa.select(releases, builds.c.manifest).outerjoin(builds, releases.c.build == builds.c.id)
