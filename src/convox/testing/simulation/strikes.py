"""What befalls a control plane at a failpoint."""

import errno
import os
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol

from convox.host.clock import Clock
from convox.update.failpoints import Failpoint

_DELAY = 15.0  # seconds
_FROZEN = 200.0  # seconds; longer than the keeper waits for a sign of life


class Kind(StrEnum):
    """How a failpoint is struck."""

    CRASH = "crash"
    """The control plane is gone, from one moment to the next."""
    FULL = "full"
    """Nothing can be written."""
    LOST = "lost"
    """What was asked for happened or not, and no answer came."""
    DELAY = "delay"
    """It takes long."""
    FREEZE = "freeze"
    """All of the control plane stands still, so long that another one takes over."""


class Strike(NamedTuple):
    """A failpoint, by its name, and what happens there."""

    point: str
    kind: Kind


class Victim(Protocol):
    """A control plane that can be struck."""

    async def die(self) -> None:
        """End now; does not return."""
        ...

    async def freeze(self, seconds: float) -> None:
        """Stand still with all that it does."""
        ...


@dataclass(slots=True)
class Strikes:
    """What is still to happen, how often each, and what has happened."""

    pending: Counter[Strike] = field(default_factory=Counter)
    struck: Counter[Strike] = field(default_factory=Counter)
    reached: set[str] = field(default_factory=set)

    def arm(self, strike: Strike) -> None:
        """Have a strike happen when its failpoint is reached next."""
        self.pending[strike] += 1

    async def meet(self, point: Failpoint, victim: Victim, clock: Clock) -> None:
        """Let happen what was armed for this failpoint."""
        name = str(point)
        self.reached.add(name)
        if not self.pending:
            return
        for kind in Kind:
            strike = Strike(name, kind)
            if self.pending[strike] > 0:
                self.pending[strike] -= 1
                self.struck[strike] += 1
                await _STRIKES[kind](victim, clock)


async def _crash(victim: Victim, clock: Clock) -> None:
    await victim.die()


async def _fill(victim: Victim, clock: Clock) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


async def _lose(victim: Victim, clock: Clock) -> None:
    raise ConnectionError("the answer was lost")


async def _delay(victim: Victim, clock: Clock) -> None:
    await clock.sleep(_DELAY)


async def _freeze(victim: Victim, clock: Clock) -> None:
    await victim.freeze(_FROZEN)


_STRIKES: Mapping[Kind, Callable[[Victim, Clock], Awaitable[None]]] = {
    Kind.CRASH: _crash,
    Kind.FULL: _fill,
    Kind.LOST: _lose,
    Kind.DELAY: _delay,
    Kind.FREEZE: _freeze,
}
