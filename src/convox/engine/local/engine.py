"""The engine of one machine."""

import asyncio
import base64
import logging
import os
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path

from convox.engine.engine import (
    InstanceId,
    InstanceSpec,
    ObservedInstance,
    ObservedProcess,
    ProcessId,
    ProcessSpec,
    Streams,
    TerminalSize,
)
from convox.engine.local import addresses, images
from convox.engine.local.conversation import Conversation, converse
from convox.engine.local.events import append_event
from convox.engine.local.ground import Ground, InstanceFacts, read_facts
from convox.engine.local.instance import LocalInstance
from convox.engine.local.logs import read_logs
from convox.engine.local.translation import terminal_to_agent, to_agent
from convox.engine.local.watching import Watching
from convox.errors import EngineError, NotFound
from convox.host.clock import Clock
from convox.host.ports import is_name_free
from convox.host.processes import lives
from convox.host.users import find_user

_log = logging.getLogger(__name__)


class LocalEngine:
    """Runs processes on instances that are programs of this machine.

    It remembers nothing that it could not read again: another engine object of the same rack takes
    over where this one ends.
    """

    def __init__(self, *, home: Path, python: Path, app_user: str | None, clock: Clock) -> None:
        self._ground = Ground(home=home, python=python, app_user=app_user)
        self._clock = clock
        self._known: dict[InstanceId, LocalInstance] = {}
        self._watchings: set[Watching] = set()

    async def start(self, spec: ProcessSpec, *, instance: InstanceId) -> None:
        """Start a process; ``EngineError`` where the instance does not answer or refuses."""
        found = self._present().get(instance)
        if found is None:
            raise NotFound(f"cannot start {spec.id}: there is no instance {instance}")
        await found.ask({"do": "start", "spec": to_agent(spec)})

    async def stop(self, process: ProcessId, *, grace: float) -> None:
        """Let a process end; nothing happens where no instance has it."""
        if found := await self._find(process):
            await found.ask({"do": "stop", "process": process, "grace": grace})

    async def processes(self) -> Sequence[ObservedProcess]:
        """Return all processes on the instances that answer."""
        return [process for found in await self._survey() for process in found.processes]

    def watch(self) -> AsyncIterator[None]:
        """Yield whenever something may have changed."""
        return self._watch()

    async def execute(
        self,
        process: ProcessId,
        command: Sequence[str],
        streams: Streams,
        *,
        terminal: TerminalSize | None,
    ) -> int:
        """Run a command beside a process; ``NotFound`` where no instance has the process."""
        found = await self._find(process)
        if found is None:
            raise NotFound(f"cannot run a command beside {process}: there is no such process")
        request = {
            "do": "execute",
            "process": process,
            "command": list(command),
            "terminal": terminal_to_agent(terminal),
        }
        try:
            async with converse(found.directory) as talk:
                await talk.ask(request)
                return await _attach(talk, streams)
        except OSError as error:
            raise EngineError(
                f"cannot follow the command beside {process}: the connection has ended"
            ) from error

    def logs(self, app: str, *, since: datetime, follow: bool) -> AsyncIterator[str]:
        """Yield an app's log lines."""
        return read_logs(self._ground.logs / app, self._clock, since=since, follow=follow)

    def append_event(self, app: str, part: str, text: str) -> None:
        """Add an event of the rack to an app's log, as ``system/PART``."""
        append_event(self._ground.logs / app, self._clock.now(), part, text)

    async def instances(self) -> Sequence[ObservedInstance]:
        """Return all instances, those that were lost included."""
        return [found.observed() for found in await self._survey()]

    async def launch(self, spec: InstanceSpec) -> None:
        """Boot an instance; nothing happens where it runs, and a lost one boots again."""
        if self._runs_apps_as_root():
            raise EngineError(
                f"cannot launch instance {spec.id}: nothing of an app may run as root; "
                "name another user for apps"
            )
        present = self._present()
        former = present.get(spec.id)
        if former and (pid := former.pid()) and lives(pid):
            return
        images.verify(self._ground.images / spec.image)
        facts = InstanceFacts(
            id=spec.id,
            image=spec.image,
            address=former.facts.address if former else self._free_address(),
            launched=self._clock.now(),
        )
        booted = LocalInstance(self._ground, facts, self._clock)
        booted.boot()
        self._known[spec.id] = booted
        self._tell()

    async def terminate(self, instance: InstanceId) -> None:
        """End an instance; nothing happens where there is none."""
        if found := self._present().get(instance):
            await found.terminate()
            self._tell()

    def _runs_apps_as_root(self) -> bool:
        user = self._ground.app_user
        return (os.geteuid() if user is None else find_user(user).pw_uid) == 0

    def _present(self) -> dict[InstanceId, LocalInstance]:
        """Return the instances that were launched and not terminated, by whatever rackd."""
        for directory in self._directories():
            if InstanceId(directory.name) not in self._known:
                try:
                    facts = read_facts(directory)
                except (ValueError, TypeError, KeyError) as error:
                    _log.warning("instance %s is taken for lost: %r", directory.name, error)
                    continue
                self._known[facts.id] = LocalInstance(self._ground, facts, self._clock)
        names = {directory.name for directory in self._directories()}
        self._known = {name: found for name, found in self._known.items() if name in names}
        return dict(sorted(self._known.items()))

    def _directories(self) -> list[Path]:
        return [path.parent for path in self._ground.instances.glob("*/agent.json")]

    async def _survey(self) -> Sequence[LocalInstance]:
        """Ask all instances at the same time."""
        present = self._present()
        async with asyncio.TaskGroup() as tasks:
            for found in present.values():
                tasks.create_task(found.survey())
        return list(present.values())

    async def _find(self, process: ProcessId) -> LocalInstance | None:
        for found in await self._survey():
            if any(seen.id == process for seen in found.processes):
                return found
        return None

    async def _watch(self) -> AsyncIterator[None]:
        watching = Watching(self._directories)
        self._watchings.add(watching)
        try:
            async for _ in watching.notices():
                yield
        finally:
            self._watchings.discard(watching)

    def _tell(self) -> None:
        """Let watchers know of an instance that has come or gone."""
        for watching in self._watchings:
            watching.news.set()

    def _free_address(self) -> str:
        taken = {found.facts.address for found in self._known.values()}
        for address in addresses.candidates(self._ground.home):
            if address not in taken and is_name_free(addresses.holder_name(address)):
                return address
        raise EngineError("cannot launch an instance: no loopback address is free")


async def _attach(talk: Conversation, streams: Streams) -> int:
    """Pass on what both sides say until the command has ended; return its status."""
    try:
        async with asyncio.TaskGroup() as tasks:
            feeding = tasks.create_task(_feed(talk, streams))
            while "exit" not in (message := await talk.hear()):
                await streams.output(base64.b64decode(message["output"]))
            feeding.cancel()
    except ExceptionGroup as group:
        # Whatever failed second failed because of the first.
        raise group.exceptions[0] from None
    status: int = message["exit"]
    return status


async def _feed(talk: Conversation, streams: Streams) -> None:
    async for data in streams.input():
        await talk.say({"input": base64.b64encode(data).decode()})
    await talk.say({"end": True})
