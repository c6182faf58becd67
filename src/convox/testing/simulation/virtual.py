"""An event loop in virtual time: when nobody can go on, the time of whoever sleeps first comes.

Nothing waits for real, and all that can go on without time goes on before any passes. So the same
work takes the same turns every time.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

BEGINNING = datetime(2026, 1, 15, 12, 0, 0, tzinfo=UTC)
_POLL = 1.0  # seconds; who sleeps no longer than this only waits to look again
_LONGEST = 8.0  # seconds between two looks at what does not change

T = TypeVar("T")


class _Leap:
    """Stands where a loop waits for the machine, and lets the time pass at once."""

    def __init__(self, loop: "VirtualLoop") -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("nobody sleeps, so the work would never end")
        if timeout > 0:
            self._loop.leap(timeout)
        return []


class VirtualLoop(asyncio.BaseEventLoop):
    """``at_rest`` is called whenever everybody waits for time to pass."""

    def __init__(self, at_rest: Callable[[], None]) -> None:
        super().__init__()
        self._elapsed = 0.0
        self._at_rest = at_rest
        self._selector = _Leap(self)

    def time(self) -> float:
        """Return the seconds that have passed."""
        return self._elapsed

    def leap(self, seconds: float) -> None:
        """Let time pass in which nobody does anything."""
        self._at_rest()
        self._elapsed += seconds

    def _process_events(self, event_list: list[Any]) -> None:
        """There are no events but those of time."""

    def _write_to_self(self) -> None:
        """Nobody has to be woken: there is one thread."""


def run(work: Coroutine[Any, Any, T], *, at_rest: Callable[[], None] = lambda: None) -> T:
    """Run ``work`` to its end in virtual time."""
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(at_rest)) as runner:
        return runner.run(work)


@dataclass(slots=True, kw_only=True)
class VirtualClock:
    """The time of the virtual loop that runs; the wall clock was set by ``offset`` seconds."""

    offset: float = 0.0
    _shown: tuple[float, datetime] = (0.0, BEGINNING)
    """What it showed last, and how many seconds after the beginning."""

    def now(self) -> datetime:
        seconds = self.monotonic() + self.offset
        if seconds != self._shown[0]:
            self._shown = seconds, BEGINNING + timedelta(seconds=seconds)
        return self._shown[1]

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))  # noqa: TID251 - the virtual loop's own


@dataclass(slots=True, kw_only=True)
class Pace:
    """A clock for those who look again and again: on a machine that is busy elsewhere.

    Nobody looks twice within ``least`` seconds. Where nothing has happened since, by ``changes``,
    they look ever more seldom, but not later than when something is ``coming``.
    """

    clock: VirtualClock
    least: float
    changes: Callable[[], int]
    coming: Callable[[], float]
    """When time alone changes something next, on the monotonic clock."""
    _seen: int = -1
    _pause: float = field(default=0.0)

    def now(self) -> datetime:
        return self.clock.now()

    def monotonic(self) -> float:
        return self.clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        if seconds > _POLL:
            await self.clock.sleep(seconds)
            return
        changes, until = self.changes(), self.coming() - self.monotonic()
        is_quiet = changes == self._seen
        self._seen = changes
        self._pause = min(_LONGEST, 2 * self._pause) if is_quiet else self.least
        if 0 < until < self._pause:
            self._pause = self.least
            await self.clock.sleep(max(seconds, until))
        else:
            await self.clock.sleep(max(seconds, self._pause))
