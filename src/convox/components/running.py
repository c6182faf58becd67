"""Keep exactly the wanted components running."""

import shutil
import signal
import sys
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass
from pathlib import Path

from convox.components.component import Component
from convox.errors import HostError
from convox.host.clock import Clock
from convox.host.files import read_json, write_json
from convox.host.processes import Pid, lives, send, spawn_detached

Labels = AbstractSet[str]
"""Programs of components, each by name and digest."""

_PATIENCE = 10.0  # seconds for a component to become well
_GRACE = 5.0  # seconds for a component to end by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningComponents:
    """The components of one rack, below ``home/components``."""

    home: Path
    clock: Clock

    def install(self, component: Component) -> None:
        """Put this release's program where it outlives the release's slot."""
        directory = self._directory(component.label)
        if not directory.exists():
            draft = directory.with_name(f".{directory.name}")
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(parents=True)
            shutil.copy(component.source, draft / "program.py")
            draft.rename(directory)

    async def keep(self, wanted: Labels) -> None:
        """Start what is missing, then end what is not wanted. Repeating it changes nothing."""
        running = self.running()
        for label in sorted(wanted - running.keys()):
            self._start(label)
        for label in sorted(running.keys() - wanted):
            await self._stop(label, running[label])

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
                await self.clock.sleep(0.1)

    def running(self) -> Mapping[str, Pid]:
        """Return the processes of the components that run, by label."""
        found = {}
        for record in (self.home / "components").glob("*/pid.json"):
            pid = Pid(**read_json(record))
            if lives(pid):
                found[record.parent.name] = pid
        return found

    def prune(self, wanted: Labels) -> None:
        """Remove the programs of components that are neither wanted nor running."""
        keep = wanted | self.running().keys()
        for directory in (self.home / "components").glob("*"):
            if directory.name not in keep:
                shutil.rmtree(directory, ignore_errors=True)

    def _directory(self, label: str) -> Path:
        return self.home / "components" / label

    def _log(self, label: str) -> Path:
        return self.home / "logs" / f"{label.rpartition('-')[0]}.log"

    def _start(self, label: str) -> None:
        pid = spawn_detached(
            [_interpreter(), "-I", "-S", self._directory(label) / "program.py", self.home],
            log=self._log(label),
            environment={"PATH": "/usr/bin:/bin"},
        )
        write_json(self._directory(label) / "pid.json", asdict(pid))

    async def _stop(self, label: str, pid: Pid) -> None:
        end = self.clock.monotonic() + _GRACE
        send(pid, signal.SIGTERM)
        while lives(pid):
            if self.clock.monotonic() > end:
                send(pid, signal.SIGKILL)
            await self.clock.sleep(0.05)
        (self._directory(label) / "pid.json").unlink(missing_ok=True)


def _interpreter() -> str:
    """Return the machine's Python, which stays when a slot goes."""
    return str(getattr(sys, "_base_executable", sys.executable))
