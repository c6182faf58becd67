"""A feed in memory, and racks' releases that differ as little as can be."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from convox.errors import FeedUnreachable, NotFound
from convox.feed.index import Index, entry_for
from convox.feed.release import Artifact, RackRelease, Surface
from convox.host.clock import Clock
from convox.testing.simulation.machine import SimulatedStore
from convox.testing.simulation.virtual import BEGINNING

ENGINE = "local"


def release(
    version: str,
    *,
    state: tuple[Sequence[int], Sequence[int]] = ((1,), (1,)),
    image: str = "img-1",
    components: Sequence[str] = ("meter-1",),
    wheels: Sequence[str] = (),
) -> RackRelease:
    """Return a release; ``state`` are the epochs it reads and writes, ``wheels`` what it shares."""
    reads, writes = state
    parts = (f"slot {version}", image, *wheels)
    return RackRelease(
        version=version,
        notes="",
        surfaces={"state": Surface(reads=frozenset(reads), writes=frozenset(writes))},
        images={ENGINE: image},
        artifacts=tuple(Artifact(name=part, size=1, sha256=part) for part in parts),
        components=tuple(components),
    )


@dataclass(slots=True, kw_only=True)
class SimulatedFeed:
    """Answers as a feed's client does; each artifact takes ``seconds``."""

    store: SimulatedStore
    clock: Clock
    seconds: float = 0.2
    is_reachable: bool = True
    index: Index = field(default_factory=Index)
    documents: dict[str, RackRelease] = field(default_factory=dict)

    def publish(self, document: RackRelease, *, supersedes: str | None = None) -> None:
        """Offer a release."""
        entry = entry_for(document, now=BEGINNING)
        self.index = self.index.put(replace(entry, supersedes=supersedes))
        self.documents[document.version] = document

    async def refresh(self, since: str = "") -> Index:
        """Return what is offered now."""
        del since
        self._check_reachable()
        return self.index

    async def release(self, version: str) -> RackRelease:
        """Return the document of a release."""
        self._check_reachable()
        return self.kept(version)

    async def releases(self, versions: Iterable[str]) -> Mapping[str, RackRelease]:
        """Return the documents of these releases."""
        return {version: await self.release(version) for version in versions}

    def kept(self, version: str) -> RackRelease:
        """Return the document of a release that the rack has seen."""
        if version not in self.documents:
            raise NotFound(f"cannot find release {version}: the feed has none such")
        return self.documents[version]

    async def fetch(
        self, artifact: Artifact, progress: Callable[[int], None] | None = None
    ) -> None:
        """Bring an artifact into the store."""
        if self.store.has(artifact.sha256):
            return
        await self.clock.sleep(self.seconds)
        self._check_reachable()
        self.store.put(artifact.sha256)
        if progress is not None:
            progress(artifact.size)

    def _check_reachable(self) -> None:
        if not self.is_reachable:
            raise FeedUnreachable("cannot reach the feed: it does not answer")
