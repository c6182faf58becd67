"""A real keeper, in front of slots whose rackd is a script of two lines."""

import asyncio
import json
import os
import shutil
import signal
import socket
import sys
from pathlib import Path

import pytest
from tests.contract.keeper.rack import CRASHES, Rack

from convox.errors import Refused
from convox.host.processes import identify, lives, send
from convox.update import keeper_program


def test_slot_is_started_again_when_its_rackd_is_killed(rack: Rack):
    rack.start()
    rack.until(lambda: rack.starts("A") == 1)
    os.kill(rack.runs()["A"], signal.SIGKILL)
    rack.until(lambda: rack.starts("A") == 2 and "A" in rack.runs())
    assert rack.status.is_committed


def test_both_slots_run_after_a_switch_and_the_commit_keeps_the_new_one(rack: Rack):
    rack.start()
    rack.until(lambda: "A" in rack.runs())
    rack.switch("B")
    rack.until(lambda: rack.runs().keys() == {"A", "B"})
    assert (rack.status.current, rack.status.previous) == ("B", "A")
    assert not rack.status.is_committed
    asyncio.run(rack.client.commit("B"))
    assert rack.status.is_committed
    assert rack.starts("A") == 1


def test_previous_slot_is_not_started_again_when_it_ends_after_a_switch(rack: Rack):
    rack.start()
    rack.until(lambda: "A" in rack.runs())
    rack.switch("B")
    os.kill(rack.runs()["A"], signal.SIGTERM)
    rack.until(lambda: rack.runs().keys() == {"B"})
    assert rack.starts("A") == 1


def test_keeper_falls_back_when_the_new_slot_keeps_crashing(rack: Rack):
    rack.slot("B", CRASHES)
    rack.start()
    rack.until(lambda: "A" in rack.runs())
    rack.switch("B")
    rack.until(lambda: rack.starts("A") == 2 and rack.runs().keys() == {"A"})
    assert rack.starts("B") == 4
    assert rack.status.reason == (
        "slot B ended 4 times; ended with status 3: cannot read the state"
    )
    with pytest.raises(Refused, match="cannot switch to slot B: slot A is fallen back"):
        rack.switch("B")
    with pytest.raises(Refused, match="cannot commit slot B: slot A is fallen back: slot B ended"):
        asyncio.run(rack.client.commit("B"))
    asyncio.run(rack.client.commit("A"))
    assert rack.status.is_committed


def test_a_trial_goes_on_as_long_as_it_is_prolonged(rack: Rack):
    rack.start()
    rack.switch("B", seconds=2)
    for _ in range(6):
        asyncio.run(asyncio.sleep(0.5))
        left = asyncio.run(rack.client.prolong("B")).seconds_left
        assert left is not None
    assert rack.status.current == "B"


def test_a_sign_of_life_that_names_no_slot_is_refused(rack: Rack):
    rack.start()
    rack.switch("B", seconds=2)
    with socket.socket(socket.AF_UNIX) as asking:
        asking.connect(str(rack.client.socket))
        asking.sendall(b'{"do": "prolong"}\n')
        assert "slot" in json.loads(asking.makefile().readline())["error"]


def test_keeper_falls_back_when_the_new_slot_gives_no_sign_of_life(rack: Rack):
    rack.start()
    rack.until(lambda: "A" in rack.runs())
    rack.switch("B", seconds=1)
    rack.until(lambda: rack.starts("A") == 2 and rack.runs().keys() == {"A"})
    assert rack.status.reason == "slot B gave no sign of life for 1 s"


def test_keeper_falls_back_when_asked(rack: Rack):
    rack.start()
    rack.switch("B")
    asyncio.run(rack.client.revert("the soak failed"))
    rack.until(lambda: rack.runs().keys() == {"A"})
    assert rack.status.reason == "the soak failed"


def test_switch_is_refused_when_the_slot_is_not_built(rack: Rack):
    rack.start()
    with pytest.raises(Refused, match="cannot switch to slot C: it is not built"):
        rack.switch("C")


