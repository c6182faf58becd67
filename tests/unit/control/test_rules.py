"""What the use-cases decide, without a rack."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from convox.components.usage import Usage
from convox.control.apps import status as app_status
from convox.control.build_log import plain
from convox.control.deploys import checked_manifest, required
from convox.control.processes import one_off_spec, view
from convox.control.rack import status as rack_status
from convox.control.releases import difference, normal
from convox.control.shares import shares
from convox.control.views import AppStatus, ProcessStatus, RackStatus
from convox.engine.engine import (
    HealthCheck,
    InstanceId,
    InstanceState,
    ObservedInstance,
    ObservedProcess,
    ProcessId,
    ProcessState,
)
from convox.errors import InvalidInput, Refused
from convox.manifest.parse import parse
from convox.rollout.deployment import Deployment, DeploymentState
from convox.rollout.desired import Desired, DesiredInstances
from convox.rollout.instance import Instance, InstancePhase
from convox.rollout.process import Phase, Process
from convox.rollout.situation import Situation
from convox.testing.rollout import service
from convox.update.update import Update, UpdateState

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(hours=1)
I_A = InstanceId("i-a")


def observed(state: ProcessState = ProcessState.RUNNING, **values) -> ObservedProcess:
    plain = ObservedProcess(
        id=ProcessId("web-1"),
        app="hello",
        service="web",
        release="R1",
        instance=I_A,
        state=state,
        healthy=state is ProcessState.RUNNING,
        address="127.0.0.2:20001",
        scheme="http",
        command=("sh", "-c", "serve --all"),
        started=LONG_AGO,
        restarts=0,
        exit_status=None,
        reason="",
        pid=1,
    )
    return replace(plain, **values)


def process(phase: Phase = Phase.SERVING, seen: ObservedProcess | None = None, **values) -> Process:
    plain = Process(
        id=ProcessId("web-1"),
        app="hello",
        service="web",
        release="R1",
        fingerprint="one",
        instance=I_A,
        phase=phase,
        since=LONG_AGO,
        created=LONG_AGO,
        one_off=False,
        moves=0,
        observed=seen,
    )
    return replace(plain, **values)


def situation(*processes: Process, count: int = 1) -> Situation:
    web = replace(service("web", count), app="hello", release="R1", fingerprint="one")
    seen = ObservedInstance(
        id=I_A,
        image="img-1",
        address="127.0.0.2",
        state=InstanceState.READY,
        started=LONG_AGO,
        processes=1,
    )
    instance = Instance(
        id=I_A,
        image="img-1",
        phase=InstancePhase.READY,
        since=LONG_AGO,
        created=LONG_AGO,
        observed=seen,
    )
    instances = DesiredInstances(image="img-1", count=1)
    return Situation(
        now=NOW,
        desired=Desired(services=(web,), instances=instances),
        processes=processes,
        instances={I_A: instance},
    )


def deployment(state: DeploymentState) -> Deployment:
    return Deployment(
        app="hello",
        release="R1",
        previous=None,
        state=state,
        started=LONG_AGO,
        deadline=NOW,
        cause="",
    )


def update(state: UpdateState) -> Update:
    return Update(
        id="U1",
        origin="1",
        target="2",
        plan={},
        state=state,
        cause="",
        created=LONG_AGO,
        ended=None,
        asked_by="",
        acknowledged=False,
        steps=(),
    )


CRASHED = observed(ProcessState.CRASHED, restarts=9)


@pytest.mark.parametrize(
    ("latest", "now", "expected"),
    [
        (DeploymentState.DONE, situation(process(seen=observed())), AppStatus.RUNNING),
        (DeploymentState.ROLLING, situation(process(seen=observed())), AppStatus.UPDATING),
        (DeploymentState.REVERTING, situation(process(seen=observed())), AppStatus.ROLLBACK),
        (DeploymentState.REVERTED, situation(process(seen=observed())), AppStatus.RUNNING),
        (DeploymentState.DONE, situation(process(seen=observed()), count=2), AppStatus.UPDATING),
        (DeploymentState.DONE, situation(process(fingerprint="two")), AppStatus.UPDATING),
        (DeploymentState.DONE, situation(process(Phase.STARTING, since=NOW)), AppStatus.UPDATING),
        (DeploymentState.DONE, situation(process(Phase.STARTING)), AppStatus.RUNNING),
        (
            DeploymentState.DONE,
            situation(process(Phase.STARTING, CRASHED, since=NOW)),
            AppStatus.RUNNING,
        ),
    ],
)
def test_an_app_is_updating_until_it_is_as_wanted_or_cannot_become_so(latest, now, expected):
    assert app_status("hello", deployment(latest), now) is expected


def test_an_app_without_a_deployment_is_running():
    assert app_status("other", None, situation()) is AppStatus.RUNNING


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (UpdateState.UPDATING, RackStatus.UPDATING),
        (UpdateState.PAUSED, RackStatus.UPDATING),
        (UpdateState.ROLLBACK, RackStatus.ROLLBACK),
        (UpdateState.FAILED, RackStatus.FAILED),
        (UpdateState.DONE, RackStatus.RUNNING),
        (UpdateState.UNDONE, RackStatus.RUNNING),
    ],
)
def test_the_rack_is_as_its_journal_says(state, expected):
    assert rack_status(update(state), is_rolled=True) is expected


def test_the_rack_is_converging_while_instances_are_not_as_wanted():
    assert rack_status(None, is_rolled=False) is RackStatus.CONVERGING
    assert rack_status(None, is_rolled=True) is RackStatus.RUNNING


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (process(seen=observed()), ProcessStatus.RUNNING),
        (process(Phase.STARTING), ProcessStatus.PENDING),
        (process(Phase.STARTING, observed(healthy=False)), ProcessStatus.PENDING),
        (process(seen=observed(healthy=False)), ProcessStatus.UNHEALTHY),
        (process(seen=CRASHED), ProcessStatus.CRASHED),
        (process(Phase.DRAINING, observed()), ProcessStatus.STOPPING),
        (process(Phase.DRAINING, observed(ProcessState.EXITED)), ProcessStatus.STOPPED),
        (process(Phase.STARTING, observed(healthy=False), one_off=True), ProcessStatus.RUNNING),
    ],
)
def test_a_process_is_as_it_is_seen(found, expected):
    assert view(found, {}).status is expected
    assert view(found, {}).command in {"", "serve --all"}


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({}, {}, ""),
        ({"A": "1"}, {"A": "1"}, ""),
        ({}, {"B": "1", "A": "1"}, "env add:A,B"),
        ({"A": "1", "B": "1"}, {"A": "2", "C": ""}, "env add:C change:A remove:B"),
    ],
)
def test_a_change_of_the_environment_is_said_as_convox_says_it(before, after, words):
    assert difference(before, after) == words


def test_an_environment_is_sorted_and_keeps_what_follows_the_first_equals():
    assert normal("B=x=y\n\nA= spaced \nB=last") == "A= spaced \nB=last"
    assert normal("") == ""


@pytest.mark.parametrize("line", ["A", "=x", "1A=x", "A B=x", "é=x"])
def test_an_environment_is_refused_when_a_line_is_no_pair(line):
    with pytest.raises(InvalidInput, match="is not the form K=V"):
        normal(f"GOOD=1\n{line}")


def test_variables_without_a_default_are_required():
    text = """
    environment: [SHARED, "*"]
    services:
      web: {build: ., command: a, environment: [OWN, HAS=default]}
    """
    assert required(parse(text, {})) == {"SHARED", "OWN"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[1;38;5;39mapp\x1b[m!", "app!"),
        ("\x1b]0;title\x07text", "text"),
        ("plain [31m", "plain [31m"),
    ],
)
def test_colours_are_dropped(text, shown):
    assert plain(text) == shown


def test_a_process_shows_its_share_of_the_machine():
    figures = {41: Usage(cpu=1.0, memory=256), 42: Usage(cpu=3.0, memory=512)}
    used = shares(figures, cores=4, memory=1024)
    found = view(process(seen=replace(observed(), pid=42)), used)
    assert (found.cpu, found.memory) == (0.75, 0.5)
    unknown = view(process(seen=replace(observed(), pid=43)), used)
    assert (unknown.cpu, unknown.memory) == (0.0, 0.0)


def test_a_manifest_with_timers_is_refused_because_nothing_would_run_them():
    service = "services: {web: {command: serve}}"
    timer = 'timers: {tick: {schedule: "* * * * ?", command: date, service: web}}'
    columns = sa.literal("R1").label("id"), sa.literal("").label("environment")
    query = sa.select(*columns, sa.literal(f"{service}\n{timer}\n").label("manifest"))
    with sa.create_engine("sqlite://").connect() as connection:
        release = connection.execute(query).one()
    with pytest.raises(Refused, match="does not run timers yet, and the manifest has tick"):
        checked_manifest(release)


def test_a_process_that_a_person_runs_has_nothing_to_prove_and_is_not_started_again():
    desired = service("web", health=HealthCheck(grace=30), environment={"A": "1", "B": "2"})
    spec = one_off_spec(desired, ProcessId("web-2"), "ls -l", {"B": "3"})
    assert (spec.scheme, spec.health.grace, spec.restart) == (None, 0, False)
    assert (spec.command, spec.environment) == (("sh", "-c", "ls -l"), {"A": "1", "B": "3"})
    assert one_off_spec(desired, ProcessId("web-2"), None, {}).command == desired.command
