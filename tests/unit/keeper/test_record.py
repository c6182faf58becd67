"""A keeper's life as a line of words: what happens, and what the record says in the end.

``switch:B`` puts B on trial, ``up:B`` starts it, ``end:B`` ends its process, ``+5`` lets five
seconds pass.
"""

import pytest

from convox.keeper import record
from convox.keeper.record import Phase, Process, Record, Refusal, Role

SCENARIOS = {
    "a commit takes the new slot for good": (
        "up:A switch:B up:B commit",
        "B committed, A leaving, B serving",
    ),
    "the old one may end before the commit": (
        "up:A switch:B up:B end:A",
        "B trial, B serving",
    ),
    "the old one is not started again": (
        "up:A switch:B end:A",
        "B trial, start B",
    ),
    "a new slot that crashes is tried again": (
        "up:A switch:B up:B end:B +1",
        "B trial, A leaving, start B",
    ),
    "a new slot that keeps crashing is given up": (
        "up:A switch:B up:B end:B +9 up:B end:B +9 up:B end:B +9 up:B end:B",
        "A fallen back, A stopping",
    ),
    "the previous slot starts anew once it has ended": (
        "up:A switch:B up:B end:B +9 up:B end:B +9 up:B end:B +9 up:B end:B end:A",
        "A fallen back, start A",
    ),
    "a trial goes on as long as it is prolonged": (
        "up:A switch:B up:B +60 alive:B +60 alive:B +60",
        "B trial, A leaving, B serving",
    ),
    "that the previous slot is alive says nothing of the one on trial": (
        "up:A switch:B up:B +60 alive:A +60",
        "A fallen back, A stopping, B stopping",
    ),
    "a trial gets its time anew from another keeper": (
        "up:A switch:B up:B +60 adopt:1 +60",
        "B trial, A leaving, B serving",
    ),
    "a trial without a sign of life is given up": (
        "up:A switch:B up:B +101",
        "A fallen back, A stopping, B stopping",
    ),
    "nothing starts while something is stopping": (
        "up:A switch:B up:B +101 end:A",
        "A fallen back, B stopping",
    ),
    "a committed slot has no deadline": (
        "up:A switch:B up:B commit +101",
        "B committed, A leaving, B serving",
    ),
    "a fall back is acknowledged": (
        "up:A switch:B +101 end:A up:A commit",
        "A committed, A serving",
    ),
    "the new slot may hand back": (
        "up:A switch:B up:B switch:A",
        "A committed, A stopping, B leaving",
    ),
    "the new slot hands back to one that has gone": (
        "up:A switch:B up:B end:A switch:A",
        "A committed, B leaving, start A",
    ),
    "a switch that led to nothing is withdrawn, and the slot before goes on": (
        "up:A switch:B up:B withdraw:A",
        "A committed, A serving, B stopping",
    ),
    "the slot before is started again when it ends after that": (
        "up:A switch:B up:B withdraw:A end:B end:A +9",
        "A committed, start A",
    ),
    "a switch to the current slot changes nothing": (
        "up:A switch:A",
        "A committed, A serving",
    ),
    "a switch that is repeated keeps its deadline": (
        "up:A switch:B up:B +60 switch:B +60",
        "A fallen back, A stopping, B stopping",
    ),
    "a committed slot is started for ever": (
        "up:A end:A " + "+10 up:A end:A " * 50 + "+10",
        "A committed, start A",
    ),
    "a reboot leaves the slot on trial": (
        "up:A switch:B up:B +60 adopt:2 +60",
        "B trial, start B",
    ),
}


def play(script: str) -> str:
    state, now = Record(current="A", boot="1"), 0.0
    for word in script.split():
        what, _, slot = word.partition(":")
        match what:
            case "switch":
                state = record.switched(state, slot, seconds=100, now=now)
            case "up":
                assert record.to_start(state, now=now) == slot
                process = Process(number=1, started=1, since=now)
                state = record.started(state, slot, process)
            case "end":
                state = record.ended(state, slot, "ended", now=now)
            case "commit":
                state = record.committed(state, slot or state.current)
            case "withdraw" | "alive":
                act = record.withdrawn if what == "withdraw" else record.prolonged
                state = act(state, slot, now=now)
            case "adopt":
                state = record.adopted(state, boot=slot, now=now)
            case _:
                now += float(what)
                state = record.due(state, now=now)
    processes = [f"{slot} {each.role}" for slot, each in sorted(state.processes.items())]
    to_start = record.to_start(state, now=now)
    start = [f"start {to_start}"] if to_start else []
    return ", ".join([f"{state.current} {state.phase}", *processes, *start])


@pytest.mark.parametrize(("script", "outcome"), SCENARIOS.values(), ids=SCENARIOS.keys())
def test_a_slot_is_what_its_life_made_of_it(script: str, outcome: str):
    assert play(script) == outcome


REFUSED = {
    "a second switch during a trial": ("switch:B switch:C", "slot B is trial"),
    "a switch after an unacknowledged fall back": (
        "switch:B +101 switch:B",
        "slot A is fallen back: slot B gave no sign of life for 100 s; commit it first",
    ),
    "to acknowledge a fall back while what ran before is ending": (
        "up:A switch:B up:B +101 end:A commit:A",
        "cannot commit slot A: what was told to end has not ended yet",
    ),
    "to commit a slot that it has given up": (
        "switch:B +101 commit:B",
        "cannot commit slot B: slot A is fallen back: slot B gave no sign of life",
    ),
}


@pytest.mark.parametrize(("script", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_the_keeper_refuses(script: str, why: str):
    with pytest.raises(Refusal, match=why):
        play(script)


def test_revert_is_refused_when_nothing_is_on_trial():
    with pytest.raises(Refusal, match="cannot fall back: slot A is committed"):
        record.given_up(Record(current="A"), "told so", now=0)


def test_pauses_grow_to_ten_seconds_and_begin_anew_when_the_slot_was_up_for_long():
    state, now, pauses = Record(current="A"), 0.0, []
    for up in (0, 0, 0, 0, 0, 0, 0, 0, 31, 0):
        process = Process(number=1, started=1, since=now)
        now += up
        state = record.ended(record.started(state, "A", process), "A", "ended", now=now)
        pauses.append(round(state.retry_at - now, 3))
        now = state.retry_at
    assert pauses == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10, 0.2, 0.4]


def test_reason_says_how_often_and_how_the_slot_ended():
    state = record.switched(Record(current="A"), "B", seconds=100, now=0)
    for _ in range(4):
        process = Process(number=1, started=1, since=0)
        state = record.ended(record.started(state, "B", process), "B", "ended with status 3", now=0)
    assert state.reason == "slot B ended 4 times; ended with status 3"


def test_process_is_killed_when_it_does_not_end_in_time():
    process = Process(number=1, started=1, since=0)
    state = record.stopped(Record(current="A", processes={"A": process}), now=5)
    assert record.to_kill(state, now=5 + record.GRACE - 1) == []
    assert [each.role for each in record.to_kill(state, now=5 + record.GRACE)] == [Role.STOPPING]
    assert record.alarm(state) == 5 + record.GRACE


def test_every_phase_has_its_transitions():
    assert set(record.TRANSITIONS) == set(Phase)
