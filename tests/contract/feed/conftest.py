"""Real feeds: keys, signatures and files, in a folder and over HTTP."""

import hashlib
import shutil
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from convox.feed.built import DOCUMENT
from convox.feed.document import serialise_release
from convox.feed.fetch import FeedClient
from convox.feed.index import entry_for
from convox.feed.publish import Publisher
from convox.feed.release import Artifact, RackRelease, Surface
from convox.feed.signing import Lifetimes
from convox.feed.store import Store
from convox.feedtool.command import main
from convox.feedtool.passphrases import VARIABLE
from convox.feedtool.serving import folder_server


@dataclass
class Calendar:
    """The publisher's clock: what it signs in the past may have expired today."""

    moment: datetime = field(default_factory=lambda: datetime.now(UTC))

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@dataclass
class Workshop:
    """A publisher, and racks that read what it publishes."""

    home: Path
    url: str
    clock: Calendar = field(default_factory=Calendar)
    lifetimes: Lifetimes = field(default_factory=Lifetimes)

    @property
    def feed(self) -> Path:
        return self.home / "feed"

    @property
    def publisher(self) -> Publisher:
        keys = self.home / "keys"
        return Publisher(feed=self.feed, keys=(keys,), clock=self.clock, lifetimes=self.lifetimes)

    def build(self, version: str, *, epochs: str = "1", content: str = "") -> Path:
        """Make a release with one artifact of its own, and one that all share."""
        directory = self.home / f"built-{version}-{epochs}-{content}"
        directory.mkdir()
        files = {"own.whl": f"wheel {version} {content}" * 100, "shared.whl": "shared" * 100}
        for name, text in files.items():
            (directory / name).write_text(text)
        numbers = frozenset(map(int, epochs))
        release = RackRelease(
            version=version,
            notes=f"notes of {version}",
            surfaces={"usage": Surface(reads=numbers, writes=numbers)},
            images={"local": "img-0"},
            artifacts=tuple(described(name, text) for name, text in files.items()),
        )
        (directory / DOCUMENT).write_bytes(serialise_release(release))
        return directory

    def publish(self, version: str, **marks) -> None:
        directory = self.build(version, epochs=marks.pop("epochs", "1"))
        now = self.clock.now()
        self.publisher.publish([directory], lambda each: replace(entry_for(each, now=now), **marks))

    def rack(self, name: str = "rack") -> FeedClient:
        """Return a rack's client, which remembers what a rack of this name has seen."""
        directory = self.home / name
        if not directory.exists():
            directory.mkdir()
            shutil.copy(self.feed / "metadata" / "1.root.json", directory / "root.json")
        return FeedClient(self.url, directory, self.store)

    @property
    def store(self) -> Store:
        return Store(self.home / "store")

    def keep(self) -> Path:
        """Remember the feed as it is now."""
        return Path(shutil.copytree(self.feed, self.home / "kept", dirs_exist_ok=True))

    def put_back(self, *names: str) -> None:
        """Put files of the feed back to what they were when it was kept."""
        for name in names:
            shutil.copy(self.home / "kept" / name, self.feed / name)


def described(name: str, text: str) -> Artifact:
    content = text.encode()
    return Artifact(name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest())


@pytest.fixture(autouse=True)
def nobody_is_asked(monkeypatch):
    """Let no test wait for a passphrase where a person runs it at a terminal, uncaptured."""
    monkeypatch.setenv(VARIABLE, "")


@contextmanager
def serving(folder: Path):
    with folder_server(folder, 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(params=["folder", "http"])
def workshop(request, tmp_path):
    """A feed with one release, read in each way that there is."""
    (tmp_path / "feed").mkdir()
    if request.param == "folder":
        made = Workshop(home=tmp_path, url=str(tmp_path / "feed"))
        made.publisher.init()
        yield made
    else:
        with serving(tmp_path / "feed") as url:
            made = Workshop(home=tmp_path, url=url)
            made.publisher.init()
            yield made


@pytest.fixture
def typed(capsys):
    """Type a command line about a feed; return its exit status and what it said."""

    def run(*words):
        status = main([str(word) for word in words])
        said = capsys.readouterr()
        return status, said.out + said.err

    return run
