"""What was recorded before the machine's clock was set back lies ahead of it now."""

from datetime import UTC, datetime, timedelta

import pytest

from convox.engine.engine import InstanceId, ObservedProcess, ProcessId, ProcessState
from convox.rollout.instance import Instance, InstancePhase
from convox.rollout.lifecycle import next_event
from convox.rollout.process import Phase, Process, ProcessEvent
from convox.rollout.situation import Traffic

NOW = datetime(2026, 1, 1, tzinfo=UTC)
AHEAD = NOW + timedelta(hours=1)
ID, WHERE = ProcessId("web-1"), InstanceId("i-1")


@pytest.mark.parametrize(("since", "told"), [(AHEAD, AHEAD), (NOW, AHEAD), (AHEAD, NOW)])
def test_a_process_that_nobody_uses_is_drained(since: datetime, told: datetime) -> None:
    assert _event(since, Traffic(open={}, since=told)) is ProcessEvent.DRAINED


def test_what_is_open_is_not_cut_before_its_time() -> None:
    assert _event(AHEAD, Traffic(open={ID: 1}, since=AHEAD)) is None


def _event(since: datetime, traffic: Traffic) -> ProcessEvent | None:
    created = NOW - timedelta(days=1)
    process = Process(
        id=ID,
        app="hello",
        service="web",
        release="R1",
        fingerprint="f",
        instance=WHERE,
        phase=Phase.DRAINING,
        since=since,
        created=created,
        one_off=False,
        moves=0,
        observed=_observed(created),
    )
    instance = Instance(
        id=WHERE, image="img", phase=InstancePhase.RETIRING, since=since, created=created
    )
    return next_event(process, instance, drain=30, now=NOW, traffic=traffic)


def _observed(started: datetime) -> ObservedProcess:
    return ObservedProcess(
        id=ID,
        app="hello",
        service="web",
        release="R1",
        instance=WHERE,
        state=ProcessState.RUNNING,
        healthy=True,
        address="127.0.0.1:3000",
        scheme="http",
        command=("true",),
        started=started,
        restarts=0,
        exit_status=None,
        reason="",
        pid=1,
    )
