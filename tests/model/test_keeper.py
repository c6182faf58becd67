"""Every record that a keeper of three slots can come to, by whatever order of events.

It is the real code that is driven, by all that may happen next: requests that are repeated or late,
processes that end, times that pass, other keepers, reboots. Times are taken for either passed or
not, so that the records are finitely many.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from convox.keeper import record
from convox.keeper.record import ENDS, Phase, Process, Record, Refusal, Role

SLOTS = ("A", "B", "C")
TRIAL = 1000.0  # seconds
PROCESS = Process(number=1, started=1, since=0.0)


Following = Mapping[str, "State"]
"""What comes of a state, by what may happen next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A record at the time 0, and how often its slot was started since the last switch or boot."""

    record: Record
    starts: int = 0


def settled(after: Record, starts: int) -> State:
    """Forget what no decision depends on."""
    attempts = min(after.attempts, ENDS) if after.phase is not Phase.TRIAL else after.attempts
    processes = {
        slot: replace(process, since=0.0) for slot, process in sorted(after.processes.items())
    }
    after = replace(
        after,
        attempts=attempts,
        retry_at=min(after.retry_at, 1.0),
        deadline=TRIAL,
        reason="why" if after.reason else "",
        boot="1",
        processes=processes,
    )
    return State(record=after, starts=min(starts, ENDS + 2))


def events(state: Record) -> Iterator[tuple[str, Callable[[], Record]]]:
    """Name everything that may happen now, with what it does to the record."""
    for slot in SLOTS:
        yield f"switch {slot}", lambda slot=slot: record.switched(state, slot, seconds=TRIAL, now=0)
        yield f"withdraw {slot}", lambda slot=slot: record.withdrawn(state, slot, now=0)
        yield f"commit {slot}", lambda slot=slot: record.committed(state, slot)
        yield f"prolong {slot}", lambda slot=slot: record.prolonged(state, slot, now=0)
    for slot in state.processes:
        yield f"end {slot}", lambda slot=slot: record.ended(state, slot, "ended", now=0)
        yield f"end {slot} late", lambda slot=slot: record.ended(state, slot, "ended", now=99)
    yield "revert", lambda: record.given_up(state, "told so", now=0)
    yield "time is over", lambda: record.due(state, now=TRIAL)
    yield "pause is over", lambda: replace(state, retry_at=0.0)
    yield "another keeper", lambda: record.adopted(state, boot="1", now=0)
    yield "reboot", lambda: record.adopted(state, boot="2", now=0)
    slot = record.to_start(state, now=0)
    if slot is not None:
        yield f"start {slot}", lambda: record.started(state, slot, PROCESS)


def follow(state: State) -> Iterator[tuple[str, State]]:
    for event, act in events(state.record):
        try:
            after = act()
        except Refusal:
            continue
        anew = event == "reboot" or after.current != state.record.current
        starts = 0 if anew else state.starts + event.startswith("start")
        yield event, settled(after, starts)


def check_record(state: State) -> None:
    """Assert what is true of every record."""
    found = state.record
    serving = [s for s, each in found.processes.items() if each.role is Role.SERVING]
    assert serving in ([], [found.current]), "only the current slot serves, once"
    leaving = [s for s, each in found.processes.items() if each.role is Role.LEAVING]
    assert found.current not in leaving, "the current slot is not left to end"
    assert found.current != found.previous, "there is another slot to fall back to"
    if found.phase is Phase.TRIAL:
        assert found.previous is not None
        assert state.starts <= ENDS + 1, "a slot on trial is started a few times only"
    assert record.to_start(found, now=0) in (None, found.current), "no other slot is ever started"
    check_comes_up(found)


def check_comes_up(found: Record) -> None:
    """Assert that the current slot runs once what was told to end has, and a pause is over."""
    goal, before = found.processes.get(found.current), (found.current, found.attempts)
    for slot, process in found.processes.items():
        if process.role is Role.STOPPING:
            found = record.ended(found, slot, "ended", now=0)
    assert before == (found.current, found.attempts), "the end of what was told to is no failure"
    comes_up = record.to_start(found, now=found.retry_at) == found.current
    assert comes_up or goal in found.processes.values(), "the current slot runs in the end"


def check_change(event: str, before: State, after: State, then: Following) -> None:
    """Assert what is true of every event; ``then`` is what may follow on it."""
    was, now = before.record, after.record
    changed = (was.phase, now.phase)
    if now.phase is Phase.TRIAL and was.phase is not Phase.TRIAL:
        assert was.phase is Phase.COMMITTED, "no slot is tried again before that is acknowledged"
    if changed == (Phase.TRIAL, Phase.FALLEN_BACK):
        assert (now.current, now.previous) == (was.previous, was.current)
        both = [now.processes.get(now.current), now.processes.get(was.current)]
        assert all(each is None or each.role is Role.STOPPING for each in both)
    if changed == (Phase.FALLEN_BACK, Phase.COMMITTED):
        assert event == f"commit {now.current}", "whoever acknowledges knows what runs"
        assert not any(each.role is Role.STOPPING for each in now.processes.values())
    if now.current != was.current and event != "revert":
        assert event == f"switch {now.current}" or was.phase is Phase.TRIAL
    if event == f"withdraw {now.current}" and now.current != was.current:
        given_up = now.processes.get(was.current)
        assert given_up is None or given_up.role is Role.STOPPING, "it must not take over later"
    kind = event.split(maxsplit=1)[0]
    if kind in ("switch", "withdraw", "commit", "prolong"):
        assert then.get(event) == after, "a request whose answer was lost may be repeated"
    if kind == "start":
        assert Role.STOPPING not in [each.role for each in was.processes.values()]


def told(parents: Mapping[str, tuple[str, str] | None], key: str) -> str:
    """Return the events that lead to a state."""
    words = []
    while (step := parents[key]) is not None:
        key, event = step
        words.append(event)
    return ", ".join(reversed(words))


def test_keepers_rules_hold_whatever_happens_in_whatever_order():
    first = settled(Record(current="A"), 0)
    parents: dict[str, tuple[str, str] | None] = {repr(first): None}
    following: dict[str, Following] = {repr(first): dict(follow(first))}
    todo, events_seen = deque([first]), 0
    while todo:
        state = todo.popleft()
        here = repr(state)
        for event, after in following[here].items():
            events_seen += 1
            there = repr(after)
            is_new = there not in parents
            if is_new:
                parents[there], following[there] = (here, event), dict(follow(after))
                todo.append(after)
            try:
                if is_new:
                    check_record(after)
                check_change(event, state, after, following[there])
            except AssertionError as broken:
                raise AssertionError(f"{told(parents, here)}, {event}: {broken}") from None
    print(f"{len(parents)} states, {events_seen} events, 0 violations")
    assert len(parents) > 1000
