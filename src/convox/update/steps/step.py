"""The form that all steps share."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
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


Act = Callable[[HopInHand, Facts], Awaitable[None]]


async def nothing(hop: HopInHand, facts: Facts) -> None:
    """There is nothing to take back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One thing that a step changes, with what takes it back.

    Each of the two may be repeated. ``undo`` is also asked where ``do`` was cut off anywhere, or
    was never begun.
    """

    name: str
    do: Act
    undo: Act = nothing


class Step(Protocol):
    """An act that can be undone."""

    @property
    def name(self) -> str:
        """How plans and the journal call it."""
        ...

    @property
    def effects(self) -> Sequence[Effect]:
        """What it changes, in order; undone in reverse."""
        ...

    async def note(self, hop: HopInHand) -> Facts:
        """Return what the undo will need, before anything is changed; changes nothing itself."""
        ...

    async def verify(self, hop: HopInHand, facts: Facts) -> None:
        """Fail with a ``RackError`` unless the effects are there."""
        ...
