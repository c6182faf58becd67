"""The thin loop: makes true what the record says, and records what happens.

A record is on disk before it is acted on. Where the disk takes nothing, an answer says so; what
happens by itself is still acted on, since a rackd that runs unrecorded is better than none.
"""

import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from convox.keeper import log, memory, processes, record, replacement
from convox.keeper.control import Answer, Control
from convox.keeper.memory import Recalled
from convox.keeper.record import Phase, Process, Record, Role

_LONGEST_WAIT = 60.0  # seconds between two looks at the size of the log
_RETRY = 1.0  # seconds until the record is saved again
_PATIENCE = 5.0  # seconds until a place to listen is tried again


class Keeper:
    """Keeps the rackd of one rack running. ``own`` is the directory that this program runs from."""

    def __init__(self, home: Path, own: Path, recalled: Recalled) -> None:
        self._home = home
        self._own = own
        self._log = home / "logs" / "rackd.log"
        self._file = home / "keeper" / "slots.json"
        self._record = recalled.record
        self._saved: Record | None = recalled.record
        if recalled.trouble:
            _say(recalled.trouble)
            memory.set_aside(self._file)
            self._saved = None
        self._selector = selectors.DefaultSelector()
        self._watched: dict[str, int] = {}
        self._told: set[Process] = set()
        self._successor: Path | None = None
        self._wake, self._woken = socket.socketpair()
        self._is_ending = False

    def run(self) -> None:
        """Watch until told to stop."""
        control = self._listen()
        self._heed_signals()
        self._selector.register(control, selectors.EVENT_READ, control.serve)
        boot = processes.boot()
        self._take(record.adopted(self._record, boot=boot, now=time.monotonic()))
        while not (self._is_ending and not self._record.processes):
            self._act()
            for key, _ in self._selector.select(self._pause()):
                key.data()
        control.close()

    def _listen(self) -> Control:
        """Wait for a place to listen: a disk that takes nothing now may do so later."""
        path = self._home / "run" / "keeper.sock"
        while True:
            try:
                return Control(path, self._answer)
            except OSError as error:
                _say(f"cannot listen at {path}: {error}; trying again")
                time.sleep(_PATIENCE)

    def _act(self) -> None:
        now = time.monotonic()
        self._take(record.due(self._record, now=now))
        for slot, process in self._record.processes.items():
            if slot not in self._watched:
                self._watch(slot, process)
        for process in self._record.processes.values():
            if process.role is Role.STOPPING and process not in self._told:
                self._told.add(process)
                processes.send(process, signal.SIGTERM)
        for process in record.to_kill(self._record, now=now):
            processes.send(process, signal.SIGKILL)
        to_start = None if self._is_ending else record.to_start(self._record, now=now)
        if to_start is not None:
            self._start(to_start)
        log.rotate(self._log)
        if self._successor and self._saved == self._record:
            self._hand_over(self._successor)

    def _start(self, slot: str) -> None:
        python = str(self._home / "slots" / slot / "bin" / "python")
        rackd = [python, "-m", "convox.rackd", "--home", str(self._home), "--slot", slot]
        try:
            child = processes.Child(rackd, self._log)
        except OSError as error:
            self._take(record.failed(self._record, str(error), now=time.monotonic()))
            return
        started = processes.started(child.number) or 0
        process = Process(number=child.number, started=started, since=time.monotonic())
        self._take(record.started(self._record, slot, process))
        self._watch(slot, process)
        child.go()
        _say(f"started slot {slot} as process {child.number}")

    def _watch(self, slot: str, process: Process) -> None:
        descriptor = processes.watch(process)
        if descriptor is None:
            self._forget(slot, process)
            return
        self._watched[slot] = descriptor
        end = partial(self._on_end, slot, process)
        self._selector.register(descriptor, selectors.EVENT_READ, end)

    def _on_end(self, slot: str, process: Process) -> None:
        descriptor = self._watched.pop(slot)
        self._selector.unregister(descriptor)
        os.close(descriptor)
        processes.sweep(process)
        self._forget(slot, process)

    def _forget(self, slot: str, process: Process) -> None:
        self._told = {told for told in self._told if told.number != process.number}
        how = processes.reap(process)
        _say(f"slot {slot} {how}")
        last = log.last_line(self._log)
        now = time.monotonic()
        self._take(record.ended(self._record, slot, f"{how}: {last}" if last else how, now=now))

    def _answer(self, request: dict[str, Any]) -> Answer:
        acts: Mapping[str, Callable[[dict[str, Any]], None]] = {
            "status": lambda _: None,
            "switch": self._switch,
            "withdraw": self._withdraw,
            "prolong": self._prolong,
            "commit": lambda asked: self._decide(
                record.committed(self._record, str(asked["slot"]))
            ),
            "revert": self._revert,
            "replace": self._replace,
            "stop": self._stop,
        }
        what = str(request.get("do"))
        if what not in acts:
            raise record.Refusal(f"cannot do {what}: a keeper knows {', '.join(acts)}")
        acts[what](request)
        return self._status()

    def _switch(self, request: dict[str, Any]) -> None:
        slot, seconds = str(request["slot"]), float(request["seconds"])
        if not (self._home / "slots" / slot / "bin" / "python").exists():
            raise record.Refusal(f"cannot switch to slot {slot}: it is not built")
        now = time.monotonic()
        self._decide(record.switched(self._record, slot, seconds=seconds, now=now))

    def _withdraw(self, request: dict[str, Any]) -> None:
        slot, now = str(request["slot"]), time.monotonic()
        self._decide(record.withdrawn(self._record, slot, now=now))

    def _prolong(self, request: dict[str, Any]) -> None:
        slot, now = str(request["slot"]), time.monotonic()
        self._take(record.prolonged(self._record, slot, now=now))

    def _revert(self, request: dict[str, Any]) -> None:
        reason = str(request["reason"])
        self._decide(record.given_up(self._record, reason, now=time.monotonic()))

    def _replace(self, request: dict[str, Any]) -> None:
        successor = self._home / "keeper" / Path(str(request["directory"])).name
        if successor != self._own:
            replacement.check(successor, self._home)
            replacement.appoint(successor, self._home)
            self._successor = successor

    def _stop(self, _: object) -> None:
        self._is_ending = True
        self._take(record.stopped(self._record, now=time.monotonic()))

    def _status(self) -> Answer:
        on_trial = self._record.phase is Phase.TRIAL
        left = max(0.0, self._record.deadline - time.monotonic()) if on_trial else None
        return {
            "keeper": self._own.name,
            "current": self._record.current,
            "previous": self._record.previous,
            "phase": self._record.phase,
            "attempts": self._record.attempts,
            "seconds_left": left,
            "reason": self._record.reason,
            "processes": {slot: each.number for slot, each in self._record.processes.items()},
        }

    def _decide(self, decided: Record) -> None:
        """Take a decision that somebody asked for, or fail where it cannot be kept."""
        if decided != self._record:
            memory.save(self._file, decided)
            self._saved = self._record = decided
            _say(f"slot {decided.current} is {decided.phase}")

    def _take(self, decided: Record) -> None:
        """Take a decision that cannot be put off."""
        if decided.phase is not self._record.phase:
            _say(f"slot {decided.current} is {decided.phase}: {decided.reason}")
        self._record = decided
        if decided != self._saved:
            try:
                memory.save(self._file, decided)
                self._saved = decided
            except OSError as error:
                _say(f"cannot save {self._file}: {error}")

    def _pause(self) -> float:
        longest = _LONGEST_WAIT if self._saved == self._record else _RETRY
        if self._is_ending and not self._record.processes:
            return 0.0
        return min(max(0.0, record.alarm(self._record) - time.monotonic()), longest)

    def _heed_signals(self) -> None:
        woken = self._woken
        self._selector.register(woken, selectors.EVENT_READ, lambda: self._stop(woken.recv(64)))
        self._wake.settimeout(0)
        signal.set_wakeup_fd(self._wake.fileno())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: None)

    def _hand_over(self, successor: Path) -> None:
        self._successor = None
        try:
            replacement.become(successor, self._home)
        except OSError as error:
            _say(f"cannot replace the keeper by {successor}: {error}")


def _say(text: str) -> None:
    with suppress(OSError):
        sys.stderr.write(f"keeper: {text}\n")
