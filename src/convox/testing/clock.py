"""Virtual time: it passes only when somebody says so, in the same order every time."""

import asyncio
import heapq
import itertools
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

_BEGINNING = datetime(2026, 1, 15, 12, 0, 0, tzinfo=UTC)
_TURNS = 20  # of the event loop, in which everything that can go on without time has gone on

T = TypeVar("T")


class SimulatedClock:
    """A clock for tests; ``advance`` and ``run`` wake those who sleep, the earliest first."""

    def __init__(self) -> None:
        self._elapsed = 0.0
        self._numbers = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return _BEGINNING + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(
            self._sleepers, (self._elapsed + max(0.0, seconds), next(self._numbers), future)
        )
        await future

    def skip(self, seconds: float) -> None:
        """Let time pass without waking anybody."""
        self._elapsed += seconds

    async def advance(self, seconds: float) -> None:
        """Let time pass, waking everybody whose time comes."""
        until = self._elapsed + seconds
        await _turn()
        while self._sleepers and self._sleepers[0][0] <= until:
            self._wake_first()
            await _turn()
        self._elapsed = max(self._elapsed, until)

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run ``work`` to its end; whenever everybody sleeps, the time of the first one comes."""
        async with asyncio.TaskGroup() as group:
            task = group.create_task(work)
            await _turn()
            while not task.done():
                if not self._sleepers:
                    task.cancel()
                    raise RuntimeError("nobody sleeps, so the work would never end")
                self._wake_first()
                await _turn()
        return task.result()

    def _wake_first(self) -> None:
        when, _, future = heapq.heappop(self._sleepers)
        self._elapsed = max(self._elapsed, when)
        if not future.done():
            future.set_result(None)


async def _turn() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)  # noqa: TID251 - the turn of the loop is what is meant


@dataclass(slots=True, kw_only=True)
class SettableClock:
    """The same time, on a wall clock that is ``ahead`` of it and can be set."""

    clock: SimulatedClock
    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return self.clock.now() + self.ahead

    def monotonic(self) -> float:
        return self.clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self.clock.sleep(seconds)
