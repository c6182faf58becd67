"""What a rack downloads for a hop against what changed in it, counted at the feed's server."""

import asyncio
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks.counting import Counter, counted
from benchmarks.ground import Ground
from benchmarks.result import Result, times
from convox.feed.built import DOCUMENT
from convox.feed.document import parse_release
from convox.feed.fetch import FeedClient
from convox.feed.here import here
from convox.feed.layout import FIRST_ROOT
from convox.feed.release import RackRelease, on
from convox.feed.store import Store

_KIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hop:
    """What the server sent for a hop: of its signatures and index, its document, its artifacts."""

    trust: int
    document: int
    artifacts: int

    @property
    def all(self) -> int:
        return self.trust + self.document + self.artifacts


def measure(ground: Ground) -> Result:
    """Take the releases that follow each other over HTTP, each as a rack that runs the one before.

    The rack has never seen the feed, so that it asks for all signatures and the whole index.
    """
    folders = {name: ground.stage.home / "releases" / name for name in ground.versions}
    rows = []
    with counted(ground.stage.feed) as (url, counter):
        for old, new in pairwise(folders):
            rack = _rack(ground, url, folders[old], f"rack-{old}")
            hop = asyncio.run(_take(rack, folders[old], folders[new], counter))
            rows.append(_row(f"{old} to {new}", folders[old], folders[new], hop))
    return Result(
        title="The download of a hop against what changed",
        how=(
            "The rack's own client takes each release from a plain web server, with all the"
            " artifacts of the one before in its store and nothing of the feed seen yet. What"
            " changed: the artifacts whose content is another one than in the release before, as"
            " they lie in the feed. Downloaded: all that the server sent, with the heads of its"
            " answers. KiB; the ratio is of all that was sent to what changed."
        ),
        header=[
            "hop",
            "changed artifacts",
            "KiB",
            "their download",
            "document",
            "signatures and index",
            "ratio",
            "files changed",
            "packed KiB",
            "ratio to these",
        ],
        rows=rows,
        reading=(
            "What did not change is not asked for. The unit is an artifact: one file of the rack's"
            " own package that changed brings its whole wheel anew. The last three columns are"
            " of the files in it that differ, as the wheel packs them."
        ),
    )


def _row(name: str, old: Path, new: Path, hop: _Hop) -> list[str]:
    there = {artifact.sha256 for artifact in _release(old).artifacts}
    changed = [part.size for part in _release(new).artifacts if part.sha256 not in there]
    files, packed = _changed(old, new)
    return [
        name,
        str(len(changed)),
        _kib(sum(changed)),
        _kib(hop.artifacts),
        _kib(hop.document),
        _kib(hop.trust),
        times(hop.all, sum(changed)),
        str(files),
        _kib(packed),
        times(hop.all, packed),
    ]


def _release(folder: Path) -> RackRelease:
    return on(parse_release((folder / DOCUMENT).read_bytes()), here())


def _rack(ground: Ground, url: str, running: Path, name: str) -> FeedClient:
    """Return a rack that has a release, and has seen nothing of the feed."""
    directory = ground.stage.home / name
    store = directory / "store"
    store.mkdir(parents=True)
    for artifact in _release(running).artifacts:
        shutil.copy(running / artifact.name, store / artifact.sha256)
    shutil.copy(ground.stage.feed / FIRST_ROOT, directory / "root.json")
    return FeedClient(url, directory, Store(store), platform=here())


async def _take(client: FeedClient, running: Path, target: Path, counter: Counter) -> _Hop:
    await client.refresh(_release(running).version)
    trust = counter.take().sent
    release = await client.release(_release(target).version)
    document = counter.take().sent
    for artifact in release.artifacts:
        await client.fetch(artifact)
    return _Hop(trust=trust, document=document, artifacts=counter.take().sent)


def _changed(old: Path, new: Path) -> tuple[int, int]:
    """Return how many files of the package differ, and their bytes as the wheel packs them."""
    before, after = _members(old), _members(new)
    changed = [
        member
        for name, member in after.items()
        if name not in before or before[name].CRC != member.CRC
    ]
    return len(changed), sum(member.compress_size for member in changed)


def _members(folder: Path) -> Mapping[str, zipfile.ZipInfo]:
    (wheel,) = folder.glob("convox-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return {
            item.filename: item for item in archive.infolist() if ".dist-info/" not in item.filename
        }


def _kib(size: int) -> str:
    return f"{size / _KIB:,.1f}"
