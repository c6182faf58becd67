"""An installation that fails, by the real command, with a real feed."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from convox.feed.built import DOCUMENT
from convox.feed.document import serialise_release
from convox.feed.index import entry_for
from convox.feed.publish import Publisher
from convox.feed.release import REQUIREMENTS, Artifact, RackRelease, Surface
from convox.host.clock import SystemClock
from convox.installer.layout import is_going
from convox.testing.ports import free_port

VERSION = "20260101000000"


@pytest.fixture
def place() -> Iterator[Path]:
    """A short path that every user can pass, as a rack needs one."""
    directory = Path(tempfile.mkdtemp(prefix="install-", dir="/tmp"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


def publish(place: Path, requirements: str) -> None:
    """Publish a release of nothing but its requirements."""
    clock = SystemClock()
    built = place / "built"
    built.mkdir()
    (built / REQUIREMENTS).write_text(requirements)
    content = requirements.encode()
    release = RackRelease(
        version=VERSION,
        notes="",
        surfaces={"state": Surface(reads=frozenset({1}), writes=frozenset({1}))},
        images={"local": "img-0"},
        artifacts=(
            Artifact(
                name=REQUIREMENTS,
                size=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
            ),
        ),
    )
    (built / DOCUMENT).write_bytes(serialise_release(release))
    publisher = Publisher(feed=place / "feed", keys=(place / "keys",), clock=clock)
    publisher.init()
    publisher.publish([built], lambda release: entry_for(release, now=clock.now()))


def install(place: Path, *settings: str) -> subprocess.CompletedProcess[str]:
    ports = (f"{key}={free_port()}" for key in ("HttpPort", "HttpsPort", "ApiPort"))
    words = [f"--setting={word}" for word in (*ports, "AppUser=nobody", *settings)]
    return subprocess.run(
        [sys.executable, "-m", "convox.installer", "install", "--name", "dev", *words],
        env={**os.environ, "CONVOX_RACKS": str(place / "racks")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_nothing_is_left_when_the_slot_cannot_be_built(place: Path):
    publish(place, "nothing==1 --hash=sha256:" + "0" * 64 + "\n")
    done = install(place, f"Feed={place / 'feed'}")
    assert done.returncode == 1
    assert f"Building {VERSION}... FAILED" in done.stdout
    assert done.stderr.startswith("ERROR: cannot run uv")
    assert list((place / "racks").iterdir()) == []


def test_nothing_is_left_when_the_release_cannot_make_its_records(place: Path):
    publish(place, "")
    done = install(place, f"Feed={place / 'feed'}")
    assert done.returncode == 1
    assert "ERROR: cannot bootstrap the rack: " in done.stderr
    assert list((place / "racks").iterdir()) == []


def test_nothing_is_left_when_there_is_no_feed(place: Path):
    done = install(place, f"Feed={place / 'none'}")
    assert done.returncode == 1
    assert f"ERROR: cannot reach feed {place / 'none'}: there is no metadata/1" in done.stderr
    assert list((place / "racks").iterdir()) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("nowhere", "cannot read FeedRoot {}: No such file or directory; give the root.json"),
        ("notes.txt", "cannot trust FeedRoot {}: it is no root; give the root.json"),
    ],
)
def test_nothing_is_left_when_the_given_root_is_none(place: Path, given: str, said: str):
    publish(place, "")
    (place / "notes.txt").write_text("look here")
    done = install(place, f"Feed={place / 'feed'}", f"FeedRoot={place / given}")
    assert done.returncode == 1
    assert f"ERROR: {said.format(place / given)}" in done.stderr
    assert list((place / "racks").iterdir()) == []


def test_nothing_is_left_when_the_given_root_is_another_publishers(place: Path):
    publish(place, "")
    other = place / "other"
    Publisher(feed=other / "feed", keys=(other / "keys",), clock=SystemClock()).init()
    root = other / "feed" / "metadata" / "1.root.json"
    done = install(place, f"Feed={place / 'feed'}", f"FeedRoot={root}")
    assert done.returncode == 1
    assert "ERROR: cannot trust feed" in done.stderr
    assert list((place / "racks").iterdir()) == []


def test_uninstall_asks_for_force_and_says_what_would_be_lost(place: Path):
    home = place / "racks" / "dev"
    (home / "slugs" / "shop").mkdir(parents=True)
    (home / "resources" / "shop" / "main").mkdir(parents=True)
    facts = '{"name": "dev", "database": "sqlite://", "password": "", "feed": "", "domain": ""}'
    (home / "rack.json").write_text(facts)
    done = _installer(place, "uninstall", "--name", "dev")
    assert done.returncode == 1
    assert done.stderr == (
        "ERROR: cannot uninstall without --force; it removes app shop;"
        f" resource shop/main and its data; rack dev at {home}\n"
    )
    assert home.exists()


def test_an_uninstall_that_was_cut_off_is_gone_on_with(place: Path):
    home = place / "racks" / "dev"
    (home / "slots.going" / VERSION).mkdir(parents=True)
    (home / "slugs" / "shop").mkdir(parents=True)
    facts = '{"name": "dev", "database": "sqlite://", "password": "", "feed": "", "domain": ""}'
    (home / "rack.json").write_text(facts)
    started = _installer(place, "start", "--name", "dev")
    assert started.returncode == 1
    assert "its removal was cut off; go on with it: `convox rack uninstall" in started.stderr
    assert _installer(place, "uninstall", "--name", "dev", "--force").returncode == 0
    assert not home.exists()


def test_a_removal_that_is_killed_leaves_what_says_that_it_goes_on(place: Path):
    home = place / "racks" / "dev"
    (home / "slots" / VERSION).mkdir(parents=True)
    (home / "slugs").mkdir()
    for number in range(5_000):
        (home / "slugs" / str(number)).touch()
    (home / "rack.json").touch()
    removes = f"from convox.installer.layout import clear_away; clear_away(Path({str(home)!r}))"
    with subprocess.Popen(
        [sys.executable, "-c", f"from pathlib import Path; {removes}"]
    ) as removal:
        while not is_going(home) and removal.poll() is None:
            pass
        removal.kill()
    assert is_going(home)
    assert not (home / "slots").exists()
    assert (home / "rack.json").exists()


def _installer(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "convox.installer", *words],
        env={**os.environ, "CONVOX_RACKS": str(place / "racks")},
        capture_output=True,
        text=True,
        check=False,
    )
