"""An update that cannot succeed leaves the rack as it was, serving."""

import re

import pytest
from tests.system.conftest import Feed
from tests.system.rack import Rack, until


@pytest.mark.parametrize(
    ("release", "cause"),
    [
        ("broken boot", "stage: cannot boot the new control plane: .*this release cannot boot"),
        ("idle component", "components: cannot start component idler: it does no work"),
        pytest.param("never well", "soak: the API does not answer", marks=pytest.mark.long),
    ],
)
def test_everything_is_undone_when_a_step_fails(
    rack: Rack, feed: Feed, release: str, cause: str
) -> None:
    version, processes, slots = rack.version, rack.processes(), rack.slots()
    with rack.traffic():
        rack.update(feed.versions[release])
        ended = rack.ended()
    assert ended["state"] == "undone"
    assert re.match(cause, ended["cause"])
    assert {step["state"] for step in ended["steps"]} <= {"undone", "pending"}
    assert rack.version == version == feed.versions["A"]
    assert rack.processes() == processes
    assert rack.slots() == slots
    until(lambda: list(rack.control_planes()) == [version])
    assert "FAILED" in rack.story()
