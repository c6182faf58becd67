"""Keep exactly the wanted components running."""

import shutil
import signal
import sys
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from convox.components.component import Component
from convox.errors import HostError
from convox.host.clock import Clock
from convox.host.locks import exclusive
from convox.host.processes import Pid, find_running, lives, send, spawn_detached

Labels = AbstractSet[str]
"""Programs of components, each by name and digest."""

_OPTIONS = ("-I", "-S")  # of the interpreter
_PATIENCE = 10.0  # seconds for a component to become well
_GRACE = 5.0  # seconds for a component to end by itself
_POLL = 0.05  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningComponents:
    """The components of one rack, below ``home/components``."""

    home: Path
    clock: Clock

    def install(self, component: Component) -> None:
        """Put this release's program where it outlives the release's slot."""
        directory = self._program(component.label).parent
        if not directory.exists():
            draft = directory.with_name(f".{directory.name}")
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(parents=True)
            shutil.copy(component.source, draft / "program.py")
            draft.rename(directory)

    async def keep(self, wanted: Labels) -> None:
        """Start what is missing, then end what is not wanted. Repeating it changes nothing.

        Two control planes may do so at once, as in a handoff; each component still runs once.
        """
        self._directory.mkdir(exist_ok=True)
        async with exclusive(self._directory / ".lock", self.clock):
            running = self.running()
            for label in sorted(wanted - running.keys()):
                await self._start(label)
            for label in sorted(running.keys() - wanted):
                await self._stop(running[label])

    async def check(self, components: Iterable[Component]) -> None:
        """Wait until every one of these runs and does its work."""
        end = self.clock.monotonic() + _PATIENCE
        for component in components:
            while not (component.label in self.running() and component.is_well(self.home)):
                if self.clock.monotonic() > end:
                    raise HostError(
                        f"cannot start component {component.name}: it does no work,"
                        f" see {self._log(component.label)}"
                    )
                await self.clock.sleep(_POLL)

    def running(self) -> Mapping[str, Pid]:
        """Return the processes of the components that run, by label.

        They are known by what they run, so that none has to be recorded between its start and a
        crash of whoever started it.
        """
        commands: Mapping[tuple[str, ...], str] = {
            (*_OPTIONS, str(program), str(self.home)): program.parent.name
            for program in self._directory.glob("*/program.py")
        }
        return {commands[command]: pid for command, pid in find_running(commands)}

    def prune(self, wanted: Labels) -> None:
        """Remove the programs of components that are neither wanted nor running."""
        keep = wanted | self.running().keys()
        for directory in self._directory.glob("*-*"):
            if directory.name not in keep:
                shutil.rmtree(directory, ignore_errors=True)

    @property
    def _directory(self) -> Path:
        return self.home / "components"

    def _program(self, label: str) -> Path:
        return self._directory / label / "program.py"

    def _log(self, label: str) -> Path:
        return self.home / "logs" / f"{label.rpartition('-')[0]}.log"

    async def _start(self, label: str) -> None:
        """Start a component, and stay until it can be found."""
        pid = spawn_detached(
            [_interpreter(), *_OPTIONS, self._program(label), self.home],
            log=self._log(label),
            environment={"PATH": "/usr/bin:/bin"},
        )
        while lives(pid) and label not in self.running():
            await self.clock.sleep(_POLL)

    async def _stop(self, pid: Pid) -> None:
        end = self.clock.monotonic() + _GRACE
        send(pid, signal.SIGTERM)
        while lives(pid):
            if self.clock.monotonic() > end:
                send(pid, signal.SIGKILL)
            await self.clock.sleep(_POLL)


def _interpreter() -> str:
    """Return the machine's Python, which stays when a slot goes."""
    return str(getattr(sys, "_base_executable", sys.executable))
