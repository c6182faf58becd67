"""What a keeper does on a disk that is full, or can only be read."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.contract.keeper.rack import Rack

from convox.errors import Refused
from convox.host.files import read_json, write_json
from convox.keeper.log import rotate
from convox.testing.disk import SmallDisk
from convox.update import keeper_program


@pytest.mark.parametrize("act", [SmallDisk.fill, SmallDisk.forbid], ids=["full", "read-only"])
def test_rackd_is_started_again_and_nothing_is_lost_when_the_disk_is(
    act: Callable[[SmallDisk], None], rack: Rack, mount: Callable[[Path], SmallDisk]
) -> None:
    disk = mount(rack.home / "keeper")
    keeper_program.install(rack.home)
    file = rack.home / "keeper" / "slots.json"
    write_json(file, {"current": "A"})
    keeper = rack.start()
    rack.until(lambda: rack.starts("A") == 1)
    act(disk)
    before = file.read_bytes()
    os.kill(rack.runs()["A"], signal.SIGKILL)
    rack.until(lambda: rack.starts("A") == 2 and "A" in rack.runs())
    with pytest.raises(Refused, match=r"cannot do that: .*(No space left|Read-only)"):
        rack.switch("B")
    assert (file.read_bytes(), rack.status.current) == (before, "A")
    disk.free()
    rack.switch("B")
    rack.until(lambda: rack.runs().keys() == {"A", "B"})
    assert read_json(file)["processes"].keys() == {"A", "B"}
    rack.kill(keeper)


def test_keeper_waits_for_a_place_to_listen_when_its_disk_is_read_only(
    rack: Rack, mount: Callable[[Path], SmallDisk]
) -> None:
    disk = mount(rack.home / "run")
    disk.forbid()
    rack.keepers.append(keeper_program.start(rack.home))
    rack.until(lambda: "Read-only file system" in rack.told())
    disk.free()
    rack.until(lambda: rack.answers() and "A" in rack.runs())
    rack.kill(rack.keepers[0])


def test_log_is_left_as_it_is_when_there_is_no_room_for_its_copy(
    tmp_path: Path, mount: Callable[[Path], SmallDisk]
) -> None:
    disk, log = mount(tmp_path), tmp_path / "rackd.log"
    log.write_bytes(b"x" * 100_000)
    older = tmp_path / "rackd.log.1"
    older.write_bytes(b"older")
    disk.fill()
    rotate(log, largest=1000)
    assert (log.stat().st_size, older.read_bytes()) == (100_000, b"older")
    disk.free()
    rotate(log, largest=1000)
    assert (log.stat().st_size, older.stat().st_size) == (0, 100_000)
