"""One moment after another, put together anew only where something differs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from convox.engine.engine import (
    InstanceId,
    InstanceState,
    ObservedInstance,
    ObservedProcess,
    ProcessId,
    ProcessState,
)
from convox.rollout.desired import Desired, DesiredInstances
from convox.rollout.instance import Instance, InstancePhase
from convox.rollout.process import Phase, Process
from convox.rollout.situation import Moments, Observed, Recorded, situation

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
WANTED = Desired(services=(), instances=DesiredInstances(image="img-1", count=1))
PROCESS = Process(
    id=ProcessId("web-1"),
    app="shop",
    service="web",
    release="R1",
    fingerprint="R1",
    instance=InstanceId("i-1"),
    phase=Phase.SERVING,
    since=NOW,
    created=NOW,
    one_off=False,
    moves=0,
)
INSTANCE = Instance(
    id=InstanceId("i-1"), image="img-1", phase=InstancePhase.READY, since=NOW, created=NOW
)
SEEN = ObservedProcess(
    id=PROCESS.id,
    app="shop",
    service="web",
    release="R1",
    instance=INSTANCE.id,
    state=ProcessState.RUNNING,
    healthy=True,
    address="127.0.0.2:20000",
    scheme="http",
    command=("run",),
    started=NOW,
    restarts=0,
    exit_status=None,
    reason="",
    pid=1,
)
THERE = ObservedInstance(
    id=INSTANCE.id,
    image="img-1",
    address="127.0.0.2",
    state=InstanceState.READY,
    started=NOW,
    processes=1,
)
RECORDED = Recorded(processes=(PROCESS,), instances=(INSTANCE,), deployments=())
OBSERVED = Observed(processes=(SEEN,), instances=(THERE,))


@pytest.mark.parametrize(
    ("recorded", "observed"),
    [
        (RECORDED, OBSERVED),
        (RECORDED, Observed(processes=(replace(SEEN, healthy=False),), instances=(THERE,))),
        (RECORDED, Observed(processes=(), instances=())),
        (replace(RECORDED, processes=(replace(PROCESS, phase=Phase.DRAINING),)), OBSERVED),
        (replace(RECORDED, instances=(replace(INSTANCE, cordoned=True),)), OBSERVED),
        (replace(RECORDED, processes=()), OBSERVED),
        (replace(RECORDED, instances=()), OBSERVED),
    ],
)
def test_a_moment_after_others_is_as_it_would_be_alone(recorded, observed):
    moments, later = Moments(), NOW + timedelta(seconds=1)
    for each in ((RECORDED, OBSERVED), (recorded, observed), (RECORDED, OBSERVED)):
        assert moments(later, WANTED, *each) == situation(later, WANTED, *each)


def test_what_is_as_it_was_is_not_made_anew():
    moments = Moments()
    first = moments(NOW, WANTED, RECORDED, OBSERVED)
    read_again = replace(RECORDED, processes=(replace(PROCESS),), instances=(replace(INSTANCE),))
    seen_again = Observed(processes=(replace(SEEN),), instances=(replace(THERE),))
    second = moments(NOW, WANTED, read_again, seen_again)
    assert second.processes[0] is first.processes[0]
    assert second.instances[INSTANCE.id] is first.instances[INSTANCE.id]
