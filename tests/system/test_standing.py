"""A rack and its apps come back, whole or in part."""

import json
import os
import signal

from tests.system.rack import APP, Rack, until


def test_processes_move_and_the_instance_is_replaced_when_its_agent_is_killed(rack: Rack) -> None:
    before = rack.processes()
    victim = before[next(each for each in sorted(before) if each.startswith("web"))]
    os.kill(_agent(rack, victim), signal.SIGKILL)
    until(lambda: victim not in {each["id"] for each in rack.json("instances")})
    until(lambda: _is_whole(rack) and victim not in rack.processes().values())
    assert len(rack.json("instances")) == 3


def test_everything_comes_back_when_the_rack_was_stopped_and_started(rack: Rack) -> None:
    version, release = rack.version, rack.release()
    rack.stage.run("convox", "rack", "stop", rack.name)
    said = rack.refuses("apps")
    assert f"convox rack start {rack.name}" in said
    rack.stage.run("convox", "rack", "start", rack.name)
    until(lambda: _is_whole(rack))
    assert (rack.version, rack.release()) == (version, release)
    with rack.traffic():
        pass


def _is_whole(rack: Rack) -> bool:
    services = [each.rpartition("-")[0] for each in rack.processes()]
    states = {each["status"] for each in rack.json("ps", "-a", APP)}
    return sorted(services) == ["job", "solo", "web", "web", "worker"] and states == {"running"}


def _agent(rack: Rack, instance: str) -> int:
    facts = json.loads((rack.home / "instances" / instance / "agent.pid").read_text())
    return int(facts["number"])
