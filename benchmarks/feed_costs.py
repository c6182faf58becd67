"""What a rack's questions and a hop cost a real feed of a thousand releases, as counted."""

import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from demo.stage import REPOSITORY, Stage, overlays

from benchmarks.counting import counted
from convox.feed.built import DOCUMENT
from convox.feed.document import parse_release, serialise_release
from convox.feed.fetch import FeedClient
from convox.feed.release import Artifact, RackRelease
from convox.feed.store import Store, sha256_of
from convox.testing.fleet.load import Costs

RELEASES = 1000
_QUESTIONS = 5  # of a rack before it begins by itself, and when the hop is done
_BUILT = {"20260901000000": (), "20260902000000": ("b",)}


def measure(stage: Stage) -> Costs:
    """Publish a thousand releases, the last two of them real ones, and read them as a rack does."""
    running, newest = (_build(stage, version) for version in _BUILT)
    stage.run("convox-feed", "init", stage.feed, "--keys", stage.home / "keys")
    _publish(stage, *_fill(stage, running, RELEASES - len(_BUILT)), running)
    with counted(stage.feed) as (url, counter):
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
