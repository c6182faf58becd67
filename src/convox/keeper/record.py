"""Which slot is to run, and what happens when it does not. Pure.

A switch puts a slot on trial beside the one that ran before, which finishes what it began and is
not started again. The trial goes on as long as it is prolonged, and ends with a commit, or with a
fall back: then both are stopped and the previous slot is started anew. After that no switch is
taken until somebody has acknowledged it by a commit, so that a slot that cannot run is not tried in
a circle.

All times are seconds of the machine's monotonic clock, which a change of the wall clock does not
touch; ``boot`` says of which boot.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

ENDS = 3  # of a slot on trial, before it is given up
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0  # seconds before a slot is started again
STEADY = 30.0  # seconds after which a slot that ends is taken for a new case
GRACE = 10.0  # seconds to end after TERM


class Phase(StrEnum):
    """How sure the keeper is of the current slot."""

    COMMITTED = "committed"
    TRIAL = "trial"
    FALLEN_BACK = "fallen back"
    """The slot on trial was given up, and nobody has acknowledged it yet."""


class Event(StrEnum):
    """What happens to the current slot."""

    SWITCHED = "switched"
    RETURNED = "returned"
    """A switch back to the previous slot, asked for while on trial."""
    COMMITTED = "committed"
    GIVEN_UP = "given up"


TRANSITIONS: Mapping[Phase, Mapping[Event, Phase]] = {
    Phase.COMMITTED: {Event.SWITCHED: Phase.TRIAL, Event.COMMITTED: Phase.COMMITTED},
    Phase.TRIAL: {
        Event.COMMITTED: Phase.COMMITTED,
        Event.RETURNED: Phase.COMMITTED,
        Event.GIVEN_UP: Phase.FALLEN_BACK,
    },
    Phase.FALLEN_BACK: {Event.COMMITTED: Phase.COMMITTED},
}


class Role(StrEnum):
    """What a process of a slot is there for."""

    SERVING = "serving"
    LEAVING = "leaving"
    """Was switched away from, and ends by itself."""
    STOPPING = "stopping"
    """Was told to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """The rackd of a slot. ``started`` is in clock ticks since boot (proc(5), stat, field 22)."""

    number: int
    started: int
    since: float
    """When it took its role."""
    role: Role = Role.SERVING


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """All that a keeper has to know, and leaves to the next one."""

    current: str
    previous: str | None = None
    phase: Phase = Phase.COMMITTED
    attempts: int = 0
    """How often the current slot has ended by itself."""
    retry_at: float = 0.0
    seconds: float = 0.0
    """How long a trial may go on without a sign of life."""
    deadline: float = 0.0
    reason: str = ""
    """Why the last trial failed."""
    boot: str = ""
    processes: Mapping[str, Process] = field(default_factory=dict)
    """By slot."""


class Refusal(Exception):
    """What was asked for cannot be done now; the text is for a person."""


def switched(record: Record, slot: str, *, seconds: float, now: float) -> Record:
    """Put a slot on trial, or go back to the one before; nothing where it is current already."""
    if slot == record.current:
        return record
    event = Event.RETURNED if _is_return(record, slot) else Event.SWITCHED
    processes = _with_role(record, [record.current], Role.LEAVING, now)
    following = replace(
        record,
        phase=_after(record, event, f"switch to slot {slot}"),
        current=slot,
        previous=record.current,
        attempts=0,
        retry_at=0.0,
        seconds=seconds,
        deadline=now + seconds,
        reason="",
        processes=processes,
    )
    return _stopping(following, [slot], now)


def withdrawn(record: Record, slot: str, *, now: float) -> Record:
    """Take back a switch from ``slot`` that led to nothing: that one still acts, and goes on.

    The one on trial is stopped, or it would take over whenever it woke.
    """
    if slot == record.current:
        return record
    if not _is_return(record, slot):
        raise Refusal(f"cannot withdraw to slot {slot}: slot {record.current} is {record.phase}")
    following = replace(
        record,
        phase=_after(record, Event.RETURNED, f"withdraw to slot {slot}"),
        current=slot,
        previous=record.current,
        attempts=0,
        retry_at=0.0,
        reason="",
        processes=_with_role(record, [slot], Role.SERVING, now),
    )
    return _stopping(following, [record.current], now)


def prolonged(record: Record, slot: str, *, now: float) -> Record:
    """Give the slot on trial its time anew: it has shown that it works.

    Who shows that names its slot: that the one before still works says nothing of the current one.
    """
    return _anew(record, now) if slot == record.current else record


