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
from demo.stage import BIN, REPOSITORY, CommandError, Stage, overlays
from tests.system.rack import Rack, until

from convox.host.ports import free_port

# Each release is the source tree with these variants laid over it, in the order of the feed.
RELEASES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "A": ("20260101000000", ()),
    "broken boot": ("20260102000000", ("e-broken-boot",)),
    "idle component": ("20260103000000", ("e-idle-component",)),
    "never well": ("20260104000000", ("e-never-well",)),
    "too large": ("20260105000000", ("e-too-large",)),
    "withdrawn": ("20260106000000", ("e-too-large",)),
    "B": ("20260107000000", ("b",)),
    "C": ("20260108000000", ("b", "c")),
    "D": ("20260109000000", ("b", "c", "d")),
}

# Each of these differs from the one before in its agent, its component and its keeper.
STIRRED: Mapping[str, str] = {
    "one": "20260101000001",
    "two": "20260101000002",
    "three": "20260101000003",
}
_TOUCHED = ("agent/restarts.py", "components/programs/meter.py", "keeper/log.py")


@dataclass(slots=True)
class Feed:
    """The feed in ``folder``, served at ``address``, with ``versions`` by their names above."""

    folder: Path
    port: int
    versions: Mapping[str, str]
    server: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

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
    with ThreadPoolExecutor(2) as builders:
        built = list(builders.map(lambda name: _build(stage, name), [*RELEASES, *STIRRED]))
    stage.run("convox-feed", "publish", folder, *built, "--keys", keys)
    withdrawn = RELEASES["withdrawn"][0]
    reason = ["--reason", "it eats the disk", "--keys", keys]
    stage.run("convox-feed", "withdraw", folder, withdrawn, *reason)
    versions = {name: version for name, (version, _) in RELEASES.items()}
    feed = Feed(folder=folder, port=free_port(), versions={**versions, **STIRRED})
    feed.serve()
    yield feed
    feed.stop()


def _build(stage: Stage, name: str) -> Path:
    out = stage.home / "releases" / name
    if name in STIRRED:
        version, laid_over = STIRRED[name], ["--overlay", _stirred(stage, name)]
    else:
        version, laid_over = RELEASES[name][0], overlays(RELEASES[name][1])
    stage.run("convox-feed", "build", REPOSITORY, "--version", version, "--out", out, *laid_over)
    return out


def _stirred(stage: Stage, name: str) -> str | Path:
    """Return an overlay in which some files say a word more than the source tree's."""
    for file in _TOUCHED:
        place = Path("src", "convox", file)
        touched = stage.home / "overlays" / name / place
        touched.parent.mkdir(parents=True)
        touched.write_text(f"{(REPOSITORY / place).read_text()}# {name}\n")
    return stage.home / "overlays" / name


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
