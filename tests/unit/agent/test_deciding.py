"""What the agent decides: states, health, restarts."""

import signal

import pytest

from convox.agent import restarts
from convox.agent.health import Health, judge, pause
from convox.agent.status import TRANSITIONS, Event, State

WELL, SICK = "", "GET / answered 500"

CHECKS = {
    # what each check found, at which age; whether it is healthy after each
    "first good check": ([(WELL, 0.1)], [True]),
    "bad before good": ([(SICK, 0.1), (SICK, 9), (WELL, 10)], [False, False, True]),
    "one bad is tolerated": ([(WELL, 1), (SICK, 9), (WELL, 14)], [True, True, True]),
    "two bad in a row": ([(WELL, 1), (SICK, 9), (SICK, 14)], [True, True, False]),
    "bad, good, bad": ([(WELL, 1), (SICK, 9), (WELL, 10), (SICK, 11)], [True] * 4),
    "recovery": ([(WELL, 1), (SICK, 9), (SICK, 10), (WELL, 11)], [True, True, False, True]),
    "grace": ([(WELL, 1), (SICK, 2), (SICK, 3), (SICK, 4.9)], [True] * 4),
}


@pytest.mark.parametrize("case", CHECKS)
def test_health_follows_from_the_checks(case):
    checks, wanted = CHECKS[case]
    health, seen = Health(), []
    for fault, age in checks:
        health = judge(health, fault, age=age, grace=5)
        seen.append(health.is_healthy)
    assert seen == wanted


PAUSES = {
    "just started": (Health(fault=SICK), 0, 0.02),
    "starting": (Health(fault=SICK), 10, 0.15),
    "starting for long": (Health(fault=SICK), 60, 1),
    "healthy": (Health(confirmed=True), 60, 5),
    "in doubt": (Health(confirmed=True, failures=1, fault=SICK), 60, 1),
}


@pytest.mark.parametrize("case", PAUSES)
def test_checks_are_frequent_when_news_is_awaited(case):
    health, age, wanted = PAUSES[case]
    assert pause(health, age=age, interval=5) == wanted


def test_restarts_become_slower_up_to_a_limit_and_are_forgotten_after_a_while_up():
    delays, previous = [], None
    for up in (1, 1, 1, 1, 1, 1, 1, 1, 60, 1):
        previous = restarts.next_delay(previous, up=up)
        delays.append(previous)
    assert delays == [0.5, 1, 2, 4, 8, 16, 30, 30, 0.5, 1]


ENDS = {
    "status": (3, "no database", "exited with status 3: no database", 3),
    "silent": (0, "", "exited with status 0", 0),
    "signal": (-signal.SIGSEGV, "", "was killed by SIGSEGV", 139),
    "real-time signal": (-40, "", "was killed by signal 40", 168),
}


@pytest.mark.parametrize("case", ENDS)
def test_an_end_is_told_for_a_person(case):
    code, last, text, status = ENDS[case]
    assert restarts.describe_end(code, last) == text
    assert restarts.shell_status(code) == status


def test_every_state_can_be_dismissed_and_only_a_dismissed_process_stays_so():
    assert TRANSITIONS.keys() == set(State)
    assert all(TRANSITIONS[state][Event.DISMISSED] is State.STOPPING for state in State)
    assert set(TRANSITIONS[State.STOPPING].values()) == {State.STOPPING}


def test_only_a_process_that_starts_is_confirmed():
    confirmed = [state for state in State if Event.CONFIRMED in TRANSITIONS[state]]
    assert confirmed == [State.STARTING]
