"""Promote a release: make it what the app runs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from convox.control import deletion, lookup
from convox.control.desired import environment
from convox.control.provisioning import Provisioning
from convox.errors import InvalidInput, Refused
from convox.host.clock import Clock
from convox.manifest.parse import parse
from convox.manifest.types import Manifest
from convox.rollout import deployments
from convox.rollout.deployment import DeploymentState, active_release, wanted_release
from convox.state.database import Database

PATIENCE = timedelta(minutes=10)  # for a release to become healthy, where nobody says otherwise
ANY = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deploys:
    """What turns a release into a deployment; the rollout carries it out."""

    database: Database
    provisioning: Provisioning
    clock: Clock
    changed: Callable[[], None]
    """Told that something else should run now."""

    async def promote(self, app: str, release: str, *, patience: timedelta = PATIENCE) -> None:
        """Let the app move to the release, unless it is on its way to another."""
        with self.database.begin() as connection:
            lookup.app(connection, app)
            current = deployments.latest(connection, app)
        if current is not None and current.state is DeploymentState.ROLLING:
            raise Refused(
                f"cannot promote {release}: app is currently updating to {current.release};"
                " wait for it, or cancel it with `convox apps cancel`"
            )
        await self.promote_anyway(app, release, patience=patience)

    async def promote_anyway(
        self, app: str, release: str, *, patience: timedelta = PATIENCE
    ) -> None:
        """Let the app move to the release; a deployment that is under way is given up."""
        with self.database.begin() as connection:
            found = lookup.release(connection, app, release)
            self._check_order(connection, found)
        manifest = checked_manifest(found)
        await self.provisioning.ensure(app, list(manifest.resources.values()))
        with self.database.begin() as connection:
            if deletion.is_marked(connection, app):
                raise Refused(f"cannot promote {release}: app {app} is being deleted")
            before = deployments.latest(connection, app)
            now = self.clock.now()
            deployments.begin(
                connection,
                app=app,
                release=release,
                previous=active_release(before) if before else None,
                now=now,
                deadline=now + patience,
            )
        self.changed()

    def _check_order(self, connection: sa.Connection, release: sa.Row[Any]) -> None:
        """Refuse a release that is older than what runs: going back is another wish."""
        current = deployments.latest(connection, release.app)
        running = wanted_release(current) if current else None
        if running is None:
            return
        if lookup.release(connection, release.app, running).created > release.created:
            raise Refused(
                f"cannot promote {release.id}: can not promote an older release, try rollback"
            )


def checked_manifest(release: sa.Row[Any]) -> Manifest:
    """Return what the release's manifest says; refuse a release that could not run. Pure."""
    if not release.manifest:
        raise Refused(f"cannot promote {release.id}: it has no build; deploy the app first")
    variables = environment(release.environment)
    manifest = parse(release.manifest, variables)
    if manifest.timers:
        names = ", ".join(sorted(manifest.timers))
        raise Refused(
            f"cannot promote {release.id}: this rack does not run timers yet, and the manifest has"
            f" {names}; remove them from convox.yml"
        )
    missing = required(manifest) - variables.keys()
    if missing:
        names = ", ".join(sorted(missing))
        raise InvalidInput(
            f"cannot promote {release.id}: required env: {names}; set it with `convox env set`"
        )
    return manifest


def required(manifest: Manifest) -> set[str]:
    """Return the variables that services list without a default. Pure."""
    return {
        key
        for service in manifest.services.values()
        for key, default in service.environment.items()
        if default is None and key != ANY
    }
