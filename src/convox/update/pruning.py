"""Let go of what neither the running release nor the one before it needs."""

import asyncio
import shutil
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from convox.components.running import RunningComponents
from convox.feed.bundle import drop_spent
from convox.feed.layout import BUNDLE
from convox.feed.release import RackRelease
from convox.feed.store import Store
from convox.state import wanted
from convox.state.database import Database
from convox.update import keeper_program
from convox.update.slots import Slots
from convox.update.steps.step import HopInHand

_SNAPSHOTS = 5  # of past hops that are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruning:
    """Keeps both sides of the hop that was just committed, so that there is a way back.

    Of the release that the whole update began at the artifacts stay as well, so that it can be
    undone where the feed cannot be reached.
    """

    home: Path
    slots: Slots
    store: Store
    components: RunningComponents
    database: Database
    booted: Callable[[], Collection[str]]
    """The images that instances still run."""
    began: Callable[[HopInHand], Collection[RackRelease]]
    """The release that the update of a hop began at, where its document is known."""

    async def __call__(self, hop: HopInHand) -> None:
        """Remove the rest, thousands of files, while the loop goes on serving the API."""
        await asyncio.to_thread(self._remove, hop)

    def _remove(self, hop: HopInHand) -> None:
        both = (hop.origin, hop.target)
        self.slots.prune({release.version for release in both})
        kept = (*both, *self.began(hop))
        self.store.prune({part.sha256 for release in kept for part in release.artifacts})
        with self.database.look() as connection:
            labels = wanted.components(connection)
        self.components.prune(labels)
        images = {image for release in both for image in release.images.values()}
        self._prune_images(images.union(self.booted()))
        self._prune_snapshots()
        drop_spent(self.home / "feed" / BUNDLE, hop.target.version)
        keeper_program.prune(self.home)

    def _prune_images(self, keep: Collection[str]) -> None:
        for directory in (self.home / "images").glob("*"):
            if directory.name not in keep:
                shutil.rmtree(directory, ignore_errors=True)

    def _prune_snapshots(self) -> None:
        copies = sorted(
            (self.home / "snapshots").glob("*.db"), key=lambda path: path.stat().st_mtime
        )
        for copy in copies[:-_SNAPSHOTS]:
            copy.unlink(missing_ok=True)
