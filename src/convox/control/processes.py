"""Processes: look at them, run one, stop one, run a command beside one."""

import asyncio
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from convox.control import deletion, lookup, running
from convox.control.observing import Observer
from convox.control.shares import Measured, Share
from convox.control.views import ProcessStatus, ProcessView
from convox.engine.engine import (
    Engine,
    ObservedProcess,
    ProcessId,
    ProcessSpec,
    ProcessState,
    Streams,
    TerminalSize,
)
from convox.errors import EngineError, InvalidInput, NotFound, Refused
from convox.host.clock import Clock
from convox.host.ids import IdSource, process_id
from convox.rollout import records
from convox.rollout.desired import DesiredService
from convox.rollout.effects import spec
from convox.rollout.one_off import place_one_off
from convox.rollout.process import Phase, Process
from convox.state import wanted
from convox.state.database import Database

_STATUS = {
    ProcessState.STARTING: ProcessStatus.PENDING,
    ProcessState.STOPPING: ProcessStatus.STOPPING,
    ProcessState.CRASHED: ProcessStatus.CRASHED,
    ProcessState.EXITED: ProcessStatus.STOPPED,
}
_LEAVING = frozenset({Phase.DRAINING, Phase.STOPPING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Processes:
    """The processes of apps."""

    database: Database
    engine: Engine
    observe: Observer
    services_of: Callable[[str], Sequence[DesiredService]]
    """Returns the services of a release, as they would run."""
    clock: Clock
    ids: IdSource
    changed: Callable[[], None]
    measured: Measured

    async def list(
        self, app: str, *, release: str | None = None, service: str | None = None
    ) -> Sequence[ProcessView]:
        """Return an app's processes, by service and id."""
        with self.database.begin() as connection:
            lookup.app(connection, app)
        return [
            process
            for process in await self.all()
            if process.app == app
            and release in (None, process.release)
            and service in (None, process.service)
        ]

    async def all(self) -> Sequence[ProcessView]:
        """Return the processes of all apps."""
        situation = await self.observe()
        used = await asyncio.to_thread(self.measured)
        views = [view(process, used) for process in situation.processes]
        return sorted(views, key=lambda item: (item.app, item.service, item.id))

    async def get(self, app: str, process: str) -> ProcessView:
        """Return one process."""
        for found in await self.list(app):
            if found.id == process:
                return found
        raise NotFound(f"cannot find process {process}: app {app} has no such process")

    async def run(
        self,
        app: str,
        service: str,
        command: str | None,
        *,
        release: str | None,
        variables: Mapping[str, str],
    ) -> ProcessView:
        """Start a process that runs to its own end, in the environment of a service.

        Without a release it is the one in effect; without a command it is the service's own.
        """
        desired = self._service(app, service, release)
        id = ProcessId(process_id(self.ids, service))  # noqa: A001 - the column's name
        with self.database.begin() as connection:
            if deletion.is_marked(connection, app):
                raise Refused(f"cannot run a process of {app}: the app is being deleted")
            instance = place_one_off(
                connection,
                process=id,
                app=app,
                service=service,
                release=desired.release,
                image=wanted.image(connection),
                now=self.clock.now(),
            )
        one_off = one_off_spec(desired, id, command, variables)
        try:
            await self.engine.start(one_off, instance=instance)
        except EngineError:
            self._discard(id)
            raise
        self.changed()
        return await self.get(app, id)

    async def stop(self, app: str, process: str) -> None:
        """Let a process finish what it has, and stop; a service gets another in its place."""
        await self.get(app, process)
        self._discard(process)
        self.changed()

    async def execute(
        self,
        app: str,
        process: str,
        command: str,
        streams: Streams,
        *,
        terminal: TerminalSize | None,
    ) -> int:
        """Run a shell's command beside a process; return its exit status."""
        found = await self.get(app, process)
        if not command:
            raise InvalidInput(f"cannot execute in {process}: no command is given")
        words = ("sh", "-c", command)
        return await self.engine.execute(ProcessId(found.id), words, streams, terminal=terminal)

    def _discard(self, process: str) -> None:
        with self.database.begin() as connection:
            records.discard_process(connection, process, self.clock.now())

    def _service(self, app: str, service: str, release: str | None) -> DesiredService:
        with self.database.begin() as connection:
            if release is None:
                running.service(connection, app, service)
                current = running.running(connection, app)
                release = current.release if current else ""
            else:
                lookup.release(connection, app, release)
        for desired in self.services_of(release):
            if desired.service == service:
                return desired
        raise NotFound(f"cannot find service {service}: release {release} has no such service")


def one_off_spec(
    desired: DesiredService, process: ProcessId, command: str | None, variables: Mapping[str, str]
) -> ProcessSpec:
    """Return how a process runs that a person starts; nobody waits for it to prove itself. Pure."""
    return replace(
        spec(desired, process),
        command=("sh", "-c", command) if command else desired.command,
        environment={**desired.environment, **variables},
        scheme=None,
        health=replace(desired.health, grace=0),
        restart=False,
    )


def view(process: Process, used: Mapping[int, Share]) -> ProcessView:
    """Return what is known of a process. Pure."""
    seen = process.observed
    share = share_of(process, used)
    return ProcessView(
        id=process.id,
        app=process.app,
        service=process.service,
        release=process.release,
        status=_status(process, seen),
        instance=process.instance,
        command=_shown(seen.command) if seen else "",
        address=seen.address if seen else None,
        started=seen.started if seen else None,
        cpu=share.cpu,
        memory=share.memory,
    )


def share_of(process: Process, used: Mapping[int, Share]) -> Share:
    """Return what a process uses, nothing where it is not measured. Pure."""
    pid = process.observed.pid if process.observed else None
    return used.get(pid, Share()) if pid is not None else Share()


def _status(process: Process, seen: ObservedProcess | None) -> ProcessStatus:
    if process.phase in _LEAVING:
        has_ended = seen is not None and seen.state is ProcessState.EXITED
        return ProcessStatus.STOPPED if has_ended else ProcessStatus.STOPPING
    if seen is None:
        return ProcessStatus.PENDING
    if seen.state is not ProcessState.RUNNING:
        return _STATUS[seen.state]
    if seen.healthy or process.one_off:
        return ProcessStatus.RUNNING
    is_new = process.phase is Phase.STARTING
    return ProcessStatus.PENDING if is_new else ProcessStatus.UNHEALTHY


def _shown(command: Sequence[str]) -> str:
    """Return a command as a person would type it; a shell's is what the shell was given."""
    if len(command) == 3 and tuple(command[:2]) == ("sh", "-c"):
        return command[2]
    return shlex.join(command)
