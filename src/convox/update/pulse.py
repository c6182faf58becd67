"""Signs of life to the keeper, as long as there is progress."""

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from convox.errors import RackError
from convox.host.clock import Clock
from convox.state.lease import Lease
from convox.update.limits import LIMITS
from convox.update.update import Do, Move, Undo

_BEAT = 10.0  # seconds between two signs of life
_SLACK = 60.0  # seconds, beyond a step's limit, to note that it failed and to try it again


@dataclass(slots=True, kw_only=True)
class Pulse:
    """Tells the keeper that this control plane does its work.

    It does not while a step is under way that should long have ended, however often it was tried:
    then the keeper falls back, where the update can still be undone.
    """

    lease: Lease
    clock: Clock
    alive: Callable[[], Awaitable[None]]
    _step: tuple[type[Move], int] | None = None
    _since: float = 0.0

    async def beat(self, move: Move) -> None:
        """Give signs of life, for ever, as long as the records can be read."""
        step = (type(move), move.step.position) if isinstance(move, Do | Undo) else None
        if step != self._step:
            self._step, self._since = step, self.clock.monotonic()
        while True:
            await self.clock.sleep(_BEAT)
            self.lease.check()
            if not self._is_overdue(move):
                with contextlib.suppress(RackError):  # A keeper that is away cannot fall back.
                    await self.alive()

    def _is_overdue(self, move: Move) -> bool:
        if not isinstance(move, Do | Undo):
            return False
        return self.clock.monotonic() - self._since > LIMITS[move.step.name] + _SLACK
