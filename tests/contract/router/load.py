"""Load on a router that counts what fails: reused and fresh connections, GET and POST."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from convox.testing.requests import Connection, FailureError, Target

_PAUSE = 0.01  # seconds between the requests of one client


@dataclass(slots=True)
class Load:
    """What was answered, by whom, and what failed."""

    answers: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def sent(self) -> int:
        return self.answers.total() + len(self.failures)

    async def reused(self, target: Target, method: str) -> None:
        connection: Connection | None = None
        while not self.stopped.is_set():
            try:
                if connection is None or connection.is_closed:
                    connection = await target.connect()
                self.answers[(await connection.request(method, "/")).decode()] += 1
            except (OSError, EOFError, FailureError) as error:
                self.failures.append(f"reused {method}: {error!r}")
                connection = None
            await asyncio.sleep(_PAUSE)
        if connection:
            connection.close()

    async def fresh(self, target: Target, method: str) -> None:
        while not self.stopped.is_set():
            try:
                connection = await target.connect()
                body = await connection.request(method, "/", close=True)
                self.answers[body.decode()] += 1
            except (OSError, EOFError, FailureError) as error:
                self.failures.append(f"fresh {method}: {error!r}")
            await asyncio.sleep(_PAUSE)


@asynccontextmanager
async def load(target: Target, *, clients: int = 2) -> AsyncIterator[Load]:
    """Send requests of every kind while the block runs; the last are awaited."""
    counted = Load()
    async with asyncio.TaskGroup() as senders:
        for method in ("GET", "POST"):
            for _ in range(clients):
                senders.create_task(counted.reused(target, method))
                senders.create_task(counted.fresh(target, method))
        try:
            yield counted
        finally:
            counted.stopped.set()


async def some_requests(counted: Load, number: int = 40) -> None:
    """Wait until that many more requests have been answered or have failed."""
    end = counted.sent + number
    async with asyncio.timeout(30):
        while counted.sent < end:  # noqa: ASYNC110 - it is a count
            await asyncio.sleep(0.005)
