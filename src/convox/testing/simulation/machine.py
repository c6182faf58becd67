"""What a rack keeps on its machine, in memory: artifacts, slots, images, copies, components.

All of it outlives every control plane, and nothing of it can be written while the disk is full.
"""

import errno
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from convox.components.component import Component
from convox.components.running import Labels
from convox.errors import HostError, StateError
from convox.feed.release import RackRelease
from convox.host.clock import Clock
from convox.host.processes import Pid

_GIB = 1024**3


@dataclass(slots=True)
class Disk:
    """Where everything lies; ``free`` in bytes."""

    is_full: bool = False

    @property
    def free(self) -> int:
        """Return how many bytes could still be written."""
        return 0 if self.is_full else 100 * _GIB

    def write(self) -> None:
        """Fail where nothing can be written."""
        if self.is_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@dataclass(slots=True, kw_only=True)
class SimulatedStore:
    """Artifacts by their content; keeps the Protocol of what ``fetch`` fills."""

    disk: Disk
    held: set[str] = field(default_factory=set)

    def has(self, sha256: str) -> bool:
        """Say whether the artifact is there."""
        return sha256 in self.held

    def drop(self, sha256: str) -> None:
        """Remove the artifact, where it is there."""
        self.held.discard(sha256)

    def put(self, sha256: str) -> None:
        """Keep an artifact."""
        self.disk.write()
        self.held.add(sha256)

    def prune(self, keep: Collection[str]) -> None:
        """Remove every other artifact."""
        self.held &= set(keep)


@dataclass(slots=True, kw_only=True)
class SimulatedSlots:
    """Slots by their version; building one takes ``seconds``, and needs the artifacts."""

    disk: Disk
    store: SimulatedStore
    clock: Clock
    seconds: float = 1.0
    built: set[str] = field(default_factory=set)

    def exists(self, version: str) -> bool:
        """Say whether the slot is there and whole."""
        return version in self.built

    async def build(self, release: RackRelease) -> None:
        """Build a slot; nothing where it is there."""
        if release.version in self.built:
            return
        await self.clock.sleep(self.seconds)
        self.disk.write()
        missing = [part.name for part in release.artifacts if not self.store.has(part.sha256)]
        if missing:
            raise HostError(f"cannot build slot {release.version}: {missing} are not in the store")
        self.built.add(release.version)

    def delete(self, version: str) -> None:
        """Remove a slot."""
        self.built.discard(version)

    def prune(self, keep: Collection[str]) -> None:
        """Remove every other slot."""
        self.built &= set(keep)


@dataclass(slots=True, kw_only=True)
class SimulatedCopies:
    """Copies of the records, by path."""

    disk: Disk
    there: set[Path] = field(default_factory=set)

    def take(self, path: Path) -> None:
        """Copy all records."""
        self.disk.write()
        self.there.add(path)

    def check(self, path: Path) -> None:
        """Fail unless the copy is there."""
        if path not in self.there:
            raise StateError(f"cannot use the snapshot {path}: it is not there")

    def remove(self, path: Path) -> None:
        """Remove the copy, where it is there."""
        self.there.discard(path)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedComponent(Component):
    """A component that is nothing but its label."""

    @property
    def label(self) -> str:
        """Return its name: there is no program to tell apart from others of that name."""
        return self.name


def component(label: str) -> SimulatedComponent:
    """Return the component of that label."""
    return SimulatedComponent(name=label, is_well=lambda _: True)


@dataclass(slots=True, kw_only=True)
class SimulatedComponents:
    """The programs that are there, and those that run. What is ``idle`` runs and does no work."""

    disk: Disk
    clock: Clock
    seconds: float = 0.5
    patience: float = 10.0
    installed: set[str] = field(default_factory=set)
    alive: set[str] = field(default_factory=set)
    idle: set[str] = field(default_factory=set)

    def install(self, component: Component) -> None:
        """Put its program where it outlives the slot."""
        if component.label not in self.installed:
            self.disk.write()
            self.installed.add(component.label)

    async def keep(self, wanted: Labels) -> None:
        """Start what is missing, then end what is not wanted."""
        for label in sorted(wanted - self.alive):
            if label not in self.installed:
                raise HostError(f"cannot start component {label}: its program is not there")
            await self.clock.sleep(self.seconds)
            self.alive.add(label)
        self.alive &= set(wanted)

    async def check(self, components: Iterable[Component]) -> None:
        """Wait until each of these works; ``HostError`` where one does not."""
        for component in components:
            label = component.label
            if label not in self.alive or label in self.idle:
                await self.clock.sleep(self.patience)
                if label not in self.alive or label in self.idle:
                    raise HostError(f"cannot start component {label}: it does no work")

    def running(self) -> Mapping[str, Pid]:
        """Return what runs, by label."""
        return {label: Pid(number=1, started=1) for label in sorted(self.alive)}

    def prune(self, wanted: Labels) -> None:
        """Remove the programs that are neither wanted nor running."""
        self.installed &= set(wanted) | self.alive
