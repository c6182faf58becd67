"""The form that all steps share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from convox.feed.release import RackRelease

Facts = Mapping[str, Any]
"""JSON values that a step's undo needs to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HopInHand:
    """The hop that is being made: from which release, to which, as part of which update."""

    update: str
    origin: RackRelease
    target: RackRelease
    facts: Mapping[str, Facts] = field(default_factory=dict)
    """What the steps of this hop noted so far, by the step's name."""


class Step(Protocol):
    """An act that can be undone."""

    @property
    def name(self) -> str:
        """How plans and the journal call it."""
        ...

    async def note(self, hop: HopInHand) -> Facts:
        """Return what ``undo`` will need, before anything is changed; changes nothing itself."""
        ...

    async def do(self, hop: HopInHand, facts: Facts) -> None:
        """Act; return when the effect can be verified. May be repeated."""
        ...

    async def verify(self, hop: HopInHand, facts: Facts) -> None:
        """Fail with a ``RackError`` unless the effect is there."""
        ...

    async def undo(self, hop: HopInHand, facts: Facts) -> None:
        """Put everything back as it was. May be repeated, also after half of ``do``."""
        ...
