"""Refuse, before anything is changed, what cannot go well."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from convox.errors import Refused
from convox.feed.release import RackRelease
from convox.host.clock import Clock
from convox.update.steps.step import Effect, Facts, HopInHand

Objections = Callable[[RackRelease], Awaitable[Sequence[str]]]
"""What speaks against moving to a release now, each with what to do about it."""

_PATIENCE = 30.0  # seconds for what has just been lost to come back by itself
_POLL = 1.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """Asks once more, now that the artifacts are here."""

    objections: Objections
    apps: Callable[[], Sequence[str]]
    """The apps that the rack has."""
    clock: Clock
    narrate: Callable[[str], None]
    name: str = "preflight"

    @property
    def effects(self) -> Sequence[Effect]:
        """To ask changes nothing."""
        return (Effect(name="objections", do=self._ask),)

    async def note(self, hop: HopInHand) -> Facts:
        """Remember what is there, so that the soak sees whether anything was lost."""
        return {"apps": sorted(self.apps())}

    async def verify(self, hop: HopInHand, facts: Facts) -> None:
        """There is no effect to be verified."""

    async def _ask(self, hop: HopInHand, facts: Facts) -> None:
        end, said = self.clock.monotonic() + _PATIENCE, ""
        while objections := "; ".join(await self.objections(hop.target)):
            if self.clock.monotonic() >= end:
                raise Refused(objections)
            if objections != said:
                self.narrate(f"preflight waits: {objections}")
                said = objections
            await self.clock.sleep(_POLL)
