"""Keep the servers of resources as they are wanted."""

import asyncio
import shutil
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from convox.errors import ResourceError
from convox.host.clock import Clock
from convox.host.files import read_json
from convox.host.ports import is_free
from convox.host.processes import Pid, find_in, lives, send
from convox.resources.kind import Place
from convox.resources.resource import ADDRESS, ResourceSpec, ResourceStatus, check_resource
from convox.resources.starting import prepare
from convox.resources.table import KINDS

_PATIENCE = 30.0  # seconds for a server to answer
_TRIES = 5  # starts before a server that ends by itself is given up
_PAUSE = 0.1  # seconds between two looks
_REST = 0.5  # seconds before a server that ended is started again
_GRACE = 20.0  # seconds for a server to end before it is told so more firmly


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """What is seen of a resource's server.

    ``pid`` is ``None`` where it does not run, ``major`` where it never did.
    """

    status: ResourceStatus
    pid: Pid | None
    major: int | None
    """Of its program, within which its data stays readable."""


class ResourceServers:
    """The servers below ``home/resources``, each run as ``user``.

    A server is known by the process id in its own pid file, so that it needs no record of ours and
    is met again by whichever control plane comes next.
    """

    def __init__(self, *, home: Path, user: str | None, clock: Clock) -> None:
        self._home = home
        self._user = user
        self._clock = clock
        self._turns: Mapping[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def ensure(self, spec: ResourceSpec) -> None:
        """Make the resource answer: initialise it once, start it when it does not run.

        Fails with ``ResourceError`` where it cannot, and with ``InvalidInput`` where the type or an
        option is unknown.
        """
        check_resource(spec.name, spec.type, spec.options)
        async with self._turns[spec.app, spec.name]:
            if not await self.answers(spec):
                await self._start(spec)

    async def revive(self, spec: ResourceSpec) -> None:
        """Make the resource answer again, unless it was deleted or never had any data."""
        async with self._turns[spec.app, spec.name]:
            if self._place(spec).data.exists() and not await self.answers(spec):
                await self._start(spec)

    async def answers(self, spec: ResourceSpec) -> bool:
        """Say whether those who know the password can use it now."""
        return await KINDS[spec.type].answers(spec)

    async def status(self, spec: ResourceSpec) -> ResourceStatus:
        """Say how the server is doing."""
        return (await self.look(spec)).status

    async def look(self, spec: ResourceSpec) -> Server:
        """Look at the server itself."""
        pid, record = self._find(spec), self._place(spec).record
        status = ResourceStatus.STOPPED
        if pid is not None:
            answers = await self.answers(spec)
            status = ResourceStatus.RUNNING if answers else ResourceStatus.STARTING
        major = read_json(record)["major"] if record.exists() else None
        return Server(status=status, pid=pid, major=major)

    async def stop(self, spec: ResourceSpec) -> None:
        """End the server in order; its data stays. Returns when it has gone."""
        async with self._turns[spec.app, spec.name]:
            await self._stop(spec)

    async def delete(self, spec: ResourceSpec) -> None:
        """End the server and remove its data."""
        async with self._turns[spec.app, spec.name]:
            await self._stop(spec)
            await asyncio.to_thread(shutil.rmtree, self._place(spec).directory, ignore_errors=True)

    def _place(self, spec: ResourceSpec) -> Place:
        return Place(directory=self._home / "resources" / spec.app / spec.name, user=self._user)

    def _find(self, spec: ResourceSpec) -> Pid | None:
        data = self._place(spec).data
        try:
            number = (data / KINDS[spec.type].pid_file).read_text().split()[0]
        except (FileNotFoundError, IndexError):
            return None
        return find_in(data, int(number)) if number.isdigit() else None

    async def _stop(self, spec: ResourceSpec) -> None:
        pid = self._find(spec)
        if pid is None:
            return
        for number in KINDS[spec.type].stop:
            send(pid, number)
            end = self._clock.monotonic() + _GRACE
            while lives(pid) and self._clock.monotonic() < end:
                await self._clock.sleep(_PAUSE)

    async def _start(self, spec: ResourceSpec) -> None:
        place = self._place(spec)
        begin = await prepare(spec, place, self._home)
        pid = self._find(spec)
        for _ in range(_TRIES):
            if pid is None and is_free(ADDRESS, spec.port):
                pid = begin()
            if pid and await self._comes_to_answer(pid, spec):
                return
            pid = None
            await self._clock.sleep(_REST)
        raise ResourceError(f"cannot start {spec.label}: {_cause(spec, place.log)}")

    async def _comes_to_answer(self, pid: Pid, spec: ResourceSpec) -> bool:
        """Wait for an answer; false where the server ends instead."""
        end = self._clock.monotonic() + _PATIENCE
        while lives(pid):
            if await self.answers(spec):
                return True
            if self._clock.monotonic() > end:
                raise ResourceError(
                    f"cannot reach {spec.label}: its server runs and does not answer,"
                    f" see {self._place(spec).log}"
                )
            await self._clock.sleep(_PAUSE)
        return False


def _cause(spec: ResourceSpec, log: Path) -> str:
    if not is_free(ADDRESS, spec.port):
        return f"port {spec.port} of {ADDRESS} is taken by another program"
    lines = log.read_text(errors="replace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), "it says nothing")[:500]
