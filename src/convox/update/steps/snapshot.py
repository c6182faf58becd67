"""Copy the rack's records, for a person whom everything else has failed, and for the shadow."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from convox.update.steps.step import Effect, Facts, HopInHand


class Copies(Protocol):
    """What copies the records; ``update.copies.DatabaseCopies`` does."""

    def take(self, path: Path) -> None:
        """Copy all records, as of one moment, into a file of their own."""
        ...

    def check(self, path: Path) -> None:
        """Fail with ``StateError`` unless the copy is sound and whole."""
        ...

    def remove(self, path: Path) -> None:
        """Remove the copy, where it is there."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Keeps one copy per hop below ``directory``."""

    copies: Copies
    directory: Path
    name: str = "snapshot"

    @property
    def effects(self) -> Sequence[Effect]:
        """The copy is a file."""
        return (Effect(name="copy", do=self._take, undo=self._remove),)

    async def note(self, hop: HopInHand) -> Facts:
        """Remember where the copy lies."""
        return {"path": str(self.directory / f"{hop.update}-{hop.origin.version}.db")}

    async def verify(self, hop: HopInHand, facts: Facts) -> None:
        """The copy is sound and whole."""
        self.copies.check(Path(facts["path"]))

    async def _take(self, hop: HopInHand, facts: Facts) -> None:
        self.copies.take(Path(facts["path"]))

    async def _remove(self, hop: HopInHand, facts: Facts) -> None:
        self.copies.remove(Path(facts["path"]))
