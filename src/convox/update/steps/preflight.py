"""Refuse, before anything is changed, what cannot go well."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from convox.errors import Refused
from convox.feed.release import RackRelease
from convox.update.steps.step import Effect, Facts, HopInHand

Objections = Callable[[RackRelease], Awaitable[Sequence[str]]]
"""What speaks against moving to a release now, each with what to do about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """Asks once more, now that the artifacts are here."""

    objections: Objections
    apps: Callable[[], Sequence[str]]
    """The apps that the rack has."""
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
        objections = await self.objections(hop.target)
        if objections:
            raise Refused("; ".join(objections))
