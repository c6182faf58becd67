"""Let the new control plane take over while the old one finishes what it began.

Two control planes run this step: the old one asks the keeper for the new one and waits until it
has lost the lease; the new one finds the step begun, and confirms it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from convox.errors import HostError, LeaseLost
from convox.host.clock import Clock
from convox.state.lease import Lease
from convox.update.keeper import Keeper
from convox.update.steps.step import Effect, Facts, HopInHand

TRIAL = 120.0  # seconds without a sign of the new control plane, before the keeper falls back
_POLL = 0.05  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Handoff:
    """Moves the lease. ``version`` is the one that runs this code."""

    keeper: Keeper
    lease: Lease
    clock: Clock
    version: str
    name: str = "handoff"

    @property
    def effects(self) -> Sequence[Effect]:
        """The lease moves, with the right to drive the update."""
        return (Effect(name="lease", do=self._hand_over, undo=self._hand_back),)

    async def note(self, hop: HopInHand) -> Facts:
        """The hop itself names both sides."""
        return {}

    async def verify(self, hop: HopInHand, facts: Facts) -> None:
        """We are the new control plane, and hold the lease."""
        if self.version != hop.target.version or not self.lease.is_held():
            raise HostError(f"cannot hand over to {hop.target.version}: it does not act")

    async def _hand_over(self, hop: HopInHand, facts: Facts) -> None:
        """Have the keeper start the new one, or find that it was handed over to us."""
        target = hop.target.version
        if self.version == target:
            return
        await self._refuse_after_fall_back(target)
        await self.keeper.switch(target, seconds=TRIAL)
        while self.lease.is_held():
            await self._refuse_after_fall_back(target)
            await self.clock.sleep(_POLL)
        raise LeaseLost(f"handed over to {target}")

    async def _hand_back(self, hop: HopInHand, facts: Facts) -> None:
        """Let the old one go on undoing; its keeper may have fallen back to it by itself.

        Where the old one still acts, the new one never took over, and must not do so later.
        """
        origin = hop.origin.version
        is_current = (await self.keeper.status()).current == origin
        if self.version == origin:
            if not is_current:
                await self.keeper.withdraw(origin)
                await self._wait_for_end(hop.target.version)
            await self.keeper.commit(origin)
            return
        if not is_current:
            await self.keeper.switch(origin, seconds=TRIAL)
        while self.lease.is_held():
            await self.clock.sleep(_POLL)
        raise LeaseLost(f"handed back to {origin}")

    async def _wait_for_end(self, version: str) -> None:
        """Wait until a slot that was told to end has; before, the keeper takes no commit."""
        while version in (await self.keeper.status()).processes:
            await self.clock.sleep(_POLL)

    async def _refuse_after_fall_back(self, version: str) -> None:
        """Fail where the keeper has tried that slot; the undo acknowledges that it fell back."""
        status = await self.keeper.status()
        if status.reason and status.current != version and not status.is_committed:
            raise HostError(f"cannot hand over to {version}: {status.reason}")
