"""One feed for all, made of this source tree, and racks that are taken down whatever happens."""

import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from demo.stage import BIN, CommandError, Stage
from tests.system.rack import Rack, until
from tests.system.releases import OTHERS, RELEASES, Made, build

from convox.testing.ports import free_port


@dataclass(slots=True)
class Feed:
    """The feed in ``folder``, served at ``address``, with ``versions`` by their names."""

    stage: Stage
    port: int
    versions: dict[str, str]
    server: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def folder(self) -> Path:
        return self.stage.feed

    def publish(self, releases: Mapping[str, Made], *words: str) -> None:
        """Build these and offer them."""
        with ThreadPoolExecutor(2) as builders:
            built = [*builders.map(lambda each: build(self.stage, *each), releases.items())]
        keys = self.stage.home / "keys"
        self.stage.run("convox-feed", "publish", self.folder, *built, "--keys", keys, *words)
        self.versions.update({name: made.version for name, made in releases.items()})

    def serve(self) -> None:
        command = [BIN / "convox-feed", "serve", self.folder, "--port", str(self.port)]
        quiet = subprocess.DEVNULL
        self.server = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)
        until(self._answers)

    def stop(self) -> None:
        assert self.server is not None
        self.server.send_signal(signal.SIGTERM)
        self.server.wait(30)

    def wheel(self, release: str) -> Path:
        """Return the file of the rack's own wheel of a release, in the feed."""
        [built] = (self.folder.parent / "releases" / release).rglob("convox-*.whl")
        content = built.read_bytes()
        return next(
            path
            for path in (self.folder / "artifacts").iterdir()
            if path.stat().st_size == len(content) and path.read_bytes() == content
        )

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """Yield a place for racks, their feed and the command's settings; clear it of all of them."""
    home = Path(tempfile.mkdtemp(prefix="cvx-", dir="/tmp"))
    home.chmod(0o755)
    stage = Stage(home=home)
    yield stage
    left = [path.name for path in (home / "racks").glob("[a-z]*")]
    with ThreadPoolExecutor() as enders:
        said = [*enders.map(lambda name: _uninstalled(stage, name), left)]
    assert not any(said), said
    shutil.rmtree(home)


def _uninstalled(stage: Stage, name: str) -> str:
    """Uninstall a rack; return what went wrong, so that the others are still taken down."""
    try:
        stage.run("convox", "rack", "uninstall", "local", name, "--force")
    except CommandError as error:
        return str(error)
    return ""


@pytest.fixture(scope="session")
def feed(stage: Stage) -> Iterator[Feed]:
    """Build and publish every release, and serve the feed."""
    keys, folder = stage.home / "keys", stage.feed
    stage.run("convox-feed", "init", folder, "--keys", keys)
    feed = Feed(stage=stage, port=free_port(), versions={})
    feed.publish(RELEASES)
    reason = ["--reason", "it eats the disk", "--keys", keys]
    stage.run("convox-feed", "withdraw", folder, feed.versions["withdrawn"], *reason)
    feed.serve()
    yield feed
    feed.stop()


@pytest.fixture(scope="session")
def others(feed: Feed) -> Mapping[str, str]:
    """Offer the releases that few tests need; return their versions."""
    feed.publish(OTHERS, "--insert")
    return {name: made.version for name, made in OTHERS.items()}


@pytest.fixture(scope="session")
def rack(stage: Stage, feed: Feed) -> Rack:
    """Return the rack that most tests share: at A, with the app deployed, until the story."""
    return _deployed(stage, feed, "trial")


@pytest.fixture(scope="session")
def doomed(stage: Stage, feed: Feed) -> Rack:
    """Return a rack like the other, to be killed."""
    return _deployed(stage, feed, "doomed")


def _deployed(stage: Stage, feed: Feed, name: str) -> Rack:
    rack = Rack.installed(stage, name, feed=feed.address, version=feed.versions["A"])
    rack.deploy()
    return rack
