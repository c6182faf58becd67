"""How long a roll of the instances takes against the path that nothing could shorten."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from benchmarks import records
from benchmarks.ground import Ground
from benchmarks.result import Result, times

_STEP = "SELECT * FROM update_steps WHERE \"update\" = ? AND name = 'instances'"
_INSTANCES = "SELECT * FROM instances WHERE phase = 'ready' ORDER BY created"
_PROCESSES = "SELECT * FROM processes WHERE phase = 'serving' AND created >= ? AND created < ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """From the launch of one new instance to the next: seconds in all, and what went on then.

    ``health`` is that of the slowest process that moved, wherever it moved to.
    """

    processes: int
    boot: float
    health: float
    seconds: float

    @property
    def path(self) -> float:
        """The seconds that nothing could shorten."""
        return self.boot + self.health


def measure(ground: Ground) -> Result:
    """Add up what each batch had to wait for, and compare it with the clock on the wall."""
    (step,) = records.rows(ground.home, _STEP, ground.updates[-1].id)
    batches = _batches(ground, step)
    wall = records.seconds(step, "started", "ended")
    critical = sum(batch.path for batch in batches)
    first = wall - sum(batch.seconds for batch in batches)
    rows = [
        ["until the first launch", "", "", "", f"{first:.2f}", f"{first:.2f}"],
        *(_row(number, batch) for number, batch in enumerate(batches, 1)),
        ["critical path", "", "", f"{critical:.2f}", "", ""],
        ["the roll", "", "", "", f"{wall - critical:.2f}", f"{wall:.2f}"],
        ["the roll / critical path", "", "", "", "", times(wall, critical)],
    ]
    return Result(
        title="A roll of three instances against its critical path",
        how=(
            "The step `instances` of the update to D, under load, one instance a batch. The"
            " critical path is, batch after batch: the new instance boots, and the slowest process"
            " that moves becomes healthy. The rest of a batch, up to the next launch, is what"
            " deciding, recording and routing took. Seconds, as the rack recorded them."
        ),
        header=["", "processes", "boot", "health", "the rest", "seconds"],
        rows=rows,
        reading=(
            "Drains are not on the path: what only drains holds up neither the next batch nor the"
            " end of the roll. A service without a port counts as healthy when it has stayed up"
            " for its grace time, five seconds; that is most of the longest batch."
        ),
    )


def _row(number: int, batch: Batch) -> list[str]:
    return [
        f"batch {number}",
        str(batch.processes),
        f"{batch.boot:.2f}",
        f"{batch.health:.2f}",
        f"{batch.seconds - batch.path:.2f}",
        f"{batch.seconds:.2f}",
    ]


def _batches(ground: Ground, step: Mapping[str, Any]) -> Sequence[Batch]:
    instances = records.rows(ground.home, _INSTANCES)
    ends = [*(instance["created"] for instance in instances), step["ended"]]
    return [
        _batch(ground, instance, began, ended)
        for instance, (began, ended) in zip(instances, pairwise(ends), strict=True)
    ]


def _batch(ground: Ground, instance: Mapping[str, Any], began: str, ended: str) -> Batch:
    moved = records.rows(ground.home, _PROCESSES, began, ended)
    waits = [records.seconds(process, "created", "since") for process in moved]
    return Batch(
        processes=len(moved),
        boot=records.seconds(instance, "created", "since"),
        health=max(waits, default=0.0),
        seconds=records.between(began, ended),
    )
