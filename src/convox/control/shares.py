"""What processes use, as shares of the machine. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from convox.components.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Shares of the machine, 1 being all of it."""

    cpu: float = 0.0
    memory: float = 0.0

    def __add__(self, other: "Share") -> "Share":
        return Share(cpu=self.cpu + other.cpu, memory=self.memory + other.memory)


Measured = Callable[[], Mapping[int, Share]]
"""Returns what is used now, by the id of the process that leads a session."""


def shares(figures: Mapping[int, Usage], *, cores: int, memory: int) -> Mapping[int, Share]:
    """Return the shares that the figures are of so many cores and bytes."""
    return {
        session: Share(cpu=used.cpu / cores, memory=used.memory / memory)
        for session, used in figures.items()
    }
