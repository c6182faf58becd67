"""Whatever is killed in the middle of an update: it ends where it should, unaided."""

import os
import signal
from collections.abc import Sequence

import pytest
from demo.stage import CommandError
from tests.system.conftest import Feed
from tests.system.rack import Rack, until


@pytest.mark.parametrize(
    ("target", "steps"),
    [
        ("B", ("stage", "expand", "components", "soak")),
        ("D", ("snapshot", "instances", "soak")),
    ],
)
def test_an_update_reaches_its_target_when_its_control_plane_is_killed_in_many_steps(
    doomed: Rack, feed: Feed, target: str, steps: Sequence[str]
) -> None:
    version = feed.versions[target]
    with doomed.traffic():
        words = () if target == "B" else (version,)
        assert doomed.update(*words) == f"Updating to {version}... UPDATING\n"
        for step in steps:
            until(lambda said=f"{version} {step} ...": said in doomed.story())
            doomed.kill_control_plane()
        ended = doomed.ended()
    assert (ended["state"], ended["cause"]) == ("done", "")
    assert doomed.version == version
    until(lambda: doomed.json("rack")["status"] == "running")


def test_a_rack_goes_back_as_far_as_there_is_a_way(doomed: Rack, feed: Feed) -> None:
    """D let go of what A reads, and B still reads what D keeps."""
    until(lambda: doomed.json("rack")["status"] == "running")
    until(lambda: len(doomed.json("instances")) == 3)
    doomed.type("rack", "params", "set", "InstanceLimit=3")
    assert "set InstanceLimit to 4" in doomed.refuses("rack", "update", feed.versions["A"])
    doomed.type("rack", "params", "set", "InstanceLimit=0")
    with doomed.traffic():
        told = doomed.update(feed.versions["A"], "--wait")
    assert f"{feed.versions['B']} is as far back as it goes" in told
    assert doomed.version == feed.versions["B"]
    refused = doomed.refuses("rack", "update", feed.versions["A"])
    assert "is the point of no return" in refused


def test_a_keeper_that_was_killed_has_a_successor_who_does_its_work(doomed: Rack) -> None:
    killed, version = doomed.keeper(), doomed.version
    with doomed.traffic():
        os.kill(killed, signal.SIGKILL)
        until(lambda: doomed.keeper() != killed)
        doomed.kill_control_plane()
        until(lambda: _answers(doomed))
    assert doomed.version == version


def _answers(rack: Rack) -> bool:
    try:
        return bool(rack.version)
    except CommandError:
        return False
