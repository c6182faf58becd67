"""Add to the database what the new release needs; the old one goes on serving on it."""

from dataclasses import dataclass

from convox.host import commands
from convox.state.database import Database
from convox.update.slots import Slots
from convox.update.steps.step import Facts, HopInHand


@dataclass(frozen=True, slots=True, kw_only=True)
class Expand:
    """Runs the new release's migrations out of its slot."""

    database: Database
    slots: Slots
    name: str = "expand"

    async def note(self, hop: HopInHand) -> Facts:
        """What is added stays, so nothing has to be remembered."""
        return {}

    async def do(self, hop: HopInHand, facts: Facts) -> None:
        """Expand; what is there already is left alone."""
        python = self.slots.python(hop.target.version)
        environment = {"CONVOX_DATABASE": self.database.url}
        await commands.check([python, "-m", "convox.state", "expand"], environment=environment)

    async def verify(self, hop: HopInHand, facts: Facts) -> None:
        """A migration that failed has failed the command, and left nothing."""

    async def undo(self, hop: HopInHand, facts: Facts) -> None:
        """Nothing is taken back: the old release reads the wider form without noticing."""
