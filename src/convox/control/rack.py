"""The rack itself: how it is doing, its parameters, its past."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from convox import audit
from convox.control import parameters
from convox.control.automatic.forecast import Forecast
from convox.control.desired import desired_instances
from convox.control.observing import Observer
from convox.control.own_processes import SYSTEM, OwnProcesses
from convox.control.parameters import COUNT
from convox.control.processes import Processes
from convox.control.updates import Updates
from convox.control.views import (
    ProcessStatus,
    ProcessView,
    RackReleaseView,
    RackStatus,
    RackView,
)
from convox.host.clock import Clock
from convox.rollout import records
from convox.rollout.instance import Instance, InstancePhase
from convox.rollout.rolling import rolled
from convox.state.database import Database
from convox.state.schema import rack_releases
from convox.update.update import Update, UpdateState

_SHOWN = 20  # releases
_NOTHING = "nothing"
_BY_UPDATE = {
    UpdateState.UPDATING: RackStatus.UPDATING,
    UpdateState.PAUSED: RackStatus.UPDATING,
    UpdateState.ROLLBACK: RackStatus.ROLLBACK,
    UpdateState.FAILED: RackStatus.FAILED,
}
_OF_AGENT = {
    InstancePhase.LAUNCHING: ProcessStatus.PENDING,
    InstancePhase.LOST: ProcessStatus.CRASHED,
    InstancePhase.TERMINATING: ProcessStatus.STOPPING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rack:
    """The rack as a whole. ``api`` is ``host:port``."""

    database: Database
    name: str
    domain: str
    api: str
    updates: Updates
    observe: Observer
    own_processes: OwnProcesses
    processes_of_apps: Processes
    clock: Clock
    changed: Callable[[], None]
    trouble: Callable[[], str]
    forecast: Callable[[], Forecast]

    async def get(self) -> RackView:
        """Return how the rack is doing.

        This is asked most often of all, so the records answer alone: it takes as long with many
        apps as with one, and waits for no agent.
        """
        with self.database.look() as connection:
            values = parameters.get_all(connection)
            is_rolled = rolled(
                desired_instances(connection),
                records.instances(connection),
                records.processes(connection),
            )
        update = self.updates.status()
        return RackView(
            name=self.name,
            status=status(update.update if update else None, is_rolled=is_rolled),
            update=update.line if update and update.wants_attention else "",
            version=self.updates.version(),
            count=int(values[COUNT]),
            domain=self.domain,
            api=self.api,
            parameters=values,
            trouble=self.trouble(),
            forecast=self.forecast(),
        )

    def set_parameters(self, wanted: Mapping[str, str], *, asked_by: str) -> None:
        """Set parameters, all or none."""
        with self.database.begin() as connection:
            before = parameters.get_all(connection)
            parameters.put(connection, wanted)
            audit.append(
                connection,
                now=self.clock.now(),
                kind=audit.Kind.PARAMETER,
                who=asked_by,
                text=", ".join(
                    f"{key} from {before[key] or _NOTHING} to {wanted[key] or _NOTHING}"
                    for key in sorted(wanted)
                ),
                detail={key: {"from": before[key], "to": wanted[key]} for key in wanted},
            )
        self.changed()

    def releases(self) -> Sequence[RackReleaseView]:
        """Return the versions that ran last, the newest first."""
        query = sa.select(rack_releases).order_by(rack_releases.c.number.desc()).limit(_SHOWN)
        with self.database.begin() as connection:
            return [
                RackReleaseView(version=row.version, created=row.created, update=row.update)
                for row in connection.execute(query)
            ]

    async def processes(self) -> Sequence[ProcessView]:
        """Return the rack's own processes, the servers of resources among them."""
        situation = await self.observe()
        agents = [_agent(instance) for _, instance in sorted(situation.instances.items())]
        return [*await self.own_processes.list(), *agents]

    async def all_processes(self) -> Sequence[ProcessView]:
        """Return the rack's own processes and those of all apps."""
        return [*await self.processes(), *await self.processes_of_apps.all()]


def status(latest: Update | None, *, is_rolled: bool) -> RackStatus:
    """Return how the rack is doing, by the journal and by what its driver has seen. Pure."""
    if latest is not None and latest.state in _BY_UPDATE:
        return _BY_UPDATE[latest.state]
    return RackStatus.RUNNING if is_rolled else RackStatus.CONVERGING


def _agent(instance: Instance) -> ProcessView:
    seen = instance.observed
    answers = ProcessStatus.RUNNING if instance.is_answering else ProcessStatus.UNHEALTHY
    return ProcessView(
        id=instance.id,
        app=SYSTEM,
        service="agent",
        release=instance.image,
        status=_OF_AGENT.get(instance.phase, answers),
        instance=instance.id,
        command="agent",
        address=None,
        started=seen.started if seen else None,
    )
