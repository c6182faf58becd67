"""Build the new slot and image, and boot the new control plane in the shadow of the old."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from convox.errors import HostError
from convox.feed.release import RackRelease
from convox.update.steps.step import Effect, Facts, HopInHand


class StagedSlots(Protocol):
    """Where slots are built; ``Slots`` is one."""

    def exists(self, version: str) -> bool:
        """Say whether the slot is there; then it is whole."""
        ...

    async def build(self, release: RackRelease) -> object:
        """Build the release's slot; nothing where it is there."""
        ...

    def delete(self, version: str) -> None:
        """Remove a slot, and what was left of an attempt to build it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Puts the new software beside the old one; nothing of it acts yet."""

    slots: StagedSlots
    unpack_image: Callable[[RackRelease], Awaitable[None]]
    probe: Callable[[str, Path], Awaitable[None]]
    """Boots a version on a copy of the records and fails unless it can do the work."""
    name: str = "stage"

    @property
    def effects(self) -> Sequence[Effect]:
        """An image that no instance boots from is pruned by the next commit."""
        return (
            Effect(name="slot", do=self._build, undo=self._delete),
            Effect(name="image", do=self._unpack),
            Effect(name="shadow", do=self._boot),
        )

    async def note(self, hop: HopInHand) -> Facts:
        """Remember whether the slot was there before, as the previous one is."""
        return {"was there": self.slots.exists(hop.target.version)}

    async def verify(self, hop: HopInHand, facts: Facts) -> None:
        """The slot is whole."""
        if not self.slots.exists(hop.target.version):
            raise HostError(f"cannot build slot {hop.target.version}: it is not whole")

    async def _build(self, hop: HopInHand, facts: Facts) -> None:
        await self.slots.build(hop.target)

    async def _delete(self, hop: HopInHand, facts: Facts) -> None:
        if not facts["was there"]:
            self.slots.delete(hop.target.version)

    async def _unpack(self, hop: HopInHand, facts: Facts) -> None:
        await self.unpack_image(hop.target)

    async def _boot(self, hop: HopInHand, facts: Facts) -> None:
        await self.probe(hop.target.version, Path(hop.facts["snapshot"]["path"]))
