"""Releases: a build with an environment."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from convox.control import lookup
from convox.control.desired import environment
from convox.control.views import ReleaseView
from convox.errors import InvalidInput
from convox.host.clock import Clock
from convox.host.ids import IdSource, release_id
from convox.state.database import Database
from convox.state.schema import releases

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Releases:
    """The releases of apps."""

    database: Database
    clock: Clock
    ids: IdSource

    def list(self, app: str, limit: int) -> Sequence[ReleaseView]:
        """Return an app's newest releases, the newest first."""
        query = (
            lookup.releases_with_manifests()
            .where(releases.c.app == app)
            .order_by(releases.c.created.desc(), releases.c.id.desc())
            .limit(max(0, limit))
        )
        with self.database.begin() as connection:
            lookup.app(connection, app)
            return [view(row) for row in connection.execute(query)]

    def get(self, app: str, release: str) -> ReleaseView:
        """Return one release."""
        with self.database.begin() as connection:
            return view(lookup.release(connection, app, release))

    def create(
        self, app: str, *, build: str | None, variables: str | None, description: str | None
    ) -> ReleaseView:
        """Create a release; what is not given is carried forward from the newest one.

        ``variables`` are ``K=V`` lines, all of them; an empty text means none.
        """
        checked = None if variables is None else normal(variables)
        with self.database.begin() as connection:
            if build is not None:
                lookup.build(connection, app, build)
            id = self.add(  # noqa: A001 - the column's name
                connection, app, build=build, variables=checked, description=description
            )
            return view(lookup.release(connection, app, id))

    def add(
        self,
        connection: sa.Connection,
        app: str,
        *,
        build: str | None,
        variables: str | None,
        description: str | None,
    ) -> str:
        """Record a release in somebody's transaction; return its id."""
        lookup.app(connection, app)
        newest = lookup.newest_release(connection, app)
        before = newest.environment if newest else ""
        after = before if variables is None else variables
        id = release_id(self.ids)  # noqa: A001 - the column's name
        connection.execute(
            releases.insert().values(
                id=id,
                app=app,
                build=build or (newest.build if newest else None),
                environment=after,
                description=difference(environment(before), environment(after))
                if description is None
                else description,
                created=self.clock.now(),
            )
        )
        return id


def normal(variables: str) -> str:
    """Return ``K=V`` lines in order of their keys, the last of equal ones; refuse other lines."""
    found: dict[str, str] = {}
    for line in filter(None, variables.split("\n")):
        key, equals, value = line.partition("=")
        if not equals or not _KEY.fullmatch(key):
            raise InvalidInput(f"cannot set the environment: {key[:60]!r} is not the form K=V")
        found[key] = value
    return "\n".join(f"{key}={found[key]}" for key in sorted(found))


def difference(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """Return what changed, as Convox says it: ``env add:X change:Y remove:Z``."""
    added = [key for key in sorted(after) if key not in before]
    changed = [key for key in sorted(after) if key in before and before[key] != after[key]]
    removed = [key for key in sorted(before) if key not in after]
    parts = [
        f"{verb}:{','.join(keys)}"
        for verb, keys in (("add", added), ("change", changed), ("remove", removed))
        if keys
    ]
    return " ".join(["env", *parts]) if parts else ""


def view(row: sa.Row[Any]) -> ReleaseView:
    """Return what a record says; its manifest is empty where it has no build."""
    return ReleaseView(
        id=row.id,
        app=row.app,
        build=row.build,
        environment=row.environment,
        manifest=row.manifest or "",
        description=row.description,
        created=row.created,
    )
