"""A real keeper, in front of slots whose rackd is a script of two lines."""

import asyncio
import json
import os
import shutil
import signal
import socket
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from convox.errors import HostError, Refused
from convox.host.files import read_json, write_json
from convox.host.processes import Pid, identify, lives, send
from convox.keeper.log import rotate
from convox.testing.disk import SmallDisk
from convox.update import keeper_program
from convox.update.keeper_client import KeeperClient, KeeperStatus

SERVES = "exec sleep 600"
KEEPS_ITS_NAME = "sleep 600 & wait"  # so that /proc tells what was started
CRASHES = "echo 'cannot read the state' >&2; exit 3"
# Its start is written down first: `python -m convox.rackd --home HOME --slot SLOT`.
RACKD = '#!/bin/sh\necho "$6 $$" >>"$4/starts"\n{behaviour}\n'


@dataclass
class Rack:
    """A home with a keeper and slots that are scripts."""

    home: Path
    keepers: list[Pid] = field(default_factory=list)

    @property
    def client(self) -> KeeperClient:
        return KeeperClient(socket=self.home / "run" / "keeper.sock")

    @property
    def status(self) -> KeeperStatus:
        return asyncio.run(self.client.status())

    def slot(self, name: str, behaviour: str) -> None:
        python = self.home / "slots" / name / "bin" / "python"
        python.parent.mkdir(parents=True, exist_ok=True)
        python.write_text(RACKD.format(behaviour=behaviour))
        python.chmod(0o755)

    def commits(self, slot: str) -> None:
        """Write down, as a rack's records do, which version is committed."""
        file = self.home / "rack.db"
        write_json(self.home / "rack.json", {"database": f"sqlite:///{file}"})
        with closing(sqlite3.connect(file)) as database:
            database.execute("CREATE TABLE facts (key TEXT, value TEXT)")
            database.execute("INSERT INTO facts VALUES ('version', ?)", [json.dumps(slot)])
            database.commit()

    def start(self) -> Pid:
        keeper = keeper_program.start(self.home)
        self.keepers.append(keeper)
        self.until(self.answers)
        return keeper

    def switch(self, slot: str, *, seconds: float = 300) -> None:
        asyncio.run(self.client.switch(slot, seconds=seconds))

    def answers(self) -> bool:
        try:
            return bool(self.status)
        except HostError:
            return False

    def starts(self, slot: str) -> int:
        """Return how often a slot's rackd was started."""
        file = self.home / "starts"
        lines = file.read_text().splitlines() if file.exists() else []
        return sum(line.startswith(f"{slot} ") for line in lines)

    def runs(self) -> dict[str, int]:
        """Return, by slot, the processes that the keeper names and that really live."""
        return {slot: pid for slot, pid in self.status.processes.items() if identify(pid)}

    def until(self, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + 30
        while not holds():
            assert time.monotonic() < end, self.told()
            time.sleep(0.02)

    def told(self) -> str:
        return "\n".join(log.read_text() for log in (self.home / "logs").glob("*.log"))

    def clean(self) -> None:
        for keeper in self.keepers:
            send(keeper, signal.SIGKILL)
        starts = self.home / "starts"
        for line in starts.read_text().splitlines() if starts.exists() else []:
            number = int(line.split()[1])
            command = Path(f"/proc/{number}/cmdline")
            said = command.read_bytes() if command.exists() else b""
            if b"sleep\x00600" in said or bytes(self.home) in said:
                os.killpg(number, signal.SIGKILL)
        shutil.rmtree(self.home)


@pytest.fixture
def rack() -> Iterator[Rack]:
    home = Path(tempfile.mkdtemp(prefix="keeper-", dir="/tmp"))
    for name in ("run", "logs", "keeper", "slots"):
        (home / name).mkdir()
    rack = Rack(home)
    rack.slot("A", SERVES)
    rack.slot("B", SERVES)
    write_json(home / "keeper" / "slots.json", {"current": "A"})
    keeper_program.install(home)
    yield rack
    rack.clean()


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
    send(keeper, signal.SIGKILL)
    rack.until(lambda: not lives(keeper))
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
    send(keeper, signal.SIGKILL)
    rack.until(lambda: not lives(keeper))
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
    _kill(rack, keeper)
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
    _kill(rack, keeper)
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
    _kill(rack, keeper)


def test_keeper_waits_for_a_place_to_listen_when_its_disk_is_read_only(
    rack: Rack, mount: Callable[[Path], SmallDisk]
) -> None:
    disk = mount(rack.home / "run")
    disk.forbid()
    rack.keepers.append(keeper_program.start(rack.home))
    rack.until(lambda: "Read-only file system" in rack.told())
    disk.free()
    rack.until(lambda: rack.answers() and "A" in rack.runs())
    _kill(rack, rack.keepers[0])


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


def _kill(rack: Rack, keeper: Pid) -> None:
    send(keeper, signal.SIGKILL)
    rack.until(lambda: not lives(keeper))


def _changed_source(directory: Path, addition: str) -> Path:
    source = directory / "keeper"
    shutil.copytree(Path(sys.modules["convox"].__path__[0]) / "keeper", source)
    with (source / "main.py").open("a") as stream:
        stream.write(addition)
    return source
