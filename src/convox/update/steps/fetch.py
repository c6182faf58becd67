"""Bring the release's artifacts into the store, only those that are not there."""

from collections.abc import Callable
from dataclasses import dataclass

from convox.errors import FeedUntrusted
from convox.feed.fetch import FeedClient
from convox.feed.store import Store
from convox.update.steps.step import Facts, HopInHand


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """Downloads and verifies."""

    feed: FeedClient
    store: Store
    narrate: Callable[[str], None]
    name: str = "fetch"

    async def note(self, hop: HopInHand) -> Facts:
        """Remember which artifacts this step will have brought."""
        missing = [part.sha256 for part in hop.target.artifacts if not self.store.has(part.sha256)]
        return {"brought": missing}

    async def do(self, hop: HopInHand, facts: Facts) -> None:
        """Download what is missing."""
        missing = [part for part in hop.target.artifacts if part.sha256 in facts["brought"]]
        total = sum(part.size for part in missing)
        self.narrate(f"fetch {len(missing)} artifacts, {total:,} bytes")
        for artifact in missing:
            await self.feed.fetch(artifact)

    async def verify(self, hop: HopInHand, facts: Facts) -> None:
        """Every artifact is in the store."""
        for artifact in hop.target.artifacts:
            if not self.store.has(artifact.sha256):
                raise FeedUntrusted(f"cannot fetch {artifact.name}: it is not in the store")

    async def undo(self, hop: HopInHand, facts: Facts) -> None:
        """Drop what was brought."""
        for sha256 in facts["brought"]:
            self.store.path(sha256).unlink(missing_ok=True)
