"""No step that the tables do not have."""

from datetime import UTC, datetime

import pytest

from convox.engine.engine import InstanceId, ProcessId
from convox.rollout import deployment as deployments
from convox.rollout import instance as instances
from convox.rollout import process as processes
from convox.rollout.deployment import Deployment, DeploymentEvent, DeploymentState
from convox.rollout.instance import Instance, InstanceEvent, InstancePhase
from convox.rollout.process import Phase, Process, ProcessEvent

_NOW = datetime(2026, 1, 15, tzinfo=UTC)


def _process(phase: Phase) -> Process:
    return Process(
        id=ProcessId("web-1"),
        app="app",
        service="web",
        release="R",
        fingerprint="f",
        instance=InstanceId("i-1"),
        phase=phase,
        since=_NOW,
        created=_NOW,
        one_off=False,
        moves=0,
    )


def _instance(phase: InstancePhase) -> Instance:
    return Instance(id=InstanceId("i-1"), image="img", phase=phase, since=_NOW, created=_NOW)


def _deployment(state: DeploymentState) -> Deployment:
    return Deployment(
        app="app", release="R2", previous="R1", state=state, started=_NOW, deadline=_NOW, cause=""
    )


_MACHINES = (
    (_process, processes.TRANSITIONS, ProcessEvent),
    (_instance, instances.TRANSITIONS, InstanceEvent),
    (_deployment, deployments.TRANSITIONS, DeploymentEvent),
)
_STEPS = [
    (make, table, state, event)
    for make, table, events in _MACHINES
    for state in table
    for event in events
]


@pytest.mark.parametrize(("make", "table", "state", "event"), _STEPS)
def test_a_step_is_taken_when_the_table_has_it_and_refused_when_not(
    make, table, state, event
) -> None:
    thing = make(state)
    if event in table[state]:
        assert thing.after(event) is table[state][event]
    else:
        with pytest.raises(RuntimeError, match=str(event)):
            thing.after(event)


@pytest.mark.parametrize(("_make", "table", "_events"), _MACHINES)
def test_every_state_is_in_the_table_and_can_come_to_an_end(_make, table, _events) -> None:
    states = set(type(next(iter(table))))
    assert set(table) == states
    ends = {state for state in states if not table[state]}
    for state in states:
        reached, seen = {state}, set()
        while reached - seen:
            seen |= reached
            reached = {following for item in seen for following in table[item].values()} | seen
        assert seen & ends, state


@pytest.mark.parametrize(
    ("state", "wanted", "active"),
    [
        (DeploymentState.ROLLING, "R2", "R1"),
        (DeploymentState.DONE, "R2", "R2"),
        (DeploymentState.REVERTING, "R1", "R1"),
        (DeploymentState.REVERTED, "R1", "R1"),
    ],
)
def test_what_an_app_runs_follows_from_its_deployment_alone(state, wanted, active) -> None:
    assert deployments.wanted_release(_deployment(state)) == wanted
    assert deployments.active_release(_deployment(state)) == active
