"""Bring the release's artifacts into the store, only those that are not there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from convox.errors import FeedUntrusted
from convox.feed.release import Artifact
from convox.update.meter import Meter
from convox.update.steps.step import Effect, Facts, HopInHand


class Source(Protocol):
    """Where artifacts come from; ``FeedClient`` is one."""

    async def fetch(self, artifact: Artifact, progress: Callable[[int], None]) -> object:
        """Bring a verified artifact into the store; a ``FeedError`` where that cannot be.

        ``progress`` is told how many bytes of it are there.
        """
        ...


class Artifacts(Protocol):
    """Where artifacts go; ``Store`` is one."""

    def has(self, sha256: str) -> bool:
        """Say whether the artifact is there."""
        ...

    def drop(self, sha256: str) -> None:
        """Remove the artifact, where it is there, and what was gathered of it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """Downloads and verifies."""

    source: Source
    store: Artifacts
    meter: Meter
    name: str = "fetch"

    @property
    def effects(self) -> Sequence[Effect]:
        """What is missing is downloaded."""
        return (Effect(name="artifacts", do=self._download, undo=self._drop),)

    async def note(self, hop: HopInHand) -> Facts:
        """Remember which artifacts this step will have brought."""
        missing = [part.sha256 for part in hop.target.artifacts if not self.store.has(part.sha256)]
        return {"brought": missing}

    async def verify(self, hop: HopInHand, facts: Facts) -> None:
        """Every artifact is in the store."""
        for artifact in hop.target.artifacts:
            if not self.store.has(artifact.sha256):
                raise FeedUntrusted(f"cannot fetch {artifact.name}: it is not in the store")

    async def _download(self, hop: HopInHand, facts: Facts) -> None:
        missing = [part for part in hop.target.artifacts if part.sha256 in facts["brought"]]
        total = sum(part.size for part in missing)
        self.meter.narrate(f"fetch {len(missing)} artifacts, {total:,} bytes")
        self.meter.begin(total)
        before = 0
        try:
            for artifact in missing:
                await self.source.fetch(artifact, partial(self._reach, before))
                before += artifact.size
        finally:
            self.meter.end()

    def _reach(self, before: int, there: int) -> None:
        self.meter.reach(before + there)

    async def _drop(self, hop: HopInHand, facts: Facts) -> None:
        for sha256 in facts["brought"]:
            self.store.drop(sha256)
