"""A rack on a disk of its own, which is filled, and whose files are damaged, while it serves."""

import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from demo.stage import CommandError, Stage
from tests.system.conftest import Feed
from tests.system.rack import APP, Rack, until

from convox.testing.disk import NoDisk, SmallDisk, small_disk


@pytest.fixture(scope="module")
def place(stage: Stage, feed: Feed) -> Iterator[tuple[Rack, SmallDisk]]:
    """Yield a rack whose racks' directory is a small disk, with the app deployed."""
    home = Path(tempfile.mkdtemp(prefix="cvx-", dir="/tmp"))
    home.chmod(0o755)
    (home / "feed").symlink_to(stage.feed)
    (home / "racks").mkdir()
    own = Stage(home=home)
    try:
        with small_disk(home / "racks", size="1g") as disk:
            rack = Rack.installed(own, "small", feed=feed.address, version=feed.versions["A"])
            rack.deploy()
            yield rack, disk
            disk.free()
            own.run("convox", "rack", "uninstall", "local", "small", "--force")
    except NoDisk as error:
        pytest.skip(f"cannot mount a disk here: {error}")
    finally:
        shutil.rmtree(home)


@pytest.mark.long
def test_apps_go_on_and_nothing_is_lost_when_the_disk_is_full(
    place: tuple[Rack, SmallDisk],
) -> None:
    rack, disk = place
    with _pages(rack):
        before = _web(rack)
        disk.fill()
        until(lambda: "No space left" in _trouble(rack))
        assert "cannot write to" in _wrong(rack)["writing"]
        disk.free()
        until(lambda: "can write to" in rack.story())
        disk.fill()
        rack.kill_control_plane()
        disk.free()
        until(lambda: _answers(rack) and not _trouble(rack))
        assert _web(rack) == before
        rack.type("scale", "web", "--count", "3", "-a", APP, "--wait")


def test_apps_go_on_when_the_records_are_damaged_and_the_rack_goes_back_to_a_copy(
    place: tuple[Rack, SmallDisk],
) -> None:
    rack, _ = place
    records = rack.home / "state" / "rack.db"
    _copy(records, rack.home / "snapshots" / "by-hand.db")
    with rack.traffic():
        before = rack.processes()
        os.truncate(records, records.stat().st_size // 2)
        rack.kill_control_plane()
        until(lambda: "rackd" in _wrong(rack))
        assert "by-hand.db" in _remedies(rack)["records"]
        assert "convox rack restore small" in _remedies(rack)["records"]
        rack.stage.run("convox", "rack", "restore", "small")
        assert rack.processes() == before
        assert _wrong(rack) == {}
    assert rack.json("rack")["status"] == "running"
    assert list((rack.home / "state").glob("damaged-*/rack.db"))
    assert "is sound" in rack.refuses("rack", "restore")


@pytest.mark.long
def test_damaged_software_is_named_and_made_anew(place: tuple[Rack, SmallDisk]) -> None:
    rack, _ = place
    [slot] = (rack.home / "slots").glob("[!.]*")
    [module] = slot.glob("lib/python*/site-packages/convox/errors.py")
    [image] = (rack.home / "images").glob("img-*")
    stored = max((rack.home / "store").iterdir(), key=lambda path: path.stat().st_size)
    module.write_text("damaged")
    (image / "convox" / "agent" / "main.py").write_text("damaged")
    os.truncate(stored, 100)
    (rack.home / "rack.json").write_text("")
    assert _wrong(rack).keys() == {f"slot {slot.name}", f"image {image.name}"}
    assert {"store", "state"} <= _remedies(rack).keys()
    rack.stage.run("convox", "rack", "repair", "small")
    assert _wrong(rack) == {}
    assert not {"store", "state"} & _remedies(rack).keys()
    rack.kill_control_plane()
    until(lambda: _answers(rack))


def _findings(rack: Rack) -> list[dict[str, Any]]:
    """Return what the doctor finds, whether anything is wrong or not."""
    try:
        said = rack.type("rack", "doctor", "--json")
    except CommandError as error:
        said = str(error).partition("\n")[2]
    found: list[dict[str, Any]] = json.loads(said[said.index("[") : said.rindex("]") + 1])
    return found


def _wrong(rack: Rack) -> dict[str, str]:
    return {each["name"]: each["found"] for each in _findings(rack) if each["state"] == "wrong"}


def _remedies(rack: Rack) -> dict[str, str]:
    return {each["name"]: each["remedy"] for each in _findings(rack) if each["remedy"]}


def _trouble(rack: Rack) -> str:
    return str(rack.json("rack")["outputs"].get("Trouble", ""))


def _web(rack: Rack) -> set[str]:
    return {each for each in rack.processes() if each.startswith(("web", "solo"))}


def _answers(rack: Rack) -> bool:
    try:
        return bool(rack.version)
    except CommandError:
        return False


@contextmanager
def _pages(rack: Rack) -> Iterator[None]:
    """Get pages all the while; what an app writes to a full disk itself is not the rack's."""
    answers: list[int] = []
    ending = Event()

    def get() -> None:
        while not ending.is_set():
            answers.extend(_status(rack, name) for name in ("web", "solo"))

    with ThreadPoolExecutor(1) as getting:
        done = getting.submit(get)
        try:
            yield
        finally:
            ending.set()
        done.result()
    assert len(answers) > 100
    assert set(answers) == {200}


def _status(rack: Rack, name: str) -> int:
    connection = HTTPConnection("127.0.0.1", rack.ports["HttpPort"], timeout=30)
    with closing(connection):
        host = f"{name}.{APP}.{rack.name}.localhost"
        connection.request("GET", "/", headers={"Host": host})
        return connection.getresponse().status


def _copy(records: Path, copy: Path) -> None:
    """Copy the records as the rack's own snapshots are made."""
    copy.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(records)) as database:
        database.execute("VACUUM INTO ?", [str(copy)])
