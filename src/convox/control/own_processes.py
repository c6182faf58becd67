"""The rack's own processes beside its instances, as they are found on the machine.

What should run and does not is listed too, as stopped; a list without it would say that all is
well.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from convox.components.running import RunningComponents
from convox.control.desired import resource_specs
from convox.control.views import ProcessStatus, ProcessView
from convox.errors import HostError
from convox.host.files import read_json
from convox.host.processes import Pid, identify, lives, own, started_at
from convox.resources.resource import ResourceSpec, ResourceStatus
from convox.resources.servers import ResourceServers
from convox.router.router import Worker
from convox.state import wanted
from convox.state.database import Database
from convox.update.keeper import Keeper, KeeperStatus

SYSTEM = "system"
"""The app that the rack's own processes are shown under."""

_OF_RESOURCE = {
    ResourceStatus.RUNNING: ProcessStatus.RUNNING,
    ResourceStatus.STARTING: ProcessStatus.PENDING,
    ResourceStatus.STOPPED: ProcessStatus.STOPPED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnProcesses:
    """Looks at them. ``slot`` is the one that this control plane runs from."""

    home: Path
    slot: str
    keeper: Keeper
    workers: Callable[[], Awaitable[Sequence[Worker]]]
    """Returns the router's processes, the one that accepts first."""
    components: RunningComponents
    resources: ResourceServers
    database: Database

    async def list(self) -> Sequence[ProcessView]:
        """Return what decides, then what serves, then what is used."""
        try:
            status = await self.keeper.status()
        except HostError:
            status = None
        with self.database.look() as connection:
            labels = wanted.components(connection)
            specs = [spec for _, spec in sorted(resource_specs(connection).items())]
        servers = await asyncio.gather(*map(self._server, specs))
        return [
            self._keeper(status),
            *self._control_planes(status),
            *_router(await self.workers()),
            *self._components(labels),
            *servers,
        ]

    def _keeper(self, status: KeeperStatus | None) -> ProcessView:
        pid = find_keeper(self.home)
        answers = ProcessStatus.RUNNING if status else ProcessStatus.UNHEALTHY
        return _view(
            "keeper",
            release=status.keeper if status else "",
            status=answers if pid else ProcessStatus.STOPPED,
            pid=pid,
        )

    def _control_planes(self, status: KeeperStatus | None) -> Sequence[ProcessView]:
        """Return the one that is current and, after a handoff, the one that finishes."""
        numbers = status.processes if status else {}
        current = status.current if status else self.slot
        found = {self.slot: own(), **{slot: identify(pid) for slot, pid in numbers.items()}}
        return [
            _view(
                "rackd",
                id=f"rackd-{slot}",
                release=slot,
                status=ProcessStatus.RUNNING if slot == current else ProcessStatus.STOPPING,
                pid=pid,
            )
            for slot, pid in sorted(found.items(), reverse=True)
            if pid
        ]

    def _components(self, labels: frozenset[str]) -> Sequence[ProcessView]:
        running = self.components.running()
        return [_component(label, running.get(label)) for label in sorted(labels | running.keys())]

    async def _server(self, spec: ResourceSpec) -> ProcessView:
        seen = await self.resources.look(spec)
        return _view(
            spec.name,
            id=f"{spec.app}-{spec.name}",
            app=spec.app,
            release=f"{spec.type}-{seen.major}" if seen.major else "",
            status=_OF_RESOURCE[seen.status],
            pid=seen.pid,
            command=spec.type,
        )


def find_keeper(home: Path) -> Pid | None:
    """Return the keeper of a rack by its own note, if it lives."""
    try:
        pid = Pid(**read_json(home / "keeper" / "pid.json"))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return pid if lives(pid) else None


def _router(workers: Sequence[Worker]) -> Sequence[ProcessView]:
    views = [
        _view(
            "router",
            id=f"router-{worker.pid.number}",
            release=f"haproxy-{worker.version}" if worker.version else "",
            status=ProcessStatus.RUNNING if worker.is_accepting else ProcessStatus.STOPPING,
            pid=worker.pid,
            command="haproxy",
        )
        for worker in workers
    ]
    if any(worker.is_accepting for worker in workers):
        return views
    stopped = _view("router", release="", status=ProcessStatus.STOPPED, pid=None, command="haproxy")
    return [stopped, *views]


def _component(label: str, pid: Pid | None) -> ProcessView:
    name, _, digest = label.rpartition("-")
    status = ProcessStatus.RUNNING if pid else ProcessStatus.STOPPED
    return _view(name, id=label, release=digest, status=status, pid=pid)


def _view(
    service: str,
    *,
    release: str,
    status: ProcessStatus,
    pid: Pid | None,
    id: str = "",  # noqa: A002 - the view's name for it
    app: str = SYSTEM,
    command: str = "",
) -> ProcessView:
    return ProcessView(
        id=id or service,
        app=app,
        service=service,
        release=release,
        status=status,
        instance="",
        command=command or service,
        address=None,
        started=started_at(pid) if pid else None,
    )
