"""What a keeper does when its record is damaged, lost, or of an older boot."""

import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.contract.keeper.rack import KEEPS_ITS_NAME, Rack

from convox.host.files import read_json, write_json
from convox.host.processes import Pid, identify, lives
from convox.update import keeper_program


def test_record_of_an_older_boot_is_not_taken_for_this_one(rack: Rack):
    mine = identify(os.getpid())
    assert mine is not None
    process = {"number": mine.number, "started": mine.started, "since": 0, "role": "stopping"}
    record = {"current": "A", "boot": "another", "processes": {"A": process}}
    write_json(rack.home / "keeper" / "slots.json", record)
    rack.start()
    rack.until(lambda: rack.starts("A") == 1)
    saved = read_json(rack.home / "keeper" / "slots.json")
    assert saved["boot"] != "another"


DAMAGES = {
    "empty": lambda file: file.write_bytes(b""),
    "truncated": lambda file: os.truncate(file, 40),
    "no JSON": lambda file: file.write_bytes(b"\0" * 512),
    "no record": lambda file: file.write_text("[1, 2]"),
    "without a slot": lambda file: file.write_text('{"current": 7}'),
    "missing": Path.unlink,
}
damaged = pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())


@damaged
def test_record_is_read_from_its_copy_when_it_is(
    damage: Callable[[Path], None], rack: Rack
) -> None:
    keeper, before = _on_trial(rack)
    rack.kill(keeper)
    damage(rack.home / "keeper" / "slots.json")
    rack.start()
    assert (rack.runs(), rack.status.is_committed) == (before, False)
    assert "read from its copy" in rack.told()
    assert read_json(rack.home / "keeper" / "slots.json")["current"] == "B"


@damaged
def test_record_is_found_again_when_both_copies_are(
    damage: Callable[[Path], None], rack: Rack
) -> None:
    rack.commits("A")
    keeper, before = _on_trial(rack)
    rack.kill(keeper)
    for name in ("slots.json", "slots.copy.json"):
        damage(rack.home / "keeper" / name)
    rack.start()
    assert (rack.runs(), rack.status.previous) == (before, "A")
    assert "found again from what is here: slot B is trial" in rack.told()
    asyncio.run(rack.client.revert("the soak failed"))
    rack.until(lambda: rack.starts("A") == 2 and rack.runs().keys() == {"A"})


def test_record_is_found_again_when_nothing_runs(rack: Rack):
    rack.commits("B")
    for name in ("slots.json", "slots.copy.json"):
        (rack.home / "keeper" / name).write_bytes(b"")
    rack.start()
    rack.until(lambda: rack.runs().keys() == {"B"})
    assert rack.status.is_committed


def test_keeper_says_why_it_cannot_watch_when_nothing_is_left(rack: Rack):
    (rack.home / "keeper" / "slots.json").unlink()
    shutil.rmtree(rack.home / "slots")
    keeper = keeper_program.start(rack.home)
    rack.until(lambda: not lives(keeper))
    assert "its record is lost, and no slot is built; install it anew" in rack.told()


def _on_trial(rack: Rack) -> tuple[Pid, dict[str, int]]:
    """Have A run, and B on trial beside it, as in an update."""
    for slot in ("A", "B"):
        rack.slot(slot, KEEPS_ITS_NAME)
    keeper = rack.start()
    rack.until(lambda: "A" in rack.runs())
    rack.switch("B")
    rack.until(lambda: rack.runs().keys() == {"A", "B"})
    rack.until(lambda: rack.starts("A") == 1 and rack.starts("B") == 1)
    (rack.home / "run" / "api.sock").symlink_to(rack.home / "run" / "rackd-B.sock")
    return keeper, rack.runs()
