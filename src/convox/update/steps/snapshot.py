"""Copy the rack's records, for a person whom everything else has failed, and for the shadow."""

from dataclasses import dataclass
from pathlib import Path

from convox.state import snapshot
from convox.state.database import Database
from convox.update.steps.step import Facts, HopInHand


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Keeps one copy per update below ``directory``."""

    database: Database
    directory: Path
    name: str = "snapshot"

    async def note(self, hop: HopInHand) -> Facts:
        """Remember where the copy lies."""
        return {"path": str(self.directory / f"{hop.update}-{hop.origin.version}.db")}

    async def do(self, hop: HopInHand, facts: Facts) -> None:
        """Copy."""
        self.directory.mkdir(exist_ok=True, mode=0o700)
        snapshot.take(self.database, Path(facts["path"]))

    async def verify(self, hop: HopInHand, facts: Facts) -> None:
        """The copy is sound and whole."""
        snapshot.check(self.database, Path(facts["path"]))

    async def undo(self, hop: HopInHand, facts: Facts) -> None:
        """Remove the copy."""
        Path(facts["path"]).unlink(missing_ok=True)
