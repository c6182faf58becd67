"""Add to the database what the new release needs; the old one goes on serving on it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from convox.update.steps.step import Effect, Facts, HopInHand


@dataclass(frozen=True, slots=True, kw_only=True)
class Expand:
    """Runs the new release's migrations."""

    migrate: Callable[[str], Awaitable[None]]
    """Adds to the database what a version wants; what is there already is left alone."""
    name: str = "expand"

    @property
    def effects(self) -> Sequence[Effect]:
        """Nothing is taken back: the old release reads the wider form without noticing."""
        return (Effect(name="tables", do=self._expand),)

    async def note(self, hop: HopInHand) -> Facts:
        """What is added stays, so nothing has to be remembered."""
        return {}

    async def verify(self, hop: HopInHand, facts: Facts) -> None:
        """A migration that failed has failed the act, and left nothing."""

    async def _expand(self, hop: HopInHand, facts: Facts) -> None:
        await self.migrate(hop.target.version)
