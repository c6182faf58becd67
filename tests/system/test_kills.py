"""Whatever is killed in the middle of an update: it ends where it should, unaided."""

import os
import signal

import pytest
from demo.stage import CommandError
from tests.system.conftest import Feed
from tests.system.rack import Rack, until

pytestmark = pytest.mark.xdist_group("system")


def test_an_update_reaches_its_target_when_its_control_plane_is_killed_again_and_again(
    doomed: Rack, feed: Feed
) -> None:
    for target, steps in (
        ("B", ("stage", "expand", "components", "soak")),
        ("D", ("snapshot", "instances", "soak")),
    ):
        version = feed.versions[target]
        with doomed.traffic():
            doomed.update(version)
            for step in steps:
                until(lambda said=f"{version} {step} ...": said in doomed.story())
                doomed.kill_control_plane()
            ended = doomed.ended()
        assert (ended["state"], ended["cause"]) == ("done", "")
        assert doomed.version == version
        until(lambda: doomed.json("rack")["status"] == "running")


def test_a_keeper_that_is_killed_is_replaced_and_an_update_goes_on(
    doomed: Rack, feed: Feed
) -> None:
    killed = doomed.keeper()
    with doomed.traffic():
        os.kill(killed, signal.SIGKILL)
        until(lambda: doomed.keeper() != killed)
        doomed.kill_control_plane()
        until(lambda: _answers(doomed))
    assert doomed.version in feed.versions.values()


def _answers(doomed: Rack) -> bool:
    try:
        return bool(doomed.version)
    except CommandError:
        return False
