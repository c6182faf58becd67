"""The thin loop that carries an update out.

Intent is durable before effect: a step is recorded as begun, with what its undo needs, before it
touches anything. Which move comes next is ``update.next_move``'s to say, from the records alone, so
starting in the middle is the same as going on.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from convox.errors import HostError, LeaseLost
from convox.feed.release import RackRelease
from convox.host.clock import Clock
from convox.state.lease import Lease
from convox.update import history, journal
from convox.update.failpoints import JOURNAL, Failpoint, Reach, pass_by
from convox.update.limits import LIMITS
from convox.update.performing import perform, take_back
from convox.update.pulse import Pulse
from convox.update.racing import unless, within
from convox.update.steps.step import Facts, HopInHand, Step
from convox.update.update import (
    COMMIT,
    FORWARD,
    HANDOFF,
    Do,
    Move,
    Settle,
    StepEvent,
    StepRecord,
    StepState,
    Undo,
    Update,
    UpdateEvent,
    UpdateState,
    Wait,
    is_displaced,
    next_move,
)

_log = logging.getLogger(__name__)
_RETRY = 2.0  # seconds before what must not be given up at once is tried again
_LONG_RETRY = 20.0  # seconds before what has failed often is tried again
_UNDO_TRIES = 5
_UNDO_TIME = 60.0  # seconds after which what fails slowly is not tried again at once


@dataclass(slots=True, kw_only=True)
class Executor:
    """Carries out whatever update the journal has active."""

    lease: Lease
    clock: Clock
    steps: Mapping[str, Step]
    release: Callable[[str], RackRelease]
    """The verified document of a version, from the rack's own store."""
    narrate: Callable[[str], None]
    version: str
    """The version that runs this code."""
    fallen_back: Callable[[], Awaitable[str]]
    """Why the keeper started this version again instead of its successor."""
    alive: Callable[[], Awaitable[None]]
    """Tells the keeper that this control plane does its work."""
    reach: Reach = pass_by
    wanted: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when there is something to carry out, or a person has asked for something."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when an update has ended, for whoever decides what comes next."""
    _pulse: Pulse = field(init=False)

    def __post_init__(self) -> None:
        self._pulse = Pulse(lease=self.lease, clock=self.clock, alive=self.alive)

    async def run(self) -> None:
        """Go on with the active update, then wait for the next, until the lease is lost."""
        self.wanted.set()
        while True:
            await self.wanted.wait()
            self.wanted.clear()
            try:
                await self.carry_out()
            except LeaseLost:
                return
            except Exception as error:  # noqa: BLE001 - the loop must outlive a full disk
                _log.exception("cannot carry the update out")
                self.narrate(f"cannot carry the update out: {error or type(error).__name__}")
                await self.clock.sleep(_RETRY)
                self.wanted.set()

    async def carry_out(self) -> None:
        """Make moves until no update is active; a person may call one off in the middle of it."""
        while (update := self._active()) is not None:
            if is_displaced(update, self.version):
                cause = f"{HANDOFF}: {await self.fallen_back()}"
                await self._record_update(update, UpdateEvent.STEP_FAILED, cause)
            else:
                move = next_move(update)
                await unless(self._pulse.beat(move), self._unless_called_off(move, update))

    async def _unless_called_off(self, move: Move, update: Update) -> None:
        if isinstance(move, Wait):
            await self._asked()
        elif update.state in FORWARD:
            await unless(self._called_off(), self._make(move, update))
        else:
            await self._make(move, update)

    async def _make(self, move: Move, update: Update) -> None:
        match move:
            case Do(step=step):
                await self._do(update, step)
            case Undo(step=step):
                await self._undo(update, step)
            case Settle(event=event):
                self._tell(update, f"{event}: {update.target}")
                await self._record_update(update, event)
                self.ended.set()

    async def _do(self, update: Update, record: StepRecord) -> None:
        step, hop = self.steps[record.name], self._hop(update, record)
        try:
            if record.state is StepState.PENDING:
                facts = await step.note(hop)
                record = await self._record_step(update, record, StepEvent.BEGUN, facts)
                self._tell(update, f"{record.name} ...")
            await self._bounded(record, perform(step, hop, record.facts, self.reach))
        except LeaseLost:
            raise
        except journal.CalledOff:
            return
        except Exception as error:  # noqa: BLE001 - whatever a step meets, the update turns back
            _log.exception("step %s failed", record.name)
            await self._turn_back(update, record, error)
        else:
            await self._record_step(update, record, StepEvent.VERIFIED)
            self._tell(update, f"{record.name} OK")

    async def _turn_back(self, update: Update, record: StepRecord, error: Exception) -> None:
        cause = f"{record.name}: {error or type(error).__name__}"
        self._tell(update, f"{record.name} FAILED: {error}")
        if record.name == COMMIT and record.state is StepState.DOING:
            await self.clock.sleep(_RETRY)
        else:
            await self._record_update(update, UpdateEvent.STEP_FAILED, cause)

    async def _undo(self, update: Update, record: StepRecord) -> None:
        step, hop = self.steps[record.name], self._hop(update, record)
        if record.state is not StepState.UNDOING:
            record = await self._record_step(update, record, StepEvent.REVERSED)
        self._tell(update, f"undo {record.name} ...")
        cause = await self._try_undo(step, hop, record)
        if cause:
            await self._stay(update, record, cause)
            await self._leave_to_origin(update, record, hop)
        else:
            if update.state is UpdateState.FAILED:
                await self._record_update(update, UpdateEvent.UNDO_MENDED)
            await self._record_step(update, record, StepEvent.RESTORED)
            self._tell(update, f"undo {record.name} OK")

    async def _stay(self, update: Update, record: StepRecord, cause: str) -> None:
        """Keep what cannot be undone yet; a person is told, and it is tried again later."""
        self._tell(update, f"undo {record.name} FAILED: {cause}")
        if update.state is UpdateState.ROLLBACK:
            text = f"undo of {record.name}: {cause}"
            await self._record_update(update, UpdateEvent.UNDO_FAILED, text)
        else:
            await self.clock.sleep(_LONG_RETRY)

    async def _leave_to_origin(self, update: Update, record: StepRecord, hop: HopInHand) -> None:
        """Hand back early: it may be this version that is broken, and not what it works on."""
        handed_over = [
            step
            for step in update.steps
            if step.name == HANDOFF and step.hop == record.hop and step.state is StepState.DONE
        ]
        if handed_over and self.version == hop.target.version:
            with contextlib.suppress(HostError):
                done = handed_over[0]
                await self._bounded(done, take_back(self.steps[HANDOFF], hop, done.facts, pass_by))

    async def _try_undo(self, step: Step, hop: HopInHand, record: StepRecord) -> str:
        """Undo, more than once where it fails; return why it cannot be done, empty where it was."""
        cause, begun = "", self.clock.monotonic()
        for attempt in range(_UNDO_TRIES):
            if attempt and self.clock.monotonic() - begun > _UNDO_TIME:
                break
            if attempt:
                await self.clock.sleep(_RETRY)
            try:
                await self._bounded(record, take_back(step, hop, record.facts, self.reach))
            except LeaseLost:
                raise
            except Exception as error:  # noqa: BLE001 - a person is told of whatever it is
                _log.exception("undo of step %s failed", step.name)
                cause = str(error) or type(error).__name__
            else:
                return ""
        return cause

    async def _bounded(self, record: StepRecord, work: Coroutine[Any, Any, None]) -> None:
        """Give a step its time, beyond which it has failed: one that hangs ends by itself."""
        what = f"end {record.name}"
        await within(LIMITS[record.name], work, clock=self.clock, what=what)

    async def _asked(self) -> None:
        await self.wanted.wait()
        self.wanted.clear()

    async def _called_off(self) -> None:
        """Return when the active update is not to go on."""
        while True:
            await self._asked()
            update = self._active()
            if update is None or update.state not in FORWARD:
                return

    def _active(self) -> Update | None:
        with self.lease.fenced() as connection:
            return journal.active(connection)

    def _hop(self, update: Update, record: StepRecord) -> HopInHand:
        hop = update.plan["hops"][record.hop]
        done = [step for step in update.steps if step.hop == record.hop]
        return HopInHand(
            update=update.id,
            origin=self.release(hop["origin"]),
            target=self.release(hop["target"]),
            facts={step.name: step.facts for step in done},
        )

    async def _record_step(
        self, update: Update, record: StepRecord, event: StepEvent, facts: Facts | None = None
    ) -> StepRecord:
        await self.reach(Failpoint(record.name, JOURNAL, event, "before"))
        with self.lease.fenced() as connection:
            now = self.clock.now()
            following = journal.record_step(connection, update, record, event, now=now, facts=facts)
            history.step(connection, update, following, event, now=now, who=self.version)
        await self.reach(Failpoint(record.name, JOURNAL, event, "after"))
        return following

    async def _record_update(self, update: Update, event: UpdateEvent, cause: str = "") -> None:
        with self.lease.fenced() as connection:
            now = self.clock.now()
            current = journal.load(connection, update.id)
            journal.record_update(connection, current, event, now=now, cause=cause)
            history.outcome(connection, update, event, now=now, who=self.version, cause=cause)

    def _tell(self, update: Update, text: str) -> None:
        self.narrate(f"{update.target} {text}")
