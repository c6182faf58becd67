"""Delete an app: first what runs of it, then what it keeps, then the records of it.

That an app is to be deleted is recorded before anything is done, so that another control plane
goes on where this one stopped.
"""

import asyncio
import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from convox.audit import Kind, append
from convox.control import lookup
from convox.control.desired import resource_specs
from convox.control.places import Places
from convox.errors import RackError, Refused
from convox.host.clock import Clock
from convox.resources.servers import ResourceServers
from convox.rollout import records
from convox.state import facts
from convox.state.database import Database
from convox.state.schema import apps, builds, deployments, releases, resources, services
from convox.state.schema import facts as facts_table

_log = logging.getLogger(__name__)
_MARK = "deleting/"
_PAUSE = 0.5  # seconds between two looks at what still runs
_RETRY = 10.0  # seconds after something could not be removed


def is_marked(connection: sa.Connection, app: str) -> bool:
    """Say whether the app is being deleted."""
    return facts.get(connection, _MARK + app) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """Deletes apps in the background; ``tasks`` is the control plane's."""

    database: Database
    places: Places
    resources: ResourceServers
    tasks: asyncio.TaskGroup
    clock: Clock
    changed: Callable[[], None]

    def start(self, app: str, *, asked_by: str) -> None:
        """Delete an app that is not locked; returns at once."""
        with self.database.begin() as connection:
            if lookup.app(connection, app).locked:
                raise Refused(f"cannot delete app {app}: it is locked; unlock it first")
            if is_marked(connection, app):
                return
            facts.put(connection, _MARK + app, value=True)
            for table in (deployments, services):
                connection.execute(table.delete().where(table.c.app == app))
            self._stop_all(connection, app)
            append(
                connection,
                now=self.clock.now(),
                kind=Kind.DELETED,
                who=asked_by,
                text=f"app {app}",
                detail={"app": app},
            )
        self.changed()
        self.tasks.create_task(self._carry_out(app))

    def resume(self) -> None:
        """Go on with what another control plane has left."""
        query = sa.select(facts_table.c.key).where(facts_table.c.key.startswith(_MARK))
        with self.database.begin() as connection:
            marked = connection.execute(query).scalars().all()
        for key in marked:
            self.tasks.create_task(self._carry_out(key.removeprefix(_MARK)))

    async def _carry_out(self, app: str) -> None:
        while True:
            try:
                await self._delete(app)
            except (RackError, OSError):
                _log.exception("cannot delete app %s yet", app)
                await self.clock.sleep(_RETRY)
            else:
                return

    async def _delete(self, app: str) -> None:
        while self._is_running(app):
            await self.clock.sleep(_PAUSE)
        with self.database.begin() as connection:
            specs = resource_specs(connection)
        for (owner, _), spec in specs.items():
            if owner == app:
                await self.resources.delete(spec)
        places = self.places
        for directory in (places.objects(app), places.slugs(app), places.build_logs(app)):
            await asyncio.to_thread(shutil.rmtree, directory, ignore_errors=True)
        with self.database.begin() as connection:
            for table in (deployments, services, releases, builds, resources):
                connection.execute(table.delete().where(table.c.app == app))
            connection.execute(apps.delete().where(apps.c.name == app))
            facts.drop(connection, _MARK + app)

    def _is_running(self, app: str) -> bool:
        with self.database.begin() as connection:
            return any(process.app == app for process in records.processes(connection))

    def _stop_all(self, connection: sa.Connection, app: str) -> None:
        """Let every process drain and stop, also those that nobody would miss."""
        for process in records.processes(connection):
            if process.app == app and process.is_active:
                records.discard_process(connection, process.id, self.clock.now())
