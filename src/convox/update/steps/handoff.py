"""Let the new control plane take over while the old one finishes what it began.

Two control planes run this step: the old one asks the keeper for the new one and waits until it
has lost the lease; the new one finds the step begun, and confirms it.
"""

from dataclasses import dataclass

from convox.errors import HostError, LeaseLost
from convox.host.clock import Clock
from convox.state.lease import Lease
from convox.update.keeper_client import KeeperClient
from convox.update.steps.step import Facts, HopInHand

COMMIT_WITHIN = 1800.0  # seconds from the switch to the commit, before the keeper falls back
_POLL = 0.05  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Handoff:
    """Moves the lease. ``version`` is the one that runs this code."""

    keeper: KeeperClient
    lease: Lease
    clock: Clock
    version: str
    name: str = "handoff"

    async def note(self, hop: HopInHand) -> Facts:
        """The hop itself names both sides."""
        return {}

    async def do(self, hop: HopInHand, facts: Facts) -> None:
        """Hand over, or find that it was handed over to us."""
        if self.version != hop.target.version:
            await self._hand_over(hop.target.version)

    async def verify(self, hop: HopInHand, facts: Facts) -> None:
        """We are the new control plane, and hold the lease."""
        if self.version != hop.target.version or not self.lease.is_held():
            raise HostError(f"cannot hand over to {hop.target.version}: it does not act")

    async def undo(self, hop: HopInHand, facts: Facts) -> None:
        """Hand back to the old one, which goes on undoing."""
        if self.version != hop.origin.version:
            await self._hand_over(hop.origin.version)
        await self.keeper.commit()

    async def _hand_over(self, version: str) -> None:
        await self._refuse_after_fall_back(version)
        await self.keeper.switch(version, seconds=COMMIT_WITHIN)
        while self.lease.is_held():
            await self._refuse_after_fall_back(version)
            await self.clock.sleep(_POLL)
        raise LeaseLost(f"handed over to {version}")

    async def _refuse_after_fall_back(self, version: str) -> None:
        """Fail where the keeper has tried that slot; the undo acknowledges that it fell back."""
        status = await self.keeper.status()
        if status.reason and status.current != version and not status.is_committed:
            raise HostError(f"cannot hand over to {version}: {status.reason}")
