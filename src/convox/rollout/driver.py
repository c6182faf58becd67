"""The loop that makes true what should run: observe, decide, record, steer, act.

What is decided is durable before anything is done about it, and what is done follows from the
records alone. So the loop may end at any point, and a new one, here or in another control plane,
goes on. A tick in which nothing happened writes nothing.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import sqlalchemy as sa

from convox.engine.engine import Engine
from convox.errors import LeaseLost, RackError
from convox.host.clock import Clock
from convox.host.ids import IdSource
from convox.rollout import deployments, records
from convox.rollout.acting import Acting
from convox.rollout.action import Action
from convox.rollout.backoff import Backoff
from convox.rollout.decide import decide
from convox.rollout.desired import Desired
from convox.rollout.effects import effects
from convox.rollout.progress import Roll, roll
from convox.rollout.recording import record
from convox.rollout.situation import Moments, Observed, Recorded, Situation
from convox.rollout.steering import Steering
from convox.rollout.telling import RACK, told
from convox.rollout.timeline import Timeline
from convox.router.router import Router
from convox.state.lease import Lease
from convox.state.remembered import Remembered

_log = logging.getLogger(__name__)
_IDLE = 1.0  # seconds between ticks while nothing moves
_MOVING = 0.2  # seconds between ticks while something does
_GATHER = 0.02  # seconds in which several changes become one tick


@dataclass(slots=True, kw_only=True)
class Driver:
    """Drives processes, instances and deployments to what is desired.

    ``narrate`` is given an app's name, or ``telling.RACK``, and a line for people.
    """

    engine: Engine
    router: Router
    lease: Lease
    clock: Clock
    boot: str
    """Names the boot of the machine that the clock's monotonic time counts from."""
    ids: IdSource
    desired: Callable[[], Desired]
    narrate: Callable[[str, str], None]
    decide: Callable[[Situation], Sequence[Action]] = decide
    records: Remembered[Recorded] = field(init=False)
    """What is recorded, read again only when it may have changed."""
    _seen: Observed = field(default_factory=lambda: Observed(processes=(), instances=()))
    _moment: Moments = field(default_factory=Moments)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _steering: Steering = field(init=False)
    _acting: Acting = field(init=False)
    _backoff: Backoff = field(init=False)
    _timeline: Timeline = field(init=False)

    def __post_init__(self) -> None:
        self.records = Remembered(self.lease.database, _recorded)
        self._backoff = Backoff(clock=self.clock)
        self._steering = Steering(
            router=self.router, clock=self.clock, narrate=lambda text: self.narrate(RACK, text)
        )
        self._timeline = Timeline(
            lease=self.lease, clock=self.clock, boot=self.boot, moved=self._move
        )
        self._acting = Acting(engine=self.engine, backoff=self._backoff, narrate=self.narrate)

    def wake(self) -> None:
        """Have the next tick soon: what is desired has changed."""
        self._changed.set()

    async def run(self) -> None:
        """Tick until the lease is lost."""
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(self._watch())
            try:
                while True:
                    await self._pause(await self._try_tick())
            except LeaseLost as error:
                _log.info("%s", error)
            finally:
                watching.cancel()

    async def tick(self) -> bool:
        """Do once what is due; return whether anything is on its way."""
        observed = self._seen = await self._observe()
        seen = self._load(observed)
        before = replace(seen, traffic=await self._steering.traffic(seen))
        actions = self.decide(before)
        after = self._record(actions, before, observed) if actions else before
        await self._steering.steer(after)
        await self._acting.act(effects(after))
        return bool(actions) or after.is_in_motion

    def progress(self) -> Roll:
        """Return how far a roll of the instances is: by the records, and by what was last seen."""
        with self.lease.database.look() as connection:
            recorded = self.records(connection)
        return roll(self._moment(self.clock.now(), self.desired(), recorded, self._seen))

    async def _try_tick(self) -> float:
        """Tick; return after how many seconds the next one is due."""
        try:
            is_moving = await self.tick()
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001 - the loop must outlive whatever a tick meets
            _log.exception("cannot drive the rollout")
            if self._backoff.failed("tick") == 1:
                self.narrate(RACK, f"cannot drive the rollout: {error or type(error).__name__}")
            return _IDLE
        self._backoff.succeeded("tick")
        return _MOVING if is_moving else _IDLE

    async def _observe(self) -> Observed:
        # In this order: a process of an instance that answers was asked for before.
        processes = await self.engine.processes()
        return Observed(processes=processes, instances=await self.engine.instances())

    def _load(self, observed: Observed) -> Situation:
        now = self._timeline.now()
        # The records come before what is desired, so that no deployment is judged by services
        # that are older than itself.
        with self.lease.fenced() as connection:
            recorded = self.records(connection)
        return self._moment(now, self.desired(), recorded, observed)

    def _move(self, by: timedelta) -> None:
        self._steering.move(by)
        self.narrate(RACK, f"the machine's clock was set by {by.total_seconds():+,.0f} s")

    def _record(
        self, actions: Sequence[Action], before: Situation, observed: Observed
    ) -> Situation:
        now = before.now
        with self.lease.fenced() as connection:
            taken = (*before.instances, *(process.id for process in before.processes))
            record(connection, actions, now=now, ids=self.ids, taken=taken)
            recorded = self.records(connection)
        self._changed.set()  # what follows from these actions is due at once
        for action in actions:
            self.narrate(*told(action, before.traffic))
        return self._moment(now, before.desired, recorded, observed)

    async def _watch(self) -> None:
        """Note when the engine says that something has changed; polling goes on without it."""
        while True:
            try:
                async for _ in self.engine.watch():
                    self._changed.set()
            except RackError as error:
                _log.warning("%s", error)
            await self.clock.sleep(_IDLE)

    async def _pause(self, seconds: float) -> None:
        if not self._changed.is_set():
            await self._unless_changed(seconds)
        await self.clock.sleep(_GATHER)
        self._changed.clear()

    async def _unless_changed(self, seconds: float) -> None:
        async with asyncio.TaskGroup() as group:
            timer = group.create_task(self.clock.sleep(seconds))
            change = group.create_task(self._changed.wait())
            await asyncio.wait({timer, change}, return_when=asyncio.FIRST_COMPLETED)
            timer.cancel()
            change.cancel()


def _recorded(connection: sa.Connection) -> Recorded:
    return Recorded(
        processes=records.processes(connection),
        instances=records.instances(connection),
        deployments=deployments.every(connection),
        failed_boots=records.failed_boots(connection),
    )
