"""What a rack's questions and a hop cost a real feed of a thousand releases, counted at its server.

Counted are requests, and the bytes of the answers with their heads; what TCP and TLS add is not.
"""

import asyncio
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from demo.stage import REPOSITORY, Stage, overlays

from convox.feed.document import parse_release, serialise_release
from convox.feed.fetch import FeedClient
from convox.feed.publish import DOCUMENT
from convox.feed.release import Artifact, RackRelease
from convox.feed.store import Store, sha256_of
from convox.feedtool.serving import folder_server
from convox.testing.fleet.load import Cost, Costs

RELEASES = 1000
_QUESTIONS = 5  # of a rack before it begins by itself, and when the hop is done
_BUILT = {"20260901000000": (), "20260902000000": ("b",)}


@dataclass(slots=True)
class _Counter:
    """Counts what a server is asked, and what it sends."""

    requests: int = 0
    sent: int = 0

    def take(self) -> Cost:
        """Return what was counted, and begin anew."""
        cost = Cost(requests=self.requests, sent=self.sent)
        self.requests = self.sent = 0
        return cost


def measure(stage: Stage) -> Costs:
    """Publish a thousand releases, the last two of them real ones, and read them as a rack does."""
    running, newest = (_build(stage, version) for version in _BUILT)
    stage.run("convox-feed", "init", stage.feed, "--keys", stage.home / "keys")
    _publish(stage, *_fill(stage, running, RELEASES - len(_BUILT)), running)
    with _counted(stage.feed) as (url, counter):
        client = _rack(stage, url, running)
        asyncio.run(client.refresh(running.name))
        first = counter.take()
        asyncio.run(client.refresh(running.name))
        quiet = counter.take()
        _publish(stage, newest)
        asyncio.run(client.refresh(running.name))
        news = counter.take()
        asyncio.run(_take(client, running.name, newest.name))
        return Costs(first=first, news=news, quiet=quiet, hop=counter.take())


def _build(stage: Stage, version: str) -> Path:
    out = stage.home / "releases" / version
    words = ["build", REPOSITORY, "--version", version, "--out", out]
    stage.run("convox-feed", *words, *overlays(_BUILT[version]))
    return out


def _publish(stage: Stage, *folders: Path) -> None:
    keys = stage.home / "keys"
    stage.run("convox-feed", "publish", stage.feed, *folders, "--keys", keys)


def _fill(stage: Stage, like: Path, count: int) -> Iterator[Path]:
    """Make older releases with documents like this one's; their only artifact is small."""
    template = _document(like)
    for number in range(count):
        version = f"2024{number // 28 % 12 + 1:02}{number % 28 + 1:02}{number // 336:02}0000"
        folder = stage.home / "releases" / version
        folder.mkdir()
        file = folder / "own.whl"
        file.write_text(version)
        artifact = Artifact(name=file.name, size=file.stat().st_size, sha256=sha256_of(file))
        release = replace(template, version=version, artifacts=(artifact,), platforms=())
        (folder / DOCUMENT).write_bytes(serialise_release(release))
        yield folder


def _document(folder: Path) -> RackRelease:
    return parse_release((folder / DOCUMENT).read_bytes())


def _rack(stage: Stage, url: str, running: Path) -> FeedClient:
    """Return a rack that has the running release, and has seen nothing of the feed."""
    directory = stage.home / "rack"
    store = directory / "store"
    store.mkdir(parents=True)
    for artifact in _document(running).artifacts:
        shutil.copy(running / artifact.name, store / artifact.sha256)
    shutil.copy(stage.feed / "metadata" / "1.root.json", directory / "root.json")
    return FeedClient(url, directory, Store(store))


async def _take(client: FeedClient, running: str, target: str) -> None:
    for _ in range(_QUESTIONS):
        await client.refresh(running)
    for artifact in (await client.release(target)).artifacts:
        await client.fetch(artifact)


@contextmanager
def _counted(folder: Path) -> Iterator[tuple[str, _Counter]]:
    counter = _Counter()
    with folder_server(folder, 0) as server:
        _count(server, counter)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", counter
        finally:
            server.shutdown()
            thread.join()


def _count(server: ThreadingHTTPServer, counter: _Counter) -> None:
    base: Any = server.RequestHandlerClass

    class Counted(base):  # type: ignore[misc] - the class is made by the server
        def parse_request(self) -> bool:
            counter.requests += 1
            return bool(super().parse_request())

        def setup(self) -> None:
            super().setup()
            self.wfile = _CountedFile(self.wfile, counter)

    server.RequestHandlerClass = Counted


class _CountedFile:
    """What is written to a connection, passed on."""

    def __init__(self, file: Any, counter: _Counter) -> None:
        self._file, self._counter = file, counter

    def write(self, data: bytes) -> int:
        self._counter.sent += len(data)
        return int(self._file.write(data))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