def test_rackds_survive_and_are_adopted_when_the_keeper_is_killed(rack: Rack):
    keeper = rack.start()
    rack.switch("B")
    rack.until(lambda: rack.runs().keys() == {"A", "B"})
    before = rack.runs()
    rack.kill(keeper)
    assert all(identify(number) for number in before.values())
    rack.start()
    assert rack.runs() == before
    assert not rack.status.is_committed
    os.kill(before["B"], signal.SIGKILL)
    rack.until(lambda: rack.starts("B") == 2)


def test_slot_that_ended_meanwhile_is_started_when_a_new_keeper_comes(rack: Rack):
    keeper = rack.start()
    rack.until(lambda: "A" in rack.runs())
    number = rack.runs()["A"]
    rack.kill(keeper)
    os.kill(number, signal.SIGKILL)
    rack.until(lambda: identify(number) is None)
    rack.start()
    rack.until(lambda: rack.starts("A") == 2)


def test_second_keeper_ends_at_once(rack: Rack):
    rack.start()
    second = keeper_program.start(rack.home)
    rack.until(lambda: not lives(second))
    assert "another one watches this rack" in rack.told()


def test_keeper_keeps_its_processes_when_it_replaces_itself(rack: Rack, tmp_path: Path):
    keeper = rack.start()
    rack.switch("B")
    rack.until(lambda: rack.runs().keys() == {"A", "B"})
    before, first = rack.runs(), rack.status.keeper
    newer = keeper_program.install(rack.home, source=_changed_source(tmp_path, "# newer\n"))
    asyncio.run(rack.client.replace(newer))
    assert (rack.home / "keeper" / "current").resolve() == newer
    rack.until(lambda: rack.answers() and rack.status.keeper == newer.name)
    assert newer.name != first
    assert lives(keeper)
    assert rack.runs() == before
    os.kill(before["B"], signal.SIGKILL)
    rack.until(lambda: rack.starts("B") == 2)
    keeper_program.prune(rack.home)
    assert not (rack.home / "keeper" / first).exists()
    assert newer.exists()


def test_keeper_refuses_a_copy_that_cannot_run(rack: Rack, tmp_path: Path):
    rack.start()
    first = rack.status.keeper
    broken = keeper_program.install(rack.home, source=_changed_source(tmp_path, "import nothing\n"))
    with pytest.raises(Refused, match="No module named 'nothing'"):
        asyncio.run(rack.client.replace(broken))
    assert rack.status.keeper == first


def test_stop_leaves_nothing_and_the_next_keeper_goes_on(rack: Rack):
    keeper = rack.start()
    rack.switch("B")
    rack.until(lambda: rack.runs().keys() == {"A", "B"})
    before = rack.runs()
    asyncio.run(rack.client.stop())
    rack.until(lambda: not lives(keeper))
    assert [identify(number) for number in before.values()] == [None, None]
    rack.start()
    rack.until(lambda: rack.runs().keys() == {"B"})


def test_keeper_ends_as_if_asked_to_when_it_gets_a_signal(rack: Rack):
    keeper = rack.start()
    rack.until(lambda: "A" in rack.runs())
    number = rack.runs()["A"]
    send(keeper, signal.SIGTERM)
    rack.until(lambda: not lives(keeper))
    assert identify(number) is None


def test_log_is_put_aside_when_it_has_grown_large(rack: Rack):
    (rack.home / "logs" / "rackd.log").write_bytes(b"x" * (11 * 1024 * 1024))
    rack.start()
    rack.until((rack.home / "logs" / "rackd.log.1").exists)
    assert (rack.home / "logs" / "rackd.log").stat().st_size < 1024


def _changed_source(directory: Path, addition: str) -> Path:
    source = directory / "keeper"
    shutil.copytree(Path(sys.modules["convox"].__path__[0]) / "keeper", source)
    with (source / "main.py").open("a") as stream:
        stream.write(addition)
    return source
