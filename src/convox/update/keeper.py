"""What an update asks of the keeper."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

_COMMITTED = "committed"  # as the keeper calls it; the two share no code


@dataclass(frozen=True, slots=True, kw_only=True)
class KeeperStatus:
    """What the keeper does. ``keeper`` names its copy, ``processes`` are rackds by their slots.

    ``reason`` says why the last switch failed; empty where it did not. ``seconds_left`` is the time
    to the commit of a switch that is not committed.
    """

    keeper: str
    current: str
    previous: str | None
    phase: str
    attempts: int
    seconds_left: float | None
    reason: str
    processes: Mapping[str, int]

    @property
    def is_committed(self) -> bool:
        """Nothing is on trial, and no fall back waits to be acknowledged."""
        return self.phase == _COMMITTED


class Keeper(Protocol):
    """The keeper of one rack.

    Every call fails with ``HostError`` where no keeper answers, and with ``Refused`` where it says
    no.
    """

    async def status(self) -> KeeperStatus:
        """Return what it does now."""
        ...

    async def switch(self, slot: str, *, seconds: float) -> KeeperStatus:
        """Start a slot beside the current one.

        It is given up when for so many seconds it is neither committed nor ``prolong`` is asked.
        """
        ...

    async def withdraw(self, slot: str) -> KeeperStatus:
        """Take back a switch from this slot, which still acts; the one on trial is stopped."""
        ...

    async def prolong(self, slot: str) -> KeeperStatus:
        """Give the slot its time anew, if it is the one on trial; else nothing happens."""
        ...

    async def commit(self, slot: str) -> KeeperStatus:
        """Keep the slot, or acknowledge that the keeper fell back to it.

        ``Refused`` where another one is current.
        """
        ...
