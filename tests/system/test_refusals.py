"""Bad input gets a clear error, and changes nothing."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from demo.stage import CommandError
from tests.system.conftest import Feed
from tests.system.rack import APP, SOURCE, Rack, until

from convox.testing.ports import free_port


@pytest.fixture
def unchanged(rack: Rack) -> Iterator[None]:
    """Hold the rack to what it was before."""
    before = (rack.version, rack.processes(), rack.json("rack", "releases"))
    yield
    assert (rack.version, rack.processes(), rack.json("rack", "releases")) == before
    assert rack.json("rack")["status"] == "running"


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ("20260107000001", "the feed has no such release; the newest is 20260109000000"),
        ("20260101000000", "the rack already runs it"),
        ("20260106000000", "it was withdrawn: it eats the disk; use 20260109000000"),
        ("20260105000000", "the disk has .* MiB free and the update needs .*; free some space"),
        ("latest", "14 digits"),
    ],
)
def test_an_update_is_refused_when_its_version_is_not_one_to_go_to(
    rack: Rack, version: str, reason: str
) -> None:
    assert re.search(reason, rack.refuses("rack", "update", version))


@pytest.mark.usefixtures("unchanged")
def test_an_update_is_refused_when_the_feed_cannot_be_reached(rack: Rack, feed: Feed) -> None:
    feed.stop()
    try:
        said = rack.refuses("rack", "update")
    finally:
        feed.serve()
    assert feed.address in said


@pytest.mark.usefixtures("unchanged")
def test_an_update_is_refused_when_the_feed_is_cut_short(rack: Rack, feed: Feed) -> None:
    with spoiled(feed.folder / "metadata" / "timestamp.json", lambda content: content[:100]):
        said = rack.refuses("rack", "update")
    assert "feed" in said


def test_an_update_undoes_itself_when_an_artifact_is_not_what_was_signed(
    rack: Rack, feed: Feed
) -> None:
    with spoiled(feed.wheel("B"), lambda content: content[:-1] + bytes([content[-1] ^ 1])):
        rack.update(feed.versions["B"])
        ended = rack.ended()
    assert ended["state"] == "undone"
    assert ended["cause"].startswith("fetch: ")
    assert "sha256" in ended["cause"]
    assert rack.version == feed.versions["A"]


def test_a_second_update_is_refused_when_one_runs(rack: Rack, feed: Feed) -> None:
    rack.update(feed.versions["broken boot"])
    said = rack.refuses("rack", "update", feed.versions["B"])
    assert feed.versions["broken boot"] in said
    assert rack.ended()["state"] == "undone"


@pytest.mark.usefixtures("unchanged")
def test_a_second_install_of_the_same_name_is_refused(rack: Rack, feed: Feed) -> None:
    with pytest.raises(CommandError, match=f"cannot install rack {rack.name}: there is one at"):
        rack.install(f"Feed={feed.address}")


def test_an_install_is_refused_when_a_port_is_in_use(rack: Rack, feed: Feed) -> None:
    ports = {"HttpPort": rack.ports["HttpPort"], "HttpsPort": free_port(), "ApiPort": free_port()}
    other = replace(rack, name="other", ports=ports)
    with pytest.raises(CommandError, match=f"port {ports['HttpPort']} is used by .*HttpPort=PORT"):
        other.install(f"Feed={feed.address}")
    assert not other.home.exists()


@pytest.mark.usefixtures("unchanged")
def test_a_login_is_refused_when_the_password_is_wrong(rack: Rack) -> None:
    host = f"127.0.0.1:{rack.ports['ApiPort']}"
    with pytest.raises(CommandError, match="invalid login"):
        rack.stage.run("convox", "login", host, "--password", "wrong")


def test_an_app_that_crashes_at_start_is_never_down(rack: Rack, tmp_path: Path) -> None:
    source = tmp_path / "crashing"
    shutil.copytree(SOURCE, source)
    (source / "serve.py").write_text('raise SystemExit("no luck today")\n')
    release, processes = rack.release(), _start_first(rack)
    with rack.traffic():
        said = rack.refuses("deploy", "-a", APP, "--wait", cwd=source)
        until(lambda: rack.json("apps", "info", APP)["status"] == "running")
    assert "rollback" in said
    assert rack.release() == release
    assert _start_first(rack) == processes


def _start_first(rack: Rack) -> set[str]:
    """Return the processes that go only when their successor works; a singleton's goes before."""
    return {each["id"] for each in rack.json("ps", "-a", APP) if each["name"] != "job"}


@contextmanager
def spoiled(path: Path, how: Callable[[bytes], bytes]) -> Iterator[None]:
    """Have other bytes in a file for a while."""
    content = path.read_bytes()
    path.write_bytes(how(content))
    try:
        yield
    finally:
        path.write_bytes(content)
