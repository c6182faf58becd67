"""How far a download has come, for who watches the rack's log or asks how the update is doing."""

from collections.abc import Callable
from dataclasses import dataclass

_MB = 1_000_000


@dataclass(slots=True, kw_only=True)
class Meter:
    """Bytes of what is being downloaded; ``narrate`` is told of each tenth of them."""

    narrate: Callable[[str], None]
    total: int = 0
    there: int = 0

    def begin(self, total: int) -> None:
        """So many bytes are to come."""
        self.total, self.there = total, 0

    def reach(self, there: int) -> None:
        """So many of them have come."""
        before, self.there = self.there, there
        if there * 10 // self.total > before * 10 // self.total:
            self.narrate(f"fetched {self}")

    def end(self) -> None:
        """Nothing more is to come."""
        self.total = self.there = 0

    def __str__(self) -> str:
        """Return how far it has come; empty where nothing is being downloaded."""
        if not self.total:
            return ""
        return f"{self.there / _MB:,.1f} of {self.total / _MB:,.1f} MB"
