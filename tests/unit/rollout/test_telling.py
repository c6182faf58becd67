"""What people are told of a deployment's end."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from convox.rollout.action import DeploymentStep
from convox.rollout.deployment import Deployment, DeploymentEvent, DeploymentState
from convox.rollout.telling import told

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
ROLLING, REVERTING = DeploymentState.ROLLING, DeploymentState.REVERTING
CONVERGED, FAILED = DeploymentEvent.CONVERGED, DeploymentEvent.FAILED
DEPLOYMENT = Deployment(
    app="shop", release="R2", previous="R1", state=ROLLING, started=NOW, deadline=NOW, cause=""
)


@pytest.mark.parametrize(
    ("state", "event", "previous", "text"),
    [
        (ROLLING, CONVERGED, "R1", "release R2 is deployed"),
        (ROLLING, FAILED, "R1", "release R2 failed: it crashed; back to R1"),
        (ROLLING, FAILED, None, "release R2 failed: it crashed; stopping it"),
        (REVERTING, CONVERGED, "R1", "release R1 is in effect again"),
        (REVERTING, CONVERGED, None, "no release is in effect, as before"),
        (REVERTING, FAILED, "R1", "release R1 is in effect and not well: it crashed"),
        (REVERTING, FAILED, None, "no release is in effect: it crashed"),
    ],
)
def test_the_end_of_a_deployment_names_what_is_in_effect(state, event, previous, text):
    deployment = replace(DEPLOYMENT, state=state, previous=previous)
    step = DeploymentStep(deployment=deployment, event=event, cause="it crashed")
    assert told(step, None) == ("shop", text)
