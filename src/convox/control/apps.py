"""Apps: create them, look at them, lock them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from convox.control import deletion, lookup
from convox.control.observing import Observer
from convox.control.redeploys import gains
from convox.control.views import AppStatus, AppView, GainView
from convox.errors import InvalidInput, Refused, Taken
from convox.host.clock import Clock
from convox.rollout import deployments
from convox.rollout.deployment import Deployment, DeploymentEvent, DeploymentState, active_release
from convox.rollout.desired import DesiredService
from convox.rollout.process import Phase, Process
from convox.rollout.situation import Situation
from convox.rollout.strategy import target
from convox.state.database import Database
from convox.state.schema import apps

_NAME = re.compile(r"[a-z][a-z0-9-]{0,38}[a-z0-9]|[a-z]")
_RESERVED = frozenset({"rack", "system"})
_BOOT = timedelta(seconds=60)  # for which a process that is not healthy yet counts as coming up
_CRASHES = 3  # after which it does not


@dataclass(frozen=True, slots=True, kw_only=True)
class Apps:
    """The apps of a rack."""

    database: Database
    rack: str
    domain: str
    observe: Observer
    clock: Clock

    async def list(self) -> Sequence[AppView]:
        """Return all apps, by name."""
        situation = await self.observe()
        with self.database.begin() as connection:
            rows = connection.execute(sa.select(apps).order_by(apps.c.name)).all()
            gained = gains(connection)
            return [self._view(connection, row, situation, gained) for row in rows]

    async def get(self, name: str) -> AppView:
        """Return one app."""
        with self.database.begin() as connection:
            lookup.app(connection, name)
        situation = await self.observe()
        with self.database.begin() as connection:
            row = lookup.app(connection, name)
            return self._view(connection, row, situation, gains(connection))

    def gains(self) -> Mapping[str, tuple[GainView, ...]]:
        """Return by app what it gains by being deployed again."""
        with self.database.look() as connection:
            return gains(connection)

    async def create(self, name: str) -> AppView:
        """Create an app that has no release yet."""
        self._check_name(name)
        with self.database.begin() as connection:
            if connection.execute(sa.select(apps).where(apps.c.name == name)).one_or_none():
                raise Taken(f"cannot create app {name}: there is one already")
            values = {"name": name, "created": self.clock.now(), "locked": False}
            connection.execute(apps.insert().values(**values, parameters={}))
        return await self.get(name)

    def update(self, name: str, *, lock: bool | None, parameters: Mapping[str, str] | None) -> None:
        """Lock or unlock an app; ``None`` leaves a thing as it is."""
        with self.database.begin() as connection:
            lookup.app(connection, name)
            if parameters:
                unknown = ", ".join(sorted(parameters))
                raise InvalidInput(
                    f"cannot set {unknown}: apps of this rack have no parameters;"
                    " use convox.yml, `convox scale` or `convox env`"
                )
            if lock is not None:
                connection.execute(apps.update().where(apps.c.name == name).values(locked=lock))

    def cancel(self, name: str) -> None:
        """Let the deployment that is under way turn back."""
        with self.database.begin() as connection:
            lookup.app(connection, name)
            current = deployments.latest(connection, name)
            if current is None or current.state is not DeploymentState.ROLLING:
                raise Refused(f"cannot cancel the deployment of {name}: app is not updating")
            deployments.record(connection, current, DeploymentEvent.FAILED, "cancelled")

    def _view(
        self,
        connection: sa.Connection,
        row: sa.Row[Any],
        situation: Situation,
        gained: Mapping[str, tuple[GainView, ...]],
    ) -> AppView:
        latest = deployments.latest(connection, row.name)
        is_leaving = deletion.is_marked(connection, row.name)
        return AppView(
            name=row.name,
            status=AppStatus.DELETING if is_leaving else status(row.name, latest, situation),
            release=active_release(latest) if latest else None,
            router=f"{row.name}.{self.domain}",
            is_locked=row.locked,
            parameters=row.parameters,
            gains=gained.get(row.name, ()),
        )

    def _check_name(self, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise InvalidInput(
                f"cannot create app {name[:60]!r}: a name is up to 40 lower-case letters, digits"
                " and -, and begins with a letter"
            )
        if name == self.rack or name in _RESERVED:
            raise InvalidInput(f"cannot create app {name}: the name is the rack's own")


def status(app: str, latest: Deployment | None, situation: Situation) -> AppStatus:
    """Return how an app is doing, by its deployment and by what is observed. Pure.

    An app whose processes keep crashing is no longer updating, or nobody could deploy the remedy.
    """
    if latest is not None and latest.state is DeploymentState.REVERTING:
        return AppStatus.ROLLBACK
    if latest is not None and latest.is_active:
        return AppStatus.UPDATING
    services = [service for service in situation.desired.services if service.app == app]
    if any(_is_changing(service, situation) for service in services):
        return AppStatus.UPDATING
    return AppStatus.RUNNING


def _is_changing(service: DesiredService, situation: Situation) -> bool:
    active = [process for process in situation.of(service) if process.is_active]
    is_as_wanted = len(active) == target(service, situation) and all(
        situation.is_current(process, service) for process in active
    )
    return not is_as_wanted or any(_is_coming_up(process, situation) for process in active)


def _is_coming_up(process: Process, situation: Situation) -> bool:
    seen = process.observed
    return (
        process.phase is Phase.STARTING
        and situation.now - process.since < _BOOT
        and (seen is None or seen.restarts < _CRASHES)
    )