def committed(record: Record, slot: str) -> Record:
    """Take the current slot for good, or acknowledge the fall back to it.

    Whoever asks names the slot, so that one which was just given up is not taken for committed.
    While a process is told to end, nothing is: it may be the one that asks, and after a fall back
    neither it nor the slot that was given up may act beside the one that starts anew.
    """
    if slot != record.current:
        why = f": {record.reason}" if record.reason else ""
        raise Refusal(f"cannot commit slot {slot}: slot {record.current} is {record.phase}{why}")
    if _told(record):
        raise Refusal(f"cannot commit slot {slot}: what was told to end has not ended yet")
    return replace(record, phase=_after(record, Event.COMMITTED, "commit"))


def given_up(record: Record, reason: str, *, now: float) -> Record:
    """Fall back to the previous slot, which starts anew when both have ended."""
    phase = _after(record, Event.GIVEN_UP, "fall back")
    if record.previous is None:
        raise RuntimeError("a slot is on trial and none was before it")
    following = replace(
        record,
        phase=phase,
        current=record.previous,
        previous=record.current,
        attempts=0,
        retry_at=0.0,
        reason=reason,
    )
    return _stopping(following, [record.current, record.previous], now)


def ended(record: Record, slot: str, how: str, *, now: float) -> Record:
    """Forget a process that has ended, and decide what that means for its slot."""
    process = record.processes[slot]
    others = {name: other for name, other in record.processes.items() if name != slot}
    following = replace(record, processes=others)
    if slot != record.current or process.role is not Role.SERVING:
        return following
    if record.phase is not Phase.TRIAL and now - process.since > STEADY:
        following = replace(following, attempts=0)
    return failed(following, how, now=now)


def failed(record: Record, how: str, *, now: float) -> Record:
    """Have the current slot started again after a pause, or give it up where it is on trial."""
    attempts = record.attempts + 1
    if record.phase is Phase.TRIAL and attempts > ENDS:
        reason = f"slot {record.current} ended {attempts} times; {how}"
        return given_up(record, reason, now=now)
    pause = min(FIRST_PAUSE * 2.0 ** min(record.attempts, 16), LONGEST_PAUSE)
    return replace(record, attempts=attempts, retry_at=now + pause)


def started(record: Record, slot: str, process: Process) -> Record:
    """Remember a process before it runs."""
    return replace(record, processes={**record.processes, slot: process})


def due(record: Record, *, now: float) -> Record:
    """Give up a slot on trial that has given no sign of life for too long."""
    if record.phase is not Phase.TRIAL or now < record.deadline:
        return record
    reason = f"slot {record.current} gave no sign of life for {record.seconds:g} s"
    return given_up(record, reason, now=now)


def stopped(record: Record, *, now: float) -> Record:
    """Tell every process to end."""
    return _stopping(record, record.processes, now)


def adopted(record: Record, *, boot: str, now: float) -> Record:
    """Return the record as it holds in this boot: processes and times of another one are void.

    A trial gets its time anew, since nobody could prolong it while no keeper ran.
    """
    record = _anew(record, now)
    if record.boot == boot:
        return record
    return replace(record, boot=boot, processes={}, attempts=0, retry_at=0.0)


def to_start(record: Record, *, now: float) -> str | None:
    """Return the slot to start now; none starts while another is being stopped."""
    if _told(record) or record.current in record.processes or now < record.retry_at:
        return None
    return record.current


def to_kill(record: Record, *, now: float) -> list[Process]:
    """Return the processes that were told to end long enough ago."""
    return [process for process in _told(record) if now >= process.since + GRACE]


def alarm(record: Record) -> float:
    """Return when there is something to do next, though nothing happens."""
    times = [process.since + GRACE for process in _told(record)]
    if record.phase is Phase.TRIAL:
        times.append(record.deadline)
    if record.current not in record.processes:
        times.append(record.retry_at)
    return min(times, default=float("inf"))


def _anew(record: Record, now: float) -> Record:
    return replace(record, deadline=now + record.seconds)


def _told(record: Record) -> list[Process]:
    return [process for process in record.processes.values() if process.role is Role.STOPPING]


def _is_return(record: Record, slot: str) -> bool:
    return record.phase is Phase.TRIAL and slot == record.previous


def _after(record: Record, event: Event, what: str) -> Phase:
    following = TRANSITIONS[record.phase].get(event)
    if following is None:
        why = f": {record.reason}; commit it first" if record.reason else ""
        raise Refusal(f"cannot {what}: slot {record.current} is {record.phase}{why}")
    return following


def _stopping(record: Record, slots: "Mapping[str, Process] | list[str]", now: float) -> Record:
    return replace(record, processes=_with_role(record, list(slots), Role.STOPPING, now))


def _with_role(record: Record, slots: list[str], role: Role, now: float) -> Mapping[str, Process]:
    return {
        slot: replace(process, role=role, since=now)
        if slot in slots and process.role is not role
        else process
        for slot, process in record.processes.items()
    }
