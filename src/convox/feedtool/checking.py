"""See a feed as a rack would, from nothing but its first root, and every file of it."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from convox.errors import FeedError
from convox.feed.admission import troubles
from convox.feed.fetch import FeedClient, first_root
from convox.feed.layout import ARTIFACTS
from convox.feed.promises import broken
from convox.feed.release import REQUIREMENTS, Artifact, RackRelease
from convox.feed.store import Store, mismatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was found. ``root`` is the fingerprint of who the feed says may sign it."""

    feed: str
    root: str = ""
    releases: int = 0
    artifacts: int = 0
    troubles: tuple[str, ...] = ()

    def summary(self) -> str:
        """Return the report but for its troubles, in a line."""
        return (
            f"Feed {self.feed}, root {self.root[:16] or 'unknown'}: {self.releases} releases,"
            f" {self.artifacts} artifacts, {len(self.troubles)} errors"
        )

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return asdict(self)


async def examine(feed: Path) -> Report:
    """Verify all signatures and hashes, and that every rack has a way to the newest release."""
    from convox.feed.trust import fingerprint

    with tempfile.TemporaryDirectory(prefix="convox-check-") as work:
        try:
            root = await first_root(str(feed))
            (Path(work) / "root.json").write_bytes(root)
            client = FeedClient(str(feed), Path(work), Store(Path(work) / "store"))
            index = await client.refresh()
            releases = await client.releases(entry.version for entry in index.entries)
        except FeedError as error:
            return Report(feed=str(feed), troubles=(str(error),))
    artifacts = _artifacts(releases)
    return Report(
        feed=str(feed),
        root=fingerprint(root),
        releases=len(releases),
        artifacts=len(artifacts),
        troubles=(
            *_damaged(feed, artifacts),
            *_broken_promises(feed, releases.values()),
            *troubles(index),
        ),
    )


def _broken_promises(feed: Path, releases: Iterable[RackRelease]) -> Iterator[str]:
    for release in releases:
        listed = [part for part in release.artifacts if part.name == REQUIREMENTS]
        files = [feed / ARTIFACTS / part.sha256 for part in listed]
        for file in files if release.platforms else ():
            if file.exists():
                for trouble in broken(release, file.read_text()):
                    yield f"release {release.version}: {trouble}"


def _artifacts(releases: Mapping[str, RackRelease]) -> Mapping[str, Artifact]:
    return {
        artifact.sha256: artifact for release in releases.values() for artifact in release.artifacts
    }


def _damaged(feed: Path, artifacts: Mapping[str, Artifact]) -> Iterator[str]:
    for sha256, artifact in artifacts.items():
        file = feed / ARTIFACTS / sha256
        problem = mismatch(file, artifact) if file.exists() else "it is missing"
        if problem:
            yield f"artifact {artifact.name} ({file}): {problem}"
