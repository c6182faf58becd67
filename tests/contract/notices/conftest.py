"""A rack's records, an update in them, and a courier that delivers what is told of it."""

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from tests.contract.notices.servers import Hook, listening

from convox.notices import attempts, receivers
from convox.notices.attempts import Attempt
from convox.notices.courier import Courier
from convox.notices.receiver import Receiver, ReceiverForm
from convox.state import facts, lease, migrate
from convox.state.database import Database
from convox.testing.clock import SimulatedClock
from convox.update import journal
from convox.update.update import UpdateEvent

SECRET = "whsec_" + "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
ORIGIN, TARGET = "20260101000000", "20260201000000"


@dataclass(kw_only=True)
class Telling:
    """Everything but the servers."""

    database: Database
    clock: SimulatedClock = field(default_factory=SimulatedClock)
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        migrate.expand(self.database)
        self.lease = lease.take(self.database, "test")
        with self.database.begin() as connection:
            facts.put(connection, "name", "dev")
            facts.put(connection, "version", ORIGIN)

    def receive(self, name: str, hook: Hook, form=ReceiverForm.WEBHOOK, **more) -> Receiver:
        made = Receiver(name=name, form=form, address=hook.url, secret=SECRET, **more)
        with self.database.begin() as connection:
            receivers.add(connection, made, now=self.clock.now())
        return made

    def begin(self, update: str = "U1") -> None:
        with self.lease.fenced() as connection:
            journal.begin(
                connection,
                id=update,
                origin=ORIGIN,
                target=TARGET,
                plan={"hops": [{"origin": ORIGIN, "target": TARGET}]},
                steps=[(0, "fetch")],
                now=self.clock.now(),
                asked_by="ann (API)",
            )

    def happen(self, *events: UpdateEvent, cause: str = "") -> None:
        for event in events:
            with self.lease.fenced() as connection:
                update = journal.active(connection)
                now = self.clock.now()
                journal.record_update(connection, update, event, now=now, cause=cause)

    def attempts(self) -> list[Attempt]:
        with self.database.look() as connection:
            return list(reversed(attempts.newest(connection, limit=1000)))

    def deliver(
        self, until: Callable[[], bool], *, limit: float = 2.0, seconds: float = 1.0
    ) -> None:
        """Let a courier of its own go on until something is so; time flies meanwhile."""
        asyncio.run(self._deliver(until, limit, seconds))

    async def _deliver(self, until: Callable[[], bool], limit: float, seconds: float) -> None:
        courier = Courier(lease=self.lease, clock=self.clock, narrate=self.log.append, limit=limit)
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            running = group.create_task(courier.run())
            while not until():
                self.clock.skip(seconds - 1.0)
                await self.clock.advance(1.0)
                await asyncio.sleep(0.005)
            running.cancel()


def kinds(hook: Hook) -> list[str]:
    return [json.loads(each.body)["kind"] for each in hook.got]


@pytest.fixture
def telling(database) -> Telling:
    return Telling(database=database)


@pytest.fixture
def hook() -> Iterator[Hook]:
    with listening(Hook()) as made:
        yield made


@pytest.fixture
def other() -> Iterator[Hook]:
    with contextlib.ExitStack() as servers:
        yield servers.enter_context(listening(Hook()))
