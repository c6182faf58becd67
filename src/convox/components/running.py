"""Keep exactly the wanted components running."""

import shutil
import signal
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from convox.components.component import Component
from convox.errors import HostError
from convox.host.clock import Clock
from convox.host.files import read_json, write_json
from convox.host.processes import Pid, lives, send, spawn_detached

Wanted = Mapping[str, str]
"""The digest of each component that should run, by its name."""

_PATIENCE = 10.0  # seconds for a component to become well
_GRACE = 5.0  # seconds for a component to end by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningComponents:
    """The components of one rack, below ``home/components``."""

    home: Path
    clock: Clock

    def install(self, component: Component) -> None:
        """Put this release's program where it outlives the release's slot."""
        directory = self._directory(component.name, component.digest)
        if not directory.exists():
            draft = directory.with_name(f".{directory.name}")
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(parents=True)
            shutil.copy(component.source, draft / "program.py")
            draft.rename(directory)

    async def keep(self, wanted: Wanted) -> None:
        """Start what is missing, then end what is not wanted. Repeating it changes nothing."""
        running = self.running()
        for name, digest in wanted.items():
            if (name, digest) not in running:
                self._start(name, digest)
        for (name, digest), pid in running.items():
            if wanted.get(name) != digest:
                await self._stop(name, digest, pid)

    async def check(self, components: Mapping[str, Component]) -> None:
        """Wait until every one of these runs and does its work."""
        end = self.clock.monotonic() + _PATIENCE
        while ailing := [name for name in components if not self._is_well(components[name])]:
            if self.clock.monotonic() > end:
                log = self.home / "logs" / f"{ailing[0]}.log"
                raise HostError(f"cannot start component {ailing[0]}: it does no work, see {log}")
            await self.clock.sleep(0.1)

    def running(self) -> Mapping[tuple[str, str], Pid]:
        """Return the processes of the components that run, by name and digest."""
        found = {}
        for record in (self.home / "components").glob("*-*/pid.json"):
            name, _, digest = record.parent.name.rpartition("-")
            pid = Pid(**read_json(record))
            if lives(pid):
                found[name, digest] = pid
        return found

    def prune(self, wanted: Wanted) -> None:
        """Remove the programs of components that are neither wanted nor running."""
        keep = {self._directory(name, digest) for name, digest in wanted.items()}
        keep |= {self._directory(name, digest) for name, digest in self.running()}
        for directory in (self.home / "components").glob("*-*"):
            if directory not in keep:
                shutil.rmtree(directory, ignore_errors=True)

    async def stop(self) -> None:
        """End all components."""
        await self.keep({})

    def _is_well(self, component: Component) -> bool:
        runs = (component.name, component.digest) in self.running()
        return runs and component.is_well(self.home)

    def _directory(self, name: str, digest: str) -> Path:
        return self.home / "components" / f"{name}-{digest}"

    def _start(self, name: str, digest: str) -> None:
        directory = self._directory(name, digest)
        pid = spawn_detached(
            [_interpreter(), "-I", "-S", directory / "program.py", self.home],
            log=self.home / "logs" / f"{name}.log",
            environment={},
        )
        write_json(directory / "pid.json", asdict(pid))

    async def _stop(self, name: str, digest: str, pid: Pid) -> None:
        end = self.clock.monotonic() + _GRACE
        send(pid, signal.SIGTERM)
        while lives(pid):
            if self.clock.monotonic() > end:
                send(pid, signal.SIGKILL)
            await self.clock.sleep(0.05)
        (self._directory(name, digest) / "pid.json").unlink(missing_ok=True)


def _interpreter() -> str:
    """Return the machine's Python, which stays when a slot goes."""
    return str(getattr(sys, "_base_executable", sys.executable))
