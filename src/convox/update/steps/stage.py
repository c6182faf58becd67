"""Build the new slot and image, and boot the new control plane in the shadow of the old."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from convox.errors import HostError
from convox.feed.release import RackRelease
from convox.update.shadow import Shadow
from convox.update.slots import Slots
from convox.update.steps.step import Facts, HopInHand


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Puts the new software beside the old one; nothing of it acts yet."""

    slots: Slots
    unpack_image: Callable[[RackRelease], Awaitable[None]]
    shadow: Shadow
    name: str = "stage"

    async def note(self, hop: HopInHand) -> Facts:
        """Remember whether the slot was there before, as the previous one is."""
        return {"was there": self.slots.exists(hop.target.version)}

    async def do(self, hop: HopInHand, facts: Facts) -> None:
        """Build what is not there, then see the new control plane answer."""
        await self.slots.build(hop.target)
        await self.unpack_image(hop.target)
        copy = Path(hop.facts["snapshot"]["path"])
        await self.shadow.probe(hop.target.version, copy)

    async def verify(self, hop: HopInHand, facts: Facts) -> None:
        """The slot is whole."""
        if not self.slots.exists(hop.target.version):
            raise HostError(f"cannot build slot {hop.target.version}: it is not whole")

    async def undo(self, hop: HopInHand, facts: Facts) -> None:
        """Delete the slot; an image that no instance boots from is pruned by the next commit."""
        if not facts["was there"]:
            self.slots.delete(hop.target.version)
