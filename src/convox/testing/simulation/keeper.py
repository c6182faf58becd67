"""A keeper in virtual time: the real one's decisions, carried out on simulated control planes."""

import asyncio
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from convox.errors import HostError, Refused
from convox.host.clock import Clock
from convox.keeper import record as keeping
from convox.keeper.record import Process, Record, Role
from convox.update.keeper import KeeperStatus


class Program(Protocol):
    """A control plane that a keeper has started."""

    def terminate(self) -> None:
        """Ask it to end."""
        ...

    def kill(self) -> None:
        """End it at once."""
        ...


Launch = Callable[[str, int], Program]
"""Starts the control plane of a slot; its number comes back with ``on_end``."""


@dataclass(slots=True, kw_only=True)
class SimulatedKeeper:
    """Keeps the keeper's Protocol. While it is not up, nobody acts and nobody answers.

    What it starts outlives it, and its record is there when it starts again.
    """

    clock: Clock
    launch: Launch
    is_built: Callable[[str], bool]
    record: Record
    changed: Callable[[], None]
    """Told when the record has changed."""
    copy: str = "keeper-1"
    """Which copy of itself it runs."""
    is_up: bool = False
    programs: dict[int, Program] = field(default_factory=dict)
    """What runs, by number, whatever the record says."""
    _told: set[int] = field(default_factory=set)
    _timer: asyncio.TimerHandle | None = None
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def status(self) -> KeeperStatus:
        """Return what it does now."""
        self._check_up("status")
        return self._status()

    async def switch(self, slot: str, *, seconds: float) -> KeeperStatus:
        """Start a slot beside the current one."""
        self._check_up("switch")
        if not self.is_built(slot):
            raise Refused(f"cannot switch to slot {slot}: it is not built")
        now = self.clock.monotonic()
        return self._decide(lambda: keeping.switched(self.record, slot, seconds=seconds, now=now))

    async def withdraw(self, slot: str) -> KeeperStatus:
        """Take back a switch from this slot."""
        self._check_up("withdraw")
        now = self.clock.monotonic()
        return self._decide(lambda: keeping.withdrawn(self.record, slot, now=now))

    async def prolong(self, slot: str) -> KeeperStatus:
        """Give the slot its time anew, if it is the one on trial."""
        self._check_up("prolong")
        now = self.clock.monotonic()
        return self._decide(lambda: keeping.prolonged(self.record, slot, now=now))

    async def commit(self, slot: str) -> KeeperStatus:
        """Keep the slot, or acknowledge that it fell back to it."""
        self._check_up("commit")
        return self._decide(lambda: keeping.committed(self.record, slot))

    async def replace(self, copy: str) -> None:
        """Become another copy of itself, which finds everything as it was."""
        self._check_up("replace")
        self.stop()
        self.copy = copy
        self.start()

    def start(self, boot: str = "boot-1") -> None:
        """Begin to act, as after a crash of its own or of the machine."""
        if self.is_up:
            return
        self.is_up = True
        now = self.clock.monotonic()
        self.record = keeping.adopted(self.record, boot=boot, now=now)
        self._told.clear()
        for slot, process in list(self.record.processes.items()):
            if process.number not in self.programs:
                self.record = keeping.ended(self.record, slot, "ended unseen", now=now)
        self._act()

    def stop(self) -> None:
        """End at once; what it started goes on."""
        self.is_up = False
        self._disarm()

    def on_end(self, number: int, how: str) -> None:
        """Note that a control plane has ended."""
        del self.programs[number]
        if not self.is_up:
            return
        for slot, process in list(self.record.processes.items()):
            if process.number == number:
                now = self.clock.monotonic()
                self.record = keeping.ended(self.record, slot, how, now=now)
                self._act()

    def _act(self) -> None:
        """Make true what the record says, and come back when time alone changes something."""
        now = self.clock.monotonic()
        self.record = keeping.due(self.record, now=now)
        for process in list(self.record.processes.values()):
            if process.role is Role.STOPPING and process.number not in self._told:
                self._told.add(process.number)
                self.programs[process.number].terminate()
        for process in keeping.to_kill(self.record, now=now):
            self.programs[process.number].kill()
        self._start(keeping.to_start(self.record, now=now))
        self.changed()
        self._arm()

    def _start(self, slot: str | None) -> None:
        now = self.clock.monotonic()
        if slot is None:
            return
        if not self.is_built(slot):
            self.record = keeping.failed(self.record, "it is not built", now=now)
            return
        number = next(self._numbers)
        started = Process(number=number, started=number, since=now)
        self.record = keeping.started(self.record, slot, started)
        self.programs[number] = self.launch(slot, number)

    def _arm(self) -> None:
        self._disarm()
        alarm = keeping.alarm(self.record)
        if alarm < float("inf"):
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(max(alarm, loop.time() + 0.01), self._act)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _decide(self, decision: Callable[[], Record]) -> KeeperStatus:
        try:
            self.record = decision()
        except keeping.Refusal as refusal:
            raise Refused(str(refusal)) from refusal
        self._act()
        return self._status()

    def _status(self) -> KeeperStatus:
        record = self.record
        on_trial = record.phase is keeping.Phase.TRIAL
        return KeeperStatus(
            keeper=self.copy,
            current=record.current,
            previous=record.previous,
            phase=record.phase,
            attempts=record.attempts,
            seconds_left=record.deadline - self.clock.monotonic() if on_trial else None,
            reason=record.reason,
            processes={slot: process.number for slot, process in record.processes.items()},
        )

    def _check_up(self, what: str) -> None:
        if not self.is_up:
            raise HostError(f"cannot {what}: the keeper does not answer")
