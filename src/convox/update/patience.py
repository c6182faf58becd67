"""Wait a while for what comes back by itself."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from convox.errors import HostError
from convox.host.clock import Clock
from convox.update.keeper import Keeper, KeeperStatus

_PATIENCE = 30.0  # seconds; a keeper that was killed is started again within a few
_POLL = 0.2  # seconds

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientKeeper:
    """A keeper that is asked again where none answers: whoever is killed is started again.

    Nothing changes where it is asked for the same twice, so it does not matter whether the answer
    was lost, or the request.
    """

    keeper: Keeper
    clock: Clock

    async def status(self) -> KeeperStatus:
        """Return what it does now."""
        return await self._answer(self.keeper.status)

    async def switch(self, slot: str, *, seconds: float) -> KeeperStatus:
        """Start a slot beside the current one."""
        return await self._answer(lambda: self.keeper.switch(slot, seconds=seconds))

    async def withdraw(self, slot: str) -> KeeperStatus:
        """Take back a switch from this slot."""
        return await self._answer(lambda: self.keeper.withdraw(slot))

    async def prolong(self, slot: str) -> KeeperStatus:
        """Give the slot its time anew, if it is the one on trial."""
        return await self._answer(lambda: self.keeper.prolong(slot))

    async def commit(self, slot: str) -> KeeperStatus:
        """Keep the slot, or acknowledge the fall back to it."""
        return await self._answer(lambda: self.keeper.commit(slot))

    async def _answer(self, ask: Callable[[], Awaitable[T]]) -> T:
        end = self.clock.monotonic() + _PATIENCE
        while True:
            try:
                return await ask()
            except HostError:
                if self.clock.monotonic() > end:
                    raise
            await self.clock.sleep(_POLL)
