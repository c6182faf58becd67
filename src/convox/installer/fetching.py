"""Bring the release that a new rack is to run."""

from pathlib import Path

from convox.control.automatic.policy import CHANNEL
from convox.errors import FeedUntrusted, NotFound, Refused
from convox.feed.fetch import FeedClient, first_root
from convox.feed.here import here
from convox.feed.index import STABLE, Index, latest
from convox.feed.release import RackRelease
from convox.feed.store import Store
from convox.feed.trust import fingerprint
from convox.host.files import write_atomically
from convox.installer.progress import step
from convox.installer.settings import Settings

_MIB = 1024 * 1024
_NEWER_THAN_ALL = "9" * 14
_GIVEN = "give the root.json that the feed's publisher gave out"


async def fetch(home: Path, settings: Settings) -> RackRelease:
    """Begin to trust the feed, choose the release, and bring all its artifacts, verified."""
    with step(f"Verifying feed {settings.feed}") as add:
        root = _given_root(settings.feed_root) if settings.feed_root else None
        root = root or await first_root(settings.feed)
        write_atomically(home / "feed" / "root.json", root)
        store = Store(home / "store")
        feed = FeedClient(settings.feed, home / "feed", store, platform=here())
        channel = settings.parameters.get(CHANNEL, STABLE)
        index = await _index(feed, settings.version, channel)
        version = choose(index, settings.version, channel)
        release = await feed.release(version)
        add(f"root {fingerprint(root)}")
    size = sum(artifact.size for artifact in release.artifacts)
    with step(f"Fetching {version}, {size / _MIB:.0f} MiB"):
        for artifact in release.artifacts:
            await feed.fetch(artifact)
    return release


async def _index(feed: FeedClient, wanted: str | None, channel: str) -> Index:
    """Read what is newest of the index, and the rest where the channel has nothing of that."""
    index = await feed.refresh(since=wanted or _NEWER_THAN_ALL)
    return index if wanted or latest(index, channel) else await feed.refresh()


def choose(index: Index, wanted: str | None, channel: str = STABLE) -> str:
    """Return the version to install; ``NotFound`` or ``Refused`` where that cannot be."""
    version = wanted or latest(index, channel)
    if version is None:
        raise NotFound("cannot install a rack: the feed has no release yet; publish one first")
    entry = index.find(version)
    newest = latest(index, channel)
    if entry is None or not entry.published:
        remedy = f"the newest is {newest}" if newest else "publish one first"
        raise NotFound(f"cannot install {version}: the feed does not offer it; {remedy}")
    if entry.withdrawn is not None:
        remedy = f"use {newest}" if newest else "publish another one first"
        raise Refused(f"cannot install {version}: it was withdrawn: {entry.withdrawn}; {remedy}")
    return version


def _given_root(path: Path) -> bytes:
    try:
        root = path.read_bytes()
    except OSError as error:
        raise NotFound(f"cannot read FeedRoot {path}: {error.strerror}; {_GIVEN}") from error
    try:
        fingerprint(root)
    except FeedUntrusted as error:
        raise FeedUntrusted(f"cannot trust FeedRoot {path}: it is no root; {_GIVEN}") from error
    return root
