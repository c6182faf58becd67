"""Copies of the records as files."""

from dataclasses import dataclass
from pathlib import Path

from convox.state import snapshot
from convox.state.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseCopies:
    """Copies of one database, readable by nobody else."""

    database: Database

    def take(self, path: Path) -> None:
        """Copy all records, as of one moment, into a file of their own."""
        path.parent.mkdir(exist_ok=True, mode=0o700)
        snapshot.take(self.database, path)

    def check(self, path: Path) -> None:
        """Fail with ``StateError`` unless the copy is sound and has the database's tables."""
        snapshot.check(self.database, path)

    def remove(self, path: Path) -> None:
        """Remove the copy, where it is there."""
        path.unlink(missing_ok=True)
