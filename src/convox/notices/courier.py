"""The thin loop that delivers notices, each receiver by itself, so that none waits for another."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from convox.errors import LeaseLost
from convox.host.clock import Clock
from convox.notices import attempts, outbox
from convox.notices.delivery import Answer, Delivery, Result, judge
from convox.notices.sending import LIMIT, send
from convox.state.lease import Lease

_log = logging.getLogger(__name__)
_PAUSE = 1.0  # seconds between two looks at what is due


@dataclass(slots=True, kw_only=True)
class Courier:
    """Delivers what is due, at least once: what arrives twice has the same id."""

    lease: Lease
    clock: Clock
    narrate: Callable[[str], None]
    limit: float = LIMIT
    """Seconds for a receiver to take a notice."""
    _busy: set[str] = field(default_factory=set)
    """Receivers that are being told something."""

    async def run(self) -> None:
        """Deliver, for ever."""
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    for delivery in self._next():
                        self._busy.add(delivery.receiver.name)
                        group.create_task(self._deliver(delivery))
                    await self.clock.sleep(_PAUSE)
        except* LeaseLost as lost:
            _log.info("%s", lost.exceptions[0])

    def _next(self) -> Iterator[Delivery]:
        """Yield what is due first to each receiver that is not busy."""
        with self.lease.database.look() as connection:
            due = outbox.due(connection, self.clock.now())
        first = {each.receiver.name: each for each in reversed(due)}
        yield from (each for name, each in first.items() if name not in self._busy)

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            answer = await self._attempt(delivery)
            self._record(delivery, answer)
        finally:
            self._busy.discard(delivery.receiver.name)

    async def _attempt(self, delivery: Delivery) -> Answer:
        now, receiver = self.clock.now(), delivery.receiver
        try:
            return await send(receiver, delivery.notice, now=now, limit=self.limit)
        except Exception as error:  # noqa: BLE001 - the loop must go on for all others
            _log.exception("a notice to %s cannot be sent", receiver.name)
            return Answer(error=f"the rack made a mistake: {type(error).__name__}")

    def _record(self, delivery: Delivery, answer: Answer) -> None:
        now, notice = self.clock.now(), delivery.notice
        verdict = judge(delivery, answer, now)
        with self.lease.fenced() as connection:
            outbox.settle(connection, delivery, verdict)
            attempts.log(connection, attempts.attempt(delivery, answer, verdict, now))
        if verdict.result is Result.GIVEN_UP:
            name, text = delivery.receiver.name, notice.text
            self.narrate(f"notice to {name} is given up: {text}: {answer.error}")
