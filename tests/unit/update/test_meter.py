"""A download says how far it has come, in tenths, and how far it is when it is asked."""

import asyncio

from convox.feed.release import Artifact, RackRelease, Surface
from convox.update.meter import Meter
from convox.update.steps.fetch import Fetch
from convox.update.steps.step import HopInHand

ONE = frozenset({1})
SIZES = {"a": 3_000_000, "b": 1_000_000}


def release() -> RackRelease:
    return RackRelease(
        version="20260101000000",
        notes="",
        surfaces={"state": Surface(reads=ONE, writes=ONE)},
        images={},
        artifacts=tuple(
            Artifact(name=name, size=size, sha256=name) for name, size in SIZES.items()
        ),
    )


class Slow:
    """A store without anything, and a feed that brings half a megabyte at a time."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.meter = Meter(narrate=lambda line: None)

    def has(self, sha256: str) -> bool:
        return False

    def drop(self, sha256: str) -> None:
        raise AssertionError

    async def fetch(self, artifact: Artifact, progress) -> None:
        for there in range(500_000, artifact.size + 1, 500_000):
            progress(there)
            self.seen.append(str(self.meter))


def test_a_download_says_how_far_it_has_come():
    told: list[str] = []
    slow = Slow()
    slow.meter = Meter(narrate=told.append)
    step = Fetch(source=slow, store=slow, meter=slow.meter)
    hop = HopInHand(update="U", origin=release(), target=release())
    asyncio.run(step.effects[0].do(hop, {"brought": list(SIZES)}))
    assert told[:2] == ["fetch 2 artifacts, 4,000,000 bytes", "fetched 0.5 of 4.0 MB"]
    assert told[-1] == "fetched 4.0 of 4.0 MB"
    assert len(told) == 9
    assert slow.seen[5:7] == ["3.0 of 4.0 MB", "3.5 of 4.0 MB"]
    assert str(slow.meter) == ""
